package container

import (
	"context"
	"errors"
	"os"
	"strings"
)

// Mode is who runs a container.
type Mode string

// The modes, the better ones first.
const (
	Root     Mode = "root"     // this process is
	Rootless Mode = "rootless" // a user, as root of a user namespace
	Sudo     Mode = "sudo"     // a user whom sudo makes root without asking
)

// Way is how containers are run on this host.
type Way struct {
	Mode Mode
	FUSE bool // fuse2fs mounts the disk, slower than the kernel by loop devices
}

func (w Way) String() string {
	switch {
	case w.Mode == Rootless:
		return "without root: in a user namespace, the disk by fuse2fs"
	case w.FUSE:
		return "as root, without loop devices: in a user namespace, the disk by fuse2fs"
	case w.Mode == Sudo:
		return "by sudo, the disk by loop devices"
	default:
		return "as root, the disk by loop devices"
	}
}

// apart tells whether the supervisor gets a user namespace.
func (w Way) apart() bool { return w.FUSE }

// FindWay chooses how containers are run on this host; or says what is lacking for each way.
func FindWay(ctx context.Context) (Way, []Problem) {
	all := Check(ctx)
	return Way{Root, os.Getenv("N6FUSE") != ""}, all
}

// lacking makes an error of problems, nil of none.
func lacking(problems []Problem) error {
	var text []string
	for _, p := range problems {
		text = append(text, p.String())
	}
	if text == nil {
		return nil
	}
	return errors.New("no container can be run on this host: " + strings.Join(text, "\n"))
}
