package container

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
	"golang.org/x/sys/unix"
)

// TestStress has one guest write all the time, take all memory, and fork without end.
func TestStress(t *testing.T) {
	t.Parallel()
	s := newSpec(t, "stress")
	s.MemoryMiB, s.Tasks = 300, 200
	g := boot(t, s).ready()

	t.Run("frozen while it writes", func(t *testing.T) {
		g.must("systemd-run --quiet --unit writer sh -c 'while :; do echo $$ > /root/$RANDOM-a; dd if=/dev/urandom of=/root/b bs=64k count=20 conv=fsync; " +
			"rm -f /root/*-a; done'; echo kept > /etc/kept; sleep 0.5; systemctl is-active writer")
		monitor := dialQMP(t, g)
		overlay := exec.Command("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", filepath.Join(s.Dir, s.Disk), filepath.Join(s.Dir, "next.qcow2"), "30G")
		if out, err := overlay.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		tellQMP(t, monitor, "blockdev-add", map[string]any{"driver": "file", "node-name": "next-file", "filename": "next.qcow2"})
		tellQMP(t, monitor, "blockdev-add", map[string]any{"driver": "qcow2", "node-name": "next", "file": "next-file", "backing": nil})
		if err := g.Freeze(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := g.Freeze(t.Context()); err == nil {
			t.Error("it was frozen twice")
		}
		tellQMP(t, monitor, "blockdev-snapshot", map[string]any{"node": DiskNode, "overlay": "next"})
		if err := g.Thaw(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := g.Thaw(t.Context()); err == nil {
			t.Error("it was thawed twice")
		}
		if out := g.must("systemctl is-active writer; systemctl stop writer; test -w / && echo writable"); out != "active\nwritable" {
			t.Errorf("after the freeze: %q", out)
		}
		checkDisk(t, filepath.Join(s.Dir, s.Disk), "kept")
	})
	t.Run("memory", func(t *testing.T) {
		if limited(t, g, "memory") {
			if out, err := g.run("exec python3 -c 'x=bytearray(1<<30); x[::4096]=b\"x\"*len(x[::4096]); print(\"took it\")'"); err == nil {
				t.Errorf("a guest with %d MiB took 1 GiB: %s", s.MemoryMiB, out)
			}
			g.must("true")
		}
	})
	t.Run("fork bomb", func(t *testing.T) {
		if !limited(t, g, "tasks") {
			return
		}
		// Nothing has to be forked for it to stay: under the bomb, an ExecStop might not get to run.
		g.must("systemd-run --quiet --unit stubborn -p TimeoutStopSec=infinity -p KillSignal=SIGCONT -p SendSIGKILL=no sleep 1000")
		g.must("systemd-run --quiet --unit bomb python3 -c 'import os\nwhile 1:\n  try: os.fork()\n  except OSError: pass'")
		for pids(t, s.Name) < s.Tasks*9/10 {
			if err := t.Context().Err(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
		if n := pids(t, s.Name); n > s.Tasks {
			t.Errorf("%d tasks run, of %d", n, s.Tasks)
		}
		if err := exec.Command("true").Run(); err != nil {
			t.Errorf("this host starts nothing: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if err := g.PowerOff(ctx); err == nil || !strings.Contains(err.Error(), "was not down in time and was killed") {
			t.Errorf("a guest that does not go down was powered off with %v", err)
		}
		nothingLeft(t, s.Name)
	})
}

// limited tells whether this host limits what the guest may have of something; elsewhere the container says that it does not.
func limited(t *testing.T, g *guest, what string) bool {
	for _, note := range g.Notes() {
		if strings.Contains(note, what) {
			t.Log(note)
			return false
		}
	}
	return true
}

// pids is how many tasks the guest has.
func pids(t *testing.T, name string) int {
	t.Helper()
	for _, group := range Cgroups(name) {
		text, err := os.ReadFile(filepath.Join(group, "pids.current"))
		if err == nil {
			n, _ := strconv.Atoi(string(bytes.TrimSpace(text)))
			return n
		}
	}
	t.Fatal("no cgroup counts the guest's tasks")
	return 0
}

func dialQMP(t *testing.T, g *guest) *qmp.SocketMonitor {
	t.Helper()
	dir, err := os.Open(filepath.Dir(g.QMP()))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	monitor, err := qmp.NewSocketMonitor("unix", fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), monitorFile), time.Minute)
	if err == nil {
		err = monitor.Connect()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = monitor.Disconnect() })
	return monitor
}

func tellQMP(t *testing.T, monitor *qmp.SocketMonitor, command string, args any) {
	t.Helper()
	text, err := json.Marshal(qmp.Command{Execute: command, Args: args})
	if err == nil {
		_, err = monitor.Run(text)
	}
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
}

// TestFullDisk gives a guest's disk no room. Who takes a layer is told, or powers it off, and so is the guest; nothing hangs.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := newSpec(t, "full")
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=40m"); err != nil {
		t.Skipf("no tmpfs can be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	if out, err := exec.Command("cp", filepath.Join(s.Dir, s.Disk), small).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.Dir = small
	g := boot(t, s).ready()
	_, _ = g.run("dd if=/dev/urandom of=/root/much bs=1M count=100") // the kernel may take it all for the moment
	if err := g.Freeze(t.Context()); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("a layer was taken of it: %v", err)
	}
	if out, err := g.run("echo x > /root/more"); err == nil {
		t.Errorf("the guest goes on writing: %s", out)
	}
	if err := g.PowerOff(t.Context()); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("it was powered off with %v", err)
	}
	nothingLeft(t, s.Name)
}
