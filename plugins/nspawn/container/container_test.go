package container

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestGuest is one guest's life: what it may not do, what it is given, how it reboots, and how it goes down.
func TestGuest(t *testing.T) {
	t.Parallel()
	s := newSpec(t, "life")
	s.Seed = t.TempDir()
	if err := os.WriteFile(filepath.Join(s.Seed, "user-data"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.MetadataRelay = "/bin/sh 'the relay'" // a name in its folder
	answer := "read -r line; while read -r line && test ${#line} -gt 1; do :; done; printf 'HTTP/1.0 200 OK\r\n\r\nfrom the relay\n'\n"
	if err := os.WriteFile(filepath.Join(s.Dir, "the relay"), []byte(answer), 0o600); err != nil {
		t.Fatal(err)
	}
	g := boot(t, s).ready()

	t.Run("held", func(t *testing.T) { testHeld(t, g) })
	t.Run("given", func(t *testing.T) {
		for _, c := range []struct{ name, script, want string }{
			{"seed of root alone", "cat /run/ingot-seed/user-data; runuser -u nobody cat /run/ingot-seed/user-data 2>/dev/null || echo refused", "secret refused"},
			{"seed is read-only", "(echo x >> /run/ingot-seed/user-data) 2>/dev/null || echo refused", "refused"},
			{"metadata", "curl -s http://169.254.169.254/", "from the relay"},
			{"flushing, left to this host", `python3 -c "import os; os.fsync(99)" && sync && dd if=/dev/zero of=/root/x bs=4k count=1 oflag=sync status=none && echo done`, "done"},
			{"no state of this host", "ls /run/systemd/nspawn /run/ingot 2>/dev/null | wc -l", "0"},
			{"files of root", "stat -c %u:%g /etc/passwd", "0:0"},
			{"sudo", "chmod u+s $(command -v sudo) && runuser -u nobody -- sh -c 'test -u $(command -v sudo)' && echo set", "set"},
			{"limit of tasks", "sed -n 's/^Max processes *//p' /proc/self/limits", "1000 1000 processes"},
		} {
			if out := g.must(c.script); strings.Join(strings.Fields(out), " ") != c.want {
				t.Errorf("%s: %q, want %q", c.name, out, c.want)
			}
		}
	})
	t.Run("reboot", func(t *testing.T) {
		g.must("ssh-keygen -A && systemctl reset-failed ssh && systemctl restart ssh && echo kept > /etc/kept")
		banner(t, g)
		before := g.init
		_, _ = g.run("systemctl --no-block reboot")
		for !g.findInit() || g.init == before {
			select {
			case <-g.Done():
				t.Fatalf("the guest did not come up again: %v", g.Err())
			case <-time.After(20 * time.Millisecond):
			}
		}
		g.ready()
		banner(t, g)
		if got := g.must("cat /etc/kept; curl -s http://169.254.169.254/"); got != "kept\nfrom the relay" {
			t.Errorf("after the reboot: %q", got)
		}
	})
	t.Run("power off", func(t *testing.T) {
		if err := g.PowerOff(t.Context()); err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, s.Name)
		for _, name := range []string{rawFile, monitorFile, ownMonitor} {
			if _, err := os.Lstat(filepath.Join(s.Dir, name)); err == nil {
				t.Errorf("%s is left in the folder", name)
			}
		}
		checkDisk(t, filepath.Join(s.Dir, s.Disk), "kept")
	})
}

// banner waits until the port leads to the guest's sshd.
func banner(t *testing.T, g *guest) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", g.Port()))
		if err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		if strings.HasPrefix(line, "SSH-2.0-") {
			return
		}
		select {
		case <-g.Done():
			t.Fatalf("the guest is gone: %v", g.Err())
		case <-t.Context().Done():
			t.Fatal("sshd does not answer")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// A guest that powers itself off ends in good order, and that is said. This one has a larger disk than its base.
func TestPowersItselfOff(t *testing.T) {
	t.Parallel()
	s := newSpec(t, "off")
	disk := filepath.Join(s.Dir, s.Disk)
	if out, err := exec.Command("qemu-img", "resize", "-q", disk, "40G").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.Grow = 10 << 30
	g := boot(t, s).ready()
	if size := g.must("df --output=size -BG / | tail -1 | tr -dc 0-9"); size < "38" || len(size) != 2 {
		t.Errorf("the file system of a disk with 40 GiB has %s", size)
	}
	g.must("echo kept > /etc/kept")
	_, _ = g.run("systemctl --no-block poweroff")
	<-g.Done()
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "the guest powered itself off") {
		t.Errorf("it ended with %v", err)
	}
	if err := g.Freeze(t.Context()); err == nil {
		t.Error("a guest that is gone was frozen")
	}
	nothingLeft(t, s.Name)
	checkDisk(t, disk, "kept")
	if out, err := exec.Command("sfdisk", "--verify", showRaw(t, disk)).CombinedOutput(); err != nil || !strings.Contains(string(out), "No errors detected") {
		t.Errorf("the partition table: %v: %s", err, out)
	}
}
