package bootstrap

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/runcmd"
)

// DiskSize is the virtual size of the image in bytes: 30 GiB, as Azure's Debian images have.
const DiskSize = 30 << 30

// Options say what to make and where.
type Options struct {
	Name     string                // "debian-12"; see Names
	Dir      string                // an empty folder of the caller's, who also removes it, by RemoveAll
	Now      time.Time             // the newest time stamp in the file system
	Runner   runcmd.Runner         // host programs
	Progress func(events.Progress) // told when a stage begins; nil is allowed
}

// build is the state the stages share.
type build struct {
	Options
	suite string
	host  *host
	ids   identifiers
	tree  string // Dir/tree: the root file system as a folder
	raw   string // Dir/disk.raw
	qcow2 string // Dir/disk.qcow2
}

// stages in their order: the boot loader's files lie in the tree, so they come before the file system is made from it.
var stages = []struct {
	name string
	do   func(*build, context.Context) error
}{
	{"debootstrap", (*build).installTree},
	{"boot loader", (*build).makeBootLoader},
	{"file system", (*build).makeDisk},
	{"qcow2", (*build).makeQcow2},
}

// Build makes the image and returns the path of a qcow2 in o.Dir. Host programs that are missing are all named in one
// *MissingError before anything starts. On failure, or when ctx ends, what was made so far stays in o.Dir for RemoveAll.
func Build(ctx context.Context, o Options) (string, error) {
	suite, ok := Suite(o.Name)
	if !ok {
		return "", fmt.Errorf("no recipe for %q, only for %q", o.Name, Names())
	}
	h, err := checkHost(ctx, o.Runner, o.Dir)
	if err != nil {
		return "", err
	}
	b := &build{
		Options: o,
		suite:   suite,
		host:    h,
		ids:     newIdentifiers(o.Name, o.Now),
		tree:    filepath.Join(o.Dir, "tree"),
		raw:     filepath.Join(o.Dir, "disk.raw"),
		qcow2:   filepath.Join(o.Dir, "disk.qcow2"),
	}
	for i, s := range stages {
		if o.Progress != nil {
			o.Progress(events.Progress{What: s.name, Done: int64(i), Total: int64(len(stages)), Unit: "stages"})
		}
		if err := s.do(b, ctx); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return "", cause
			}
			return "", fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return b.qcow2, nil
}

// makeQcow2 ends the work: holes of the raw disk stay unallocated. The image is not compressed, for it is read far more often
// than it is made.
func (b *build) makeQcow2(ctx context.Context) error {
	_, err := b.run(ctx, "qemu-img", "convert", "-f", "raw", "-O", "qcow2", b.raw, b.qcow2)
	if err != nil {
		return err
	}
	return os.Remove(b.raw)
}

// identifiers are the UUIDs in the image. They follow from name and time, so that one recipe at one time gives one image.
type identifiers struct {
	disk, bootPart, efiPart, rootPart, rootFS string // RFC 9562 version 8
	efiFS                                     string // eight hex digits
}

func newIdentifiers(name string, now time.Time) identifiers {
	uuid := func(what string) string {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%s", name, now.Unix(), what))
		sum[6] = sum[6]&0x0f | 0x80 // version 8: made up by us
		sum[8] = sum[8]&0x3f | 0x80
		return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	}
	return identifiers{
		disk: uuid("disk"), bootPart: uuid("p14"), efiPart: uuid("p15"), rootPart: uuid("p1"), rootFS: uuid("root"),
		efiFS: uuid("efi")[:8],
	}
}
