package container

import (
	"context"
	"errors"
	"io/fs"
	"os/user"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// someHost is a host on which a user can run containers; change makes it another.
func someHost(uid int, change func(*host)) *host {
	h := &host{
		uid: uid, user: &user.User{Username: "ann", Uid: "1000", Gid: "1000"}, kernel: [2]int{6, 1},
		files: fstest.MapFS{
			"etc/subuid":          {Data: []byte("bob:100000:65536\nann:165536:65536\n")},
			"etc/subgid":          {Data: []byte("1000:165536:65536\n")},
			"proc/self/mountinfo": {Data: []byte("36 35 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")},
		},
		find:   func(program string) (string, error) { return "/usr/bin/" + program, nil },
		use:    func(string) error { return nil },
		place:  func() error { return nil },
		spaces: func(context.Context) error { return nil },
		try:    func(context.Context, Mode) error { return nil },
		run:    func(context.Context, string, ...string) string { return "sudo: a password is required (exit status 1)" },
	}
	if change != nil {
		change(h)
	}
	return h
}

func without(programs ...string) func(*host) {
	return func(h *host) {
		h.find = func(program string) (string, error) {
			if slices.Contains(programs, program) {
				return "", fs.ErrNotExist
			}
			return "/usr/bin/" + program, nil
		}
	}
}

func closed(devices ...string) func(*host) {
	return func(h *host) {
		h.use = func(device string) error {
			if slices.Contains(devices, device) {
				return &fs.PathError{Op: "open", Path: device, Err: syscall.EACCES}
			}
			return nil
		}
	}
}

func with(path, text string) func(*host) {
	return func(h *host) { h.files.(fstest.MapFS)[path] = &fstest.MapFile{Data: []byte(text)} }
}

func TestFindWay(t *testing.T) {
	sudo := func(h *host) {
		without("newuidmap")(h)
		h.run = func(context.Context, string, ...string) string { return "" }
	}
	for _, tt := range []struct {
		name   string
		uid    int
		change func(*host)
		want   Way
		lacks  []string // what each problem has in it
	}{
		{"root", 0, nil, Way{Mode: Root}, nil},
		{"root without loop devices", 0, closed("/dev/loop-control"), Way{Mode: Root, FUSE: true}, nil},
		{"root on a kernel without idmapped mounts", 0, func(h *host) { h.kernel = [2]int{5, 10} }, Way{Mode: Root, FUSE: true}, nil},
		{"root on an old kernel", 0, func(h *host) { h.kernel = [2]int{4, 19} }, Way{Mode: Root},
			[]string{"idmapped mounts", "Linux 4.19 is too old\n  why:  files of the disk are opened by openat2"}},
		{"root without loop devices and fuse2fs", 0, func(h *host) { closed("/dev/loop-control")(h); without("fuse2fs")(h) }, Way{Mode: Root},
			[]string{"/dev/loop-control cannot be used: permission denied", "apt-get install fuse2fs"}},
		{"root without nspawn", 0, without("systemd-nspawn"), Way{Mode: Root}, []string{"apt-get install systemd-container"}},
		{"root without FUSE", 0, closed("/dev/fuse"), Way{Mode: Root}, []string{"modprobe fuse"}},
		{"root without cgroup2", 0, with("proc/self/mountinfo", "36 35 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"), Way{Mode: Root},
			[]string{"no cgroup2 is mounted"}},
		{"root in a confined container", 0, with("proc/self/attr/apparmor/current", "docker-default (enforce)\n"), Way{Mode: Root},
			[]string{`AppArmor confines this process by "docker-default (enforce)"`}},
		{"root without rights", 0, func(h *host) { h.spaces = func(context.Context) error { return syscall.EPERM } }, Way{Mode: Root},
			[]string{"no mount and PID namespaces of one's own can be made: operation not permitted"}},
		{"root in a confined container without rights", 0, func(h *host) {
			with("proc/self/attr/apparmor/current", "docker-default (enforce)\n")(h)
			h.spaces = func(context.Context) error { return syscall.EACCES }
		}, Way{Mode: Root}, []string{`AppArmor confines this process by "docker-default (enforce)"`}},
		{"root without a network card to make", 0, closed("/dev/net/tun"), Way{Mode: Root}, []string{"modprobe tun"}},
		{"root whose cgroups are read-only", 0, with("proc/self/mountinfo", "36 35 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 ro\n"), Way{Mode: Root},
			[]string{"cgroup2 is mounted read-only"}},
		{"root by a profile that confines nothing", 0, with("proc/self/attr/apparmor/current", "ingot (unconfined)\n"), Way{Mode: Root}, nil},

		{"user", 1000, nil, Way{Mode: Rootless, FUSE: true}, nil},
		{"user by sudo", 1000, sudo, Way{Mode: Sudo}, nil},
		{"user without newuidmap and sudo", 1000, without("newuidmap", "newgidmap", "sudo"), Way{Mode: Rootless, FUSE: true},
			[]string{`no program "newuidmap"`, `no program "newgidmap"`, "nor is there sudo"}},
		{"user without FUSE", 1000, closed("/dev/fuse"), Way{Mode: Rootless, FUSE: true},
			[]string{"/dev/fuse cannot be used: permission denied", "nor does sudo run programs as root without asking: sudo: a password is required"}},
		{"user without subordinate ids", 1000, func(h *host) { h.files = fstest.MapFS{} }, Way{Mode: Rootless, FUSE: true},
			[]string{"usermod --add-subuids 100000-165535 ann", "usermod --add-subgids 100000-165535 ann", "sudo"}},
		{"user with too few subordinate ids", 1000, with("etc/subuid", "ann:165536:1000\n"), Way{Mode: Rootless, FUSE: true},
			[]string{"/etc/subuid has no range of 65536 ids for ann", "sudo"}},
		{"user without a name", 1000, func(h *host) { h.user = nil }, Way{Mode: Rootless, FUSE: true}, []string{"uid 1000 has no name", "sudo"}},
		{"user without a cgroup", 1000, func(h *host) { h.place = func() error { return errors.New("cgroup /a is not this user's") } },
			Way{Mode: Rootless, FUSE: true}, []string{"no cgroup for a container of this user: cgroup /a is not this user's", "sudo"}},
		{"user where user namespaces are turned off", 1000, with("proc/sys/kernel/unprivileged_userns_clone", "0\n"), Way{Mode: Rootless, FUSE: true},
			[]string{"sysctl -w kernel.unprivileged_userns_clone=1", "sudo"}},
		{"user where there may be no user namespace", 1000, with("proc/sys/user/max_user_namespaces", "0\n"), Way{Mode: Rootless, FUSE: true},
			[]string{"sysctl -w user.max_user_namespaces=15000", "sudo"}},
		{"user where AppArmor restricts user namespaces", 1000, with("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"),
			Way{Mode: Rootless, FUSE: true}, []string{"profile ingot /**/ingot flags=(unconfined) { userns, }", "sudo"}},
		{"user whom AppArmor has a profile for", 1000, func(h *host) {
			with("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n")(h)
			with("proc/self/attr/apparmor/current", "ingot (unconfined)\n")(h)
		}, Way{Mode: Rootless, FUSE: true}, nil},
		{"user in an unprivileged container", 1000, func(h *host) {
			h.try = func(context.Context, Mode) error {
				return errors.New("mount a /proc of its own: operation not permitted")
			}
		}, Way{Mode: Rootless, FUSE: true}, []string{"a supervisor in a user namespace cannot be started: mount a /proc of its own: operation not permitted", "sudo"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			way, problems := someHost(tt.uid, tt.change).findWay(t.Context())
			if way != tt.want {
				t.Errorf("the way is %+v, want %+v", way, tt.want)
			}
			if len(problems) != len(tt.lacks) {
				t.Fatalf("%d problems, want %d: %v", len(problems), len(tt.lacks), problems)
			}
			for i, p := range problems {
				if !strings.Contains(p.String(), tt.lacks[i]) {
					t.Errorf("problem %d is\n%s\nwant in it %q", i, p, tt.lacks[i])
				}
				if p.Fix == "" {
					t.Errorf("nothing to do about %q", p.What)
				}
			}
		})
	}
}

func TestSubordinate(t *testing.T) {
	ann := &user.User{Username: "ann", Uid: "1000"}
	for _, tt := range []struct {
		name, file string
		want       int
	}{
		{"by name", "bob:1:65536\nann:165536:65536\n", 165536},
		{"by number", "1000:231072:70000", 231072},
		{"the second range", "ann:100000:1000\nann:200000:65536\n", 200000},
		{"root's own ids are none", "ann:0:65536\n", 0},
		{"too few", "ann:100000:65535\n", 0},
		{"no numbers", "ann:x:65536\nann:100000:y\nann:100000\n\n:", 0},
		{"empty", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := subordinate(strings.NewReader(tt.file), ann)
			if got != tt.want || (err == nil) != (tt.want != 0) {
				t.Errorf("got %d, %v; want %d", got, err, tt.want)
			}
		})
	}
}
