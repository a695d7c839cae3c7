package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/engine/diskspace"
	"github.com/ingot-build/ingot/engine/runcmd"
)

// neededSpace is the free disk space, in bytes, that Build asks for: the tree, the raw disk and the qcow2 exist at one time,
// each of about 0.6 GiB, and so do the downloaded packages.
const neededSpace = 3 << 30

// keyring verifies Debian's archive where the host's own sources name no other.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// programs maps each host program to the Debian package that has it. mke2fs is not taken from the tree, for in there it could
// not see the disk.
var programs = map[string]string{
	"mmdebstrap": "mmdebstrap",
	"mke2fs":     "e2fsprogs",
	"sfdisk":     "fdisk",
	"mformat":    "mtools",
	"mmd":        "mtools",
	"mcopy":      "mtools",
	"qemu-img":   "qemu-utils",
	"unshare":    "util-linux",
	"apt-get":    "apt",
	"apt-config": "apt",
	"chroot":     "coreutils",
}

// MissingError names the Debian packages whose programs or keys are not on this host.
type MissingError struct {
	Packages []string // sorted, each once
	What     []string // the programs and files looked for in vain, sorted
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("not installed on this host: %s (Debian packages: %s)", strings.Join(e.What, ", "),
		strings.Join(e.Packages, ", "))
}

// Fix is the command that installs them all.
func (e *MissingError) Fix() string { return "apt-get install " + strings.Join(e.Packages, " ") }

// NamespaceError says that an ordinary user may not become root inside a user namespace here.
type NamespaceError struct{ Err error }

func (e *NamespaceError) Error() string {
	return fmt.Sprintf("making an image as an ordinary user needs user namespaces, which this host does not grant: %v", e.Err)
}

// Fix names both ways out.
func (e *NamespaceError) Fix() string {
	return "give the user a range (usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER), or run as root"
}

func (e *NamespaceError) Unwrap() error { return e.Err }

// host is what was found on this machine.
type host struct {
	paths map[string]string // program to path
	user  bool              // not root: what needs root runs in a user namespace
}

// lookPath finds a program, in the system folders too, which the PATH of an ordinary Debian user lacks.
var lookPath = func(program string) (string, error) {
	for _, candidate := range []string{program, "/usr/sbin/" + program, "/sbin/" + program} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", &runcmd.MissingError{Program: program}
}

// Replaced in tests.
var (
	geteuid   = os.Geteuid
	freeSpace = diskspace.Of
)

// checkHost finds all programs, and reports everything that is missing at once.
func checkHost(ctx context.Context, r runcmd.Runner, dir string) (*host, error) {
	h := &host{paths: map[string]string{}, user: geteuid() != 0}
	missing := &MissingError{}
	miss := func(what, pkg string) {
		missing.What = append(missing.What, what)
		missing.Packages = append(missing.Packages, pkg)
	}
	wanted := []string{}
	for program := range programs {
		wanted = append(wanted, program)
	}
	slices.Sort(wanted)
	for _, program := range wanted {
		path, err := lookPath(program)
		if err != nil {
			miss(program, programs[program])
		}
		h.paths[program] = path
	}
	if h.user {
		if _, err := lookPath("newuidmap"); err != nil {
			miss("newuidmap", "uidmap")
		}
	}
	if _, err := os.Stat(keyring); errors.Is(err, fs.ErrNotExist) {
		miss(keyring, "debian-archive-keyring")
	}
	if len(missing.What) > 0 {
		slices.Sort(missing.Packages)
		missing.Packages = slices.Compact(missing.Packages)
		return nil, missing
	}

	room, err := freeSpace(dir)
	if err != nil {
		return nil, fmt.Errorf("free space of %s: %w", dir, err)
	}
	if room.Free < neededSpace {
		return nil, fmt.Errorf("%w: %s has %s free, and making an image takes %s for a while",
			unix.ENOSPC, dir, humanize.IBytes(uint64(room.Free)), humanize.IBytes(neededSpace))
	}
	if h.user {
		if _, err := r.Run(ctx, h.asRoot("true")); err != nil {
			return nil, &NamespaceError{Err: err}
		}
	}
	return h, nil
}

// asRoot makes a command that runs as root: the real one, or the one of a new user namespace, which owns the user's own files
// and a range of further ids. It gets process ids of its own too, so that nothing of it outlives it, not even a daemon that a
// package's script started.
func (h *host) asRoot(program string, args ...string) runcmd.Cmd {
	path, ok := h.paths[program]
	if !ok {
		path = program
	}
	prefix := []string{"--mount", "--pid", "--fork", "--kill-child"}
	if h.user {
		prefix = append([]string{"--user", "--map-root-user", "--map-auto"}, prefix...)
	}
	return runcmd.Cmd{Path: h.paths["unshare"], Args: slices.Concat(prefix, []string{"--", path}, args)}
}

// run starts a host program as the user who runs Ingot.
func (b *build) run(ctx context.Context, program string, args ...string) ([]byte, error) {
	return b.Runner.Run(ctx, runcmd.Cmd{Path: b.host.paths[program], Args: args, Env: toolEnv})
}

// toolEnv keeps the host's personal settings out: mtools reads drive tables from mtools.conf and doubts disks it did not make.
var toolEnv = []string{"LC_ALL=C", "MTOOLSRC=/dev/null", "MTOOLS_SKIP_CHECK=1"}

// RemoveAll removes dir with all that is in it. A tree installed in a user namespace holds files of ids that only such a
// namespace may remove.
func RemoveAll(ctx context.Context, r runcmd.Runner, dir string) error {
	err := os.RemoveAll(dir)
	if err == nil || !errors.Is(err, fs.ErrPermission) || geteuid() == 0 {
		return err
	}
	unshare, lookErr := lookPath("unshare")
	if lookErr != nil {
		return err
	}
	h := &host{user: true, paths: map[string]string{"unshare": unshare}}
	if _, nsErr := r.Run(ctx, h.asRoot("rm", "-rf", "--", filepath.Clean(dir))); nsErr != nil {
		return errors.Join(err, nsErr)
	}
	return nil
}
