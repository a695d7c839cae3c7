package bootstrap

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/runcmd"
)

// TestBuildForReal makes a whole image from the Debian mirror: half a minute, half a gigabyte. INGOT_TEST_BOOTSTRAP=1 asks
// for it; INGOT_TEST_BOOTSTRAP_NAME and INGOT_TEST_BOOTSTRAP_KEEP say which image, and where to leave it.
func TestBuildForReal(t *testing.T) {
	if os.Getenv("INGOT_TEST_BOOTSTRAP") != "1" {
		t.Skip("makes an image from the Debian mirror; set INGOT_TEST_BOOTSTRAP=1 to run it")
	}
	name := os.Getenv("INGOT_TEST_BOOTSTRAP_NAME")
	if name == "" {
		name = "debian-12"
	}
	dir, err := os.MkdirTemp("", "ingot-bootstrap-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := RemoveAll(context.Background(), runcmd.Host{}, dir); err != nil {
			t.Errorf("remove the work folder: %v", err)
		}
	})
	begin, stage := time.Now(), ""
	image, err := Build(t.Context(), Options{
		Name: name, Dir: dir, Now: time.Now().Truncate(24 * time.Hour), Runner: runcmd.Host{},
		Progress: func(p events.Progress) {
			if stage != "" {
				t.Logf("%-12s %v", stage, time.Since(begin).Round(100*time.Millisecond))
			}
			begin, stage = time.Now(), p.What
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-12s %v", stage, time.Since(begin).Round(100*time.Millisecond))
	if out, err := exec.Command("qemu-img", "check", image).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img check: %v\n%s", err, out)
	}

	// The file system, read without mounting it.
	raw := image + ".raw"
	if out, err := exec.Command("qemu-img", "convert", "-O", "raw", image, raw).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	inside := func(command string) string {
		debugfs := exec.Command("debugfs", "-R", command, raw+"?offset=134217728")
		out, err := debugfs.Output()
		if err != nil {
			t.Fatalf("debugfs %s: %v", command, err)
		}
		return string(out)
	}
	if keys := inside("ls -p /etc/ssh"); strings.Contains(keys, "ssh_host_") || !strings.Contains(keys, "sshd_config") {
		t.Errorf("/etc/ssh holds host keys, or is not there:\n%s", keys)
	}
	for file, want := range map[string]string{
		"/etc/machine-id":       "",
		"/etc/hostname":         "debian\n",
		"/etc/apt/sources.list": "deb http://deb.debian.org/debian ",
	} {
		if got := inside("cat " + file); !strings.HasPrefix(got, want) || (want == "" && got != "") {
			t.Errorf("%s is %q, want %q", file, got, want)
		}
	}
	for path, mode := range map[string]string{
		"/": "0755", "/etc/hosts": "0644", "/etc/machine-id": "0644", "/boot/grub": "0755", "/boot/grub/grub.cfg": "0644",
		"/etc/cloud/cloud.cfg.d/95-ingot.cfg": "0644", "/usr/bin/sudo": "04755", "/tmp": "01777", "/etc/fstab": "0644",
		"/etc/apt/sources.list": "0644", "/etc/systemd/network": "0755", "/var/lib": "0755", "/root": "0700",
	} {
		if stat := inside("stat " + path); !strings.Contains(stat, "Mode:  "+mode) || !strings.Contains(stat, "User:     0   Group:     0") {
			t.Errorf("%s is not root's, or not of mode %s:\n%s", path, mode, stat)
		}
	}
	if lists := inside("ls -p /var/lib/apt/lists"); strings.Contains(lists, "Packages") {
		t.Errorf("package lists are left:\n%s", lists)
	}
	if keep := os.Getenv("INGOT_TEST_BOOTSTRAP_KEEP"); keep != "" {
		if err := os.Rename(image, keep); err != nil {
			t.Fatal(err)
		}
	}
}
