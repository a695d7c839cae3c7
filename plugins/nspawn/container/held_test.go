package container

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// witness is what a guest must not get at.
type witness struct {
	file    string // on this host, readable by all
	device  string // a loop device of this host
	backing string // what that is of
	number  uint32 // of the device
	process *exec.Cmd
	port    int          // of 127.0.0.1
	called  atomic.Int32 // how often somebody connected there
	kernel  map[string]string
}

// kernelFiles are settings of this host's kernel, of which a guest may change none.
var kernelFiles = []string{"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname", "/proc/sys/kernel/sysrq",
	"/proc/sys/vm/swappiness", "/proc/sys/vm/drop_caches", "/proc/sys/fs/file-max", "/sys/kernel/mm/transparent_hugepage/enabled",
	"/sys/kernel/uevent_helper", "/proc/sys/fs/binfmt_misc/status"}

func newWitness(t *testing.T) *witness {
	t.Helper()
	w := &witness{kernel: map[string]string{}}
	dir, err := os.MkdirTemp("/var/tmp", "ingot-witness")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w.file, w.backing = filepath.Join(dir, "file"), filepath.Join(dir, "disk")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{w.file, w.backing} {
		if err := os.WriteFile(path, []byte(strings.Repeat("witness\n", 1<<13)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	disk, err := os.OpenFile(w.backing, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	r := region{name: "witness", size: 8 << 13}
	loop, err := r.attach(disk, "ingot-witness")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { loop.Close() })
	var stat unix.Stat_t
	if err := unix.Fstat(int(loop.Fd()), &stat); err != nil {
		t.Fatal(err)
	}
	w.device, w.number = loop.Name(), unix.Minor(stat.Rdev)

	w.process = exec.Command("sleep", "1000")
	if err := w.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.process.Process.Kill()
		_ = w.process.Wait()
	})
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w.port = l.Addr().(*net.TCPAddr).Port
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.called.Add(1)
			c.Close()
		}
	}()
	for _, path := range kernelFiles {
		text, _ := os.ReadFile(path)
		w.kernel[path] = string(text)
	}
	return w
}

// untouched checks that nothing reached this host.
func (w *witness) untouched(t *testing.T) {
	t.Helper()
	for _, path := range []string{w.file, w.backing} {
		if text, err := os.ReadFile(path); err != nil || string(text) != strings.Repeat("witness\n", 1<<13) {
			t.Errorf("%s was written to: %v", path, err)
		}
	}
	if err := w.process.Process.Signal(unix.Signal(0)); err != nil {
		t.Errorf("the process was ended: %v", err)
	}
	if n := w.called.Load(); n > 0 {
		t.Errorf("this host's loopback was reached %d times", n)
	}
	for path, before := range w.kernel {
		if after, _ := os.ReadFile(path); string(after) != before {
			t.Errorf("%s is %q now, and was %q", path, after, before)
		}
	}
}

// allowed begins the name of what has to work: so what is refused is not refused because nothing works.
const allowed = "allowed: "

// call is a system call by number, from Python: there need be no program for it. It succeeds where the call does.
func call(number int, args string) string {
	return fmt.Sprintf(`python3 -c 'import ctypes,sys; l=ctypes.CDLL(None,use_errno=True); r=l.syscall(%d,%s); sys.exit(r==-1)'`, number, args)
}

// testHeld has root in the guest try what would reach this host. Each attempt ends well if it got somewhere.
func testHeld(t *testing.T, g *guest) {
	w := newWitness(t)
	// A node on the disk itself, as a crafted image has one: the guest need not make it.
	root := fmt.Sprintf("/proc/%d/root%s", g.PID(), rootMount)
	for name, mode := range map[string]uint32{"planted-block": unix.S_IFBLK, "planted-mem": unix.S_IFCHR} {
		number := unix.Mkdev(loopMajor, w.number)
		if mode == unix.S_IFCHR {
			number = unix.Mkdev(1, 1)
		}
		path := filepath.Join(root, name)
		if err := unix.Mknod(path, mode|0o666, int(number)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	pid := strconv.Itoa(w.process.Process.Pid)
	node := fmt.Sprintf("b %d %d", loopMajor, w.number)
	attempts := []struct{ name, script string }{
		{allowed + "mounts", "mount -t tmpfs none /mnt && echo x > /mnt/file"},
		{allowed + "a proc of its own", "mount -t proc proc /mnt && test -d /mnt/1"},
		{allowed + "system calls from Python", call(39, "0")},
		{allowed + "nested user namespaces", "unshare -Ur true"},
		{"sysrq", "echo h > /proc/sysrq-trigger"},
		{"core_pattern", "echo '|/bin/false' > /proc/sys/kernel/core_pattern"},
		{"core_pattern of another proc", "mount -t proc proc /mnt && echo '|/bin/false' > /mnt/sys/kernel/core_pattern"},
		{"sysrq of another proc", "mount -t proc proc /mnt && echo h > /mnt/sysrq-trigger"},
		{"proc/sys uncovered", "umount /proc/sys; echo 1 > /proc/sys/vm/drop_caches"},
		{"proc/sys writable", "mount -o remount,rw,bind /proc/sys && echo '|/bin/false' > /proc/sys/kernel/core_pattern"},
		{"sysctl", "sysctl -w vm.swappiness=1"},
		{"modprobe path", "echo /bin/false > /proc/sys/kernel/modprobe"},
		{"sys", "echo never > /sys/kernel/mm/transparent_hugepage/enabled"},
		{"sys writable", "mount -o remount,rw /sys && echo never > /sys/kernel/mm/transparent_hugepage/enabled"},
		{"another sys", "mount -t sysfs sys /mnt && echo /bin/false > /mnt/kernel/uevent_helper"},
		{"debugfs", "mount -t debugfs none /mnt"},
		{"tracefs", "mount -t tracefs none /mnt"},
		{"securityfs", "mount -t securityfs none /mnt"},
		{"release agent", "mount -t cgroup -o memory none /mnt && echo /bin/false > /mnt/release_agent"},
		{"release agent of a hierarchy", "mount -t cgroup -o none,name=mine none /mnt"},
		{"limit of tasks", "for f in /sys/fs/cgroup/pids.max /sys/fs/cgroup/../pids.max; do echo max > $f && exit 0; done; exit 1"},
		{"node of a block device", "mknod /root/node " + node + " && echo x > /root/node"},
		{"node of memory", "mknod /root/mem c 1 1"},
		{"node in shared memory", "mknod /dev/shm/node " + node},
		{"node of the disk, written", "echo x > /planted-block"},
		{"node of the disk, read", "head -c 1 /planted-block"},
		{"node of the disk, memory", "head -c 1 /planted-mem"},
		{"node of the disk, mounted", "mount -t ext4 /planted-block /mnt"},
		{"node of the disk, disk with devices", "mount -o remount,dev,bind / && head -c 1 /planted-block"},
		{"device of a disk", "ls /dev/vd* /dev/sd* /dev/loop* /dev/mapper /dev/mem /dev/kmem /dev/port /dev/fuse 2>/dev/null | grep ."},
		{"devtmpfs", "mount -t devtmpfs none /mnt && head -c 1 /mnt/" + filepath.Base(w.device)},
		{"loop device", "truncate -s 1M /root/disk && losetup -f --show /root/disk"},
		{"mounted image", "truncate -s 8M /root/image && mke2fs -q -F /root/image && mount -o loop /root/image /mnt"},
		{"memory of the kernel", "head -c 1 /proc/kcore"},
		{"messages of the kernel", "dmesg | grep ."},
		{"messages of the kernel, read", "timeout 0.2 head -c 1 /proc/kmsg"},
		{"addresses of the kernel", "grep -v '^0000000000000000' /proc/kallsyms | grep -q ."},
		{"modules", call(175, "0,0,b\"\"") + " || " + call(313, "0,b\"\",0")},
		{"kexec", call(246, "0,0,0,0")},
		{"swap", "truncate -s 1M /root/swap && chmod 600 /root/swap && mkswap -q /root/swap && swapon /root/swap"},
		{"clock", "date -s 2001-01-01"},
		{"accounting", call(163, "b\"/root/swap\"")},
		{"ports", call(172, "3")},
		{"keyrings", call(250, "0,-3,0") + " && " + call(248, "b\"user\",b\"ingot\",b\"x\",1,-4")},
		{"bpf", call(321, "0,b\"\\x02\\0\\0\\0\\x04\\0\\0\\0\\x04\\0\\0\\0\\x01\\0\\0\\0\"+b\"\\0\"*100,116")},
		{"events of the kernel", call(298, "b\"\\1\\0\\0\\0\\x80\\0\\0\\0\"+b\"\\0\"*120,-1,0,-1,0")},
		{"memory faults", call(323, "0")},
		{"process of this host, killed", "kill -9 " + pid + " && test -d /proc/" + pid},
		{"process of this host, seen", "grep -al 'slee[p].1000' /proc/[0-9]*/cmdline"},
		{"namespaces of this host", "for f in /proc/[0-9]*/ns/mnt; do nsenter --mount=$f cat " + w.file + " && exit 0; done; exit 1"},
		{"files of this host", "cat " + w.file},
		{"files of this host by a root", "cat /proc/1/root" + w.file + " || cat /proc/1/cwd/../../../../.." + w.file},
		{"files of this host out of a chroot", `python3 -c '
import os
d=os.open("/",0); os.makedirs("/root/c",exist_ok=True); os.chroot("/root/c"); os.fchdir(d)
for i in range(64): os.chdir("..")
os.chroot("."); os.stat("` + w.file + `")'`},
		{"files of this host by a handle", `python3 -c '
import ctypes,os,struct,sys
l=ctypes.CDLL(None,use_errno=True); m=os.open("/etc/passwd",0)
h=struct.pack("II",8,1)+struct.pack("Q",2)
sys.exit(l.open_by_handle_at(m,h,0)==-1)'`},
		{"descriptors of who started it", `ls -l /proc/1/fd | grep -E 'disk|container.log|console.log|qmp|memory.limit|tasks'`},
		{"loopback of this host", fmt.Sprintf("curl -s -m 1 http://10.0.2.2:%d/ || curl -s -m 1 http://127.0.0.1:%[1]d/; test $? = 0 -o $? = 52 -o $? = 56", w.port)},
		{"sockets of this host", "curl -s --abstract-unix-socket /tmp/.X11-unix/X0 http://x/ || ls /run/systemd/nspawn/propagate /run/docker.sock"},
		{"network of this host", "ip link set lo down && ip link set lo up && ip link | grep -E 'eth0|docker0|tailscale'"},
		{"nested user namespace with a device", "unshare -Ur sh -c 'mknod /dev/shm/node2 " + node + "'"},
		{"nested user namespace with memory", "unshare -Urm sh -c 'mount -t proc proc /mnt && echo h > /mnt/sysrq-trigger'"},
	}
	var script strings.Builder
	// Each in mounts of its own: what one mounts is not in the way of the next.
	for i, a := range attempts {
		fmt.Fprintf(&script, "cat > /root/attempt-%d <<'INGOT-END'\n%s\nINGOT-END\n", i, a.script)
	}
	fmt.Fprintf(&script, "for i in $(seq 0 %d); do if timeout 20 unshare -m sh /root/attempt-$i > /root/said 2>&1; then echo \"$i: $(head -c 200 /root/said | tr '\\n' ' ')\"; fi; done\n", len(attempts)-1)
	fmt.Fprintf(&script, "unshare -m true && echo all tried; rm -f /root/attempt-* /planted-*")
	out := g.must(script.String())
	lines := strings.Split(out, "\n")
	if lines[len(lines)-1] != "all tried" {
		t.Fatalf("the attempts did not run: %s", out)
	}
	works := 0
	for _, line := range lines[:len(lines)-1] {
		number, said, _ := strings.Cut(line, ": ")
		i, err := strconv.Atoi(number)
		switch {
		case err != nil:
		case strings.HasPrefix(attempts[i].name, allowed):
			works++
		default:
			t.Errorf("%s: not refused: %s: %s", attempts[i].name, attempts[i].script, said)
		}
	}
	if works != 4 {
		t.Errorf("%d of what is allowed works: %s", works, out)
	}
	w.untouched(t)
}
