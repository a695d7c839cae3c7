package container

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"strings"

	"golang.org/x/sys/unix"
)

// host is what is asked about this host. Tests describe others.
type host struct {
	uid    int
	user   *user.User // nil: this uid has no name
	files  fs.FS      // of /
	kernel [2]int
	find   func(program string) (string, error)
	use    func(device string) error                       // opens it for reading and writing
	spaces func(context.Context) error                     // makes namespaces and a mount, as root
	place  func() error                                    // finds a cgroup for a user
	try    func(context.Context, Mode) error               // starts a supervisor in a user namespace, which mounts what it has to
	run    func(context.Context, string, ...string) string // a program's complaint; "" if it ended well
}

func thisHost() *host {
	h := &host{uid: os.Geteuid(), files: os.DirFS("/"), kernel: kernelVersion(), find: exec.LookPath, use: useDevice,
		spaces: trySpaces, try: tryNamespace,
		place: func() error { _, err := findPlace(); return err },
		run: func(ctx context.Context, program string, args ...string) string {
			out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
			if err == nil {
				return ""
			}
			return strings.TrimSpace(fmt.Sprintf("%s (%v)", strings.TrimSpace(string(out)), err))
		}}
	if u, err := user.Current(); err == nil {
		h.user = u
	}
	return h
}

func useDevice(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

func kernelVersion() (v [2]int) {
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		_, _ = fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &v[0], &v[1])
	}
	return v
}

// before tells whether the kernel is known to be older.
func (h *host) before(major, minor int) bool {
	return h.kernel != [2]int{} && (h.kernel[0] < major || h.kernel[0] == major && h.kernel[1] < minor)
}

// setting is the trimmed text of a file of the kernel's, "" if there is none.
func (h *host) setting(path string) string {
	text, err := fs.ReadFile(h.files, strings.TrimPrefix(path, "/"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.TrimRight(string(text), "\x00\n"))
}

// hasCgroup2 tells whether the second version of cgroups is mounted.
func (h *host) hasCgroup2() bool {
	text := h.setting("/proc/self/mountinfo")
	return text == "" || strings.Contains(text, " - cgroup2 ") // without /proc, another error says it
}

// confinedBy names the AppArmor profile that confines this process; "" for none.
func (h *host) confinedBy() string {
	profile := h.setting("/proc/self/attr/apparmor/current")
	if profile == "" || strings.HasSuffix(profile, "unconfined") || strings.HasSuffix(profile, "(unconfined)") ||
		strings.HasSuffix(profile, "(complain)") {
		return ""
	}
	return profile
}
