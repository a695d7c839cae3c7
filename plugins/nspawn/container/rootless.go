package container

import (
	"context"
	"errors"
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
	FUSE bool // fuse2fs mounts the disk, slower than the kernel by loop devices; the supervisor is in a user namespace
}

// String says it after "it runs ".
func (w Way) String() string {
	switch {
	case w.Mode == Sudo:
		return "by sudo"
	case w.Mode == Rootless:
		return "without root, in a user namespace; fuse2fs mounts its disk"
	case w.FUSE:
		return "as root, in a user namespace; fuse2fs mounts its disk, since there are no loop devices"
	default:
		return "as root"
	}
}

// FindWay chooses how containers are run on this host: as root, where this process is; else without root; else by sudo. If there is no
// way, it says what is lacking for each.
func FindWay(ctx context.Context) (Way, []Problem) { return thisHost().findWay(ctx) }

func (h *host) findWay(ctx context.Context) (Way, []Problem) {
	all := h.lacksPrograms(programs)
	if h.uid == 0 {
		loops, others := h.lacksForRoot(ctx)
		if len(loops) == 0 {
			return Way{Mode: Root}, append(all, others...)
		}
		if lacks := h.lacksForNamespace(ctx, Root); len(lacks) > 0 {
			return Way{Mode: Root}, append(append(all, loops...), lacks...)
		}
		return Way{Mode: Root, FUSE: true}, all
	}
	rootless := h.lacksForUser(ctx)
	if len(rootless) == 0 || len(all) > 0 {
		return Way{Mode: Rootless, FUSE: true}, append(all, rootless...)
	}
	lack := h.lacksForSudo(ctx)
	if lack == nil {
		return Way{Mode: Sudo}, nil
	}
	return Way{Mode: Rootless, FUSE: true}, append(rootless, *lack)
}

// Check gives what this host lacks, nil if nothing.
func Check(ctx context.Context) []Problem {
	_, problems := FindWay(ctx)
	return problems
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
