package lower

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A guest is a folder that a script takes for its root file system. Only the programs in bin can be run, and those that would
// change the machine are fakes that note how they were called.
type guest struct {
	root string
	bin  string
}

func newGuest(t *testing.T, files map[string]string) guest {
	t.Helper()
	g := guest{root: t.TempDir(), bin: t.TempDir()}
	for _, dir := range []string{"etc/ssh", "etc/sudoers.d", "var/lib/dbus", "var/log", "root", "usr/sbin", "tmp"} {
		if err := os.MkdirAll(filepath.Join(g.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		g.write(t, name, text)
	}
	for _, tool := range []string{"rm", "cat", "chmod", "sed", "touch"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Skipf("%s is not installed", tool)
		}
		if err := os.Symlink(path, filepath.Join(g.bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range []string{"passwd", "fstrim", "sync", "userdel", "deluser"} {
		g.fake(t, tool, "")
	}
	g.fake(t, "id", `[ -e "$ROOT/home/packer" ]`)
	return g
}

func (g guest) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(g.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fake makes a program that notes its name and arguments, then runs body.
func (g guest) fake(t *testing.T, name, body string) {
	t.Helper()
	fakeAt(t, filepath.Join(g.bin, name), name, body)
}

func fakeAt(t *testing.T, path, name, body string) {
	t.Helper()
	text := "#!/bin/sh\necho \"" + name + " $*\" >>\"$ROOT/calls\"\n" + body + "\n"
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// guestPaths are the absolute paths in the scripts; TestScriptsParse holds that there are no others.
var guestPaths = regexp.MustCompile(`/(etc|var|root|usr/sbin|tmp)/`)

// script puts a script into the guest with its absolute paths moved below the guest's root.
func (g guest) script(t *testing.T, name, text string) string {
	t.Helper()
	g.write(t, name, guestPaths.ReplaceAllStringFunc(text, func(m string) string { return g.root + m }))
	path := filepath.Join(g.root, name)
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// run returns what a script printed, the calls of fakes, and the exit code.
func (g guest) run(t *testing.T, path string) (output string, calls []string, code int) {
	t.Helper()
	cmd := exec.Command(path)
	cmd.Env = []string{"PATH=" + g.bin, "ROOT=" + g.root}
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	noted, _ := os.ReadFile(filepath.Join(g.root, "calls")) // absent when nothing was called
	for line := range strings.Lines(string(noted)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "id ") {
			calls = append(calls, strings.ReplaceAll(line, g.root, ""))
		}
	}
	return strings.ReplaceAll(string(out), g.root, ""), calls, cmd.ProcessState.ExitCode()
}

// files lists what is in the guest, with sizes of zero noted.
func (g guest) files(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.Walk(g.root, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		name := strings.TrimPrefix(path, g.root+"/")
		if info.Size() == 0 && info.Mode().IsRegular() {
			name += " (empty)"
		}
		if name != "calls" {
			all = append(all, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestScriptsParse(t *testing.T) {
	absolute := regexp.MustCompile(`(?m)(^|[\s"=>])/[a-z]+`)
	for name, text := range map[string]string{"deprovision": deprovisionShell, "generalize": generalizeShell} {
		body, ok := strings.CutPrefix(strings.ReplaceAll(text, ">/dev/null", ""), "#!/bin/sh\n")
		if !ok {
			t.Errorf("%s starts with no #!/bin/sh", name)
		}
		if outside := absolute.FindString(guestPaths.ReplaceAllString(body, "")); outside != "" {
			t.Errorf("%s has a path that would escape the test's guest: %q", name, outside)
		}
		for _, sh := range [][]string{{"sh"}, {"bash", "--posix"}, {"busybox", "sh"}} {
			if _, err := exec.LookPath(sh[0]); err != nil {
				continue
			}
			cmd := exec.Command(sh[0], append(sh[1:], "-n")...)
			cmd.Stdin = strings.NewReader(text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s by %v: %v\n%s", name, sh, err, out)
			}
		}
	}
}

func TestDeprovisionByAgent(t *testing.T) {
	tests := []struct {
		name  string
		setup func(*testing.T, guest)
		calls []string
		code  int
		says  string
	}{
		{"at its usual place", func(t *testing.T, g guest) {
			fakeAt(t, filepath.Join(g.root, "usr/sbin/waagent"), "/usr/sbin/waagent", "")
		}, []string{"/usr/sbin/waagent -force -deprovision+user", "sync"}, 0, ""},
		{"on PATH", func(t *testing.T, g guest) { g.fake(t, "waagent", "") },
			[]string{"waagent -force -deprovision+user", "sync"}, 0, ""},
		{"agent leaves the user", func(t *testing.T, g guest) {
			g.fake(t, "waagent", "")
			g.fake(t, "userdel", `rm -r "$ROOT/home/packer"`)
			g.write(t, "home/packer/x", "x")
		}, []string{"waagent -force -deprovision+user", "userdel -f -r packer", "sync"}, 0, ""},
		{"no userdel", func(t *testing.T, g guest) {
			g.fake(t, "waagent", "")
			g.fake(t, "userdel", "exit 127")
			g.fake(t, "deluser", `rm -r "$ROOT/home/packer"`)
			g.write(t, "home/packer/x", "x")
		}, []string{"waagent -force -deprovision+user", "userdel -f -r packer", "deluser --remove-home packer", "sync"}, 0, ""},
		{"user cannot be deleted", func(t *testing.T, g guest) {
			g.fake(t, "waagent", "")
			g.write(t, "home/packer/x", "x")
		}, []string{"waagent -force -deprovision+user", "userdel -f -r packer", "sync"}, 1, "could not be deleted"},
		{"agent fails", func(t *testing.T, g guest) { g.fake(t, "waagent", "exit 3") },
			[]string{"waagent -force -deprovision+user", "sync"}, 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGuest(t, map[string]string{"etc/ssh/ssh_host_rsa_key": "key"})
			tt.setup(t, g)
			out, calls, code := g.run(t, g.script(t, "tmp/DeprovisioningScript.sh", deprovisionShell))
			if diff := cmp.Diff(tt.calls, calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if code != tt.code || !strings.Contains(out, tt.says) {
				t.Errorf("exit code %d, want %d; output %q, want %q in it", code, tt.code, out, tt.says)
			}
			if strings.Contains(out, "not installed") {
				t.Errorf("the agent was there, yet: %s", out)
			}
		})
	}
}

func TestDeprovisionWithoutAgent(t *testing.T) {
	g := newGuest(t, map[string]string{
		"etc/ssh/ssh_host_rsa_key":              "key",
		"etc/ssh/ssh_host_ed25519_key.pub":      "key",
		"etc/ssh/sshd_config":                   "config",
		"etc/hostname":                          "ingot-3f2a9c1e\n",
		"root/.bash_history":                    "ls",
		"var/lib/cloud/instances/i-1/user-data": "packer",
		"var/lib/cloud/sem/config_x.once":       "1",
		"var/lib/cloud/scripts/per-boot/mine":   "#!/bin/sh",
		"var/lib/dhcp/dhclient.leases":          "lease",
		"var/lib/systemd/random-seed":           "seed",
		"var/log/cloud-init.log":                "log",
		"home/packer/.ssh/authorized_keys":      "key",
	})
	g.fake(t, "userdel", `rm -r "$ROOT/home/packer"`)
	out, calls, code := g.run(t, g.script(t, "tmp/DeprovisioningScript.sh", deprovisionShell))
	if code != 0 || !strings.Contains(out, "waagent is not installed") {
		t.Errorf("exit code %d, output %q", code, out)
	}
	if diff := cmp.Diff([]string{"passwd -l root", "userdel -f -r packer", "sync"}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	want := []string{"etc/hostname", "etc/ssh/sshd_config", "tmp/DeprovisioningScript.sh", "var/lib/cloud/scripts/per-boot/mine"}
	if diff := cmp.Diff(want, g.files(t)); diff != "" {
		t.Errorf("files left (-want +got):\n%s", diff)
	}
	if name, err := os.ReadFile(filepath.Join(g.root, "etc/hostname")); string(name) != "localhost.localdomain\n" {
		t.Errorf("host name %q, %v", name, err)
	}
}

func TestGeneralize(t *testing.T) {
	seeded := map[string]string{
		"etc/sudoers.d/90-cloud-init-users": "packer ALL=(ALL) NOPASSWD:ALL",
		"etc/sudoers.d/90-ingot":            "packer ALL=(ALL) NOPASSWD:ALL",
		"etc/sudoers.d/admins":              "%admins ALL=(ALL) ALL",
		"etc/machine-id":                    "0123456789abcdef0123456789abcdef\n",
		"var/lib/dbus/machine-id":           "0123456789abcdef0123456789abcdef\n",
		"var/lib/cloud/instances/i-1/seed":  "packer",
		"root/.ssh/authorized_keys":         `command="echo 'Please login as the user \"packer\".'" ssh-ed25519 A` + "\nssh-ed25519 B me\n",
	}
	clean := []string{"etc/machine-id (empty)", "etc/sudoers.d/admins", "root/.ssh/authorized_keys"}
	tests := []struct {
		name   string
		script string // of the user or the service; "": deleted
		user   bool   // the build user is still there
		fstrim string // body of the fake
		left   []string
		says   []string
		code   int
	}{
		{"as made", "#!/bin/sh\necho agent ran\n", false, "", clean,
			[]string{">>> /tmp/DeprovisioningScript.sh:\n#!/bin/sh\necho agent ran\n>>> running it\nagent ran\n"}, 0},
		{"without shebang", "echo plain\n", false, "", clean, []string{"plain"}, 0},
		{"deleted by a customizer", "", false, "", clean,
			[]string{"warning: /tmp/DeprovisioningScript.sh is gone", "may not boot"}, 0},
		{"no trim", "#!/bin/sh\n", false, "exit 1", clean, nil, 0},
		{"user kept", "#!/bin/sh\n", true, "", []string{
			"etc/machine-id (empty)", "etc/sudoers.d/90-cloud-init-users", "etc/sudoers.d/90-ingot", "etc/sudoers.d/admins",
			"home/packer/x", "root/.ssh/authorized_keys", "var/lib/cloud/instances/i-1/seed",
		}, []string{"the build user packer was kept"}, 0},
		{"script fails", "#!/bin/sh\nexit 7\n", false, "", nil, nil, 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGuest(t, seeded)
			g.fake(t, "fstrim", tt.fstrim)
			if tt.script != "" {
				g.write(t, "tmp/DeprovisioningScript.sh", tt.script)
			}
			if tt.user {
				g.write(t, "home/packer/x", "x")
			}
			out, calls, code := g.run(t, g.script(t, "tmp/script_1.sh", generalizeShell))
			for _, want := range tt.says {
				if !strings.Contains(out, want) {
					t.Errorf("output has no %q:\n%s", want, out)
				}
			}
			if code != tt.code {
				t.Fatalf("exit code %d, want %d:\n%s", code, tt.code, out)
			}
			if tt.code != 0 {
				return
			}
			if diff := cmp.Diff([]string{"fstrim -av", "sync"}, calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.left, g.files(t)); diff != "" {
				t.Errorf("files left (-want +got):\n%s", diff)
			}
			keys, err := os.ReadFile(filepath.Join(g.root, "root/.ssh/authorized_keys"))
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Count(keys, []byte("\n")); !tt.user && got != 1 {
				t.Errorf("root keeps %d keys, want 1:\n%s", got, keys)
			}
		})
	}
}

// The build's limit holds in the guest too, where there is a program for that.
func TestGeneralizeLimit(t *testing.T) {
	const bounded = "timeout -k 10 960 /tmp/DeprovisioningScript.sh"
	tests := []struct {
		name, env string
		program   bool
		body      string // of timeout
		want      []string
		code      int
	}{
		{"in time", "INGOT_GENERALIZE_SECONDS=900", true, `"$4"`, []string{bounded, "fstrim -av", "sync"}, 0},
		{"too late", "INGOT_GENERALIZE_SECONDS=900", true, "exit 124", []string{bounded}, 124},
		{"no limit", "INGOT_GENERALIZE_SECONDS=0", true, "exit 1", []string{"fstrim -av", "sync"}, 0},
		{"not said", "", true, "exit 1", []string{"fstrim -av", "sync"}, 0},
		{"no program", "INGOT_GENERALIZE_SECONDS=900", false, "", []string{"fstrim -av", "sync"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGuest(t, map[string]string{"tmp/DeprovisioningScript.sh": "echo ran\n"})
			if tt.program {
				g.fake(t, "timeout", tt.body)
			}
			script := g.script(t, "tmp/script_1.sh", generalizeShell)
			out, calls, code := g.run(t, g.script(t, "tmp/as-packer", "#!/bin/sh\n"+tt.env+" "+strings.TrimPrefix(script, g.root)+"\n"))
			if diff := cmp.Diff(tt.want, calls); diff != "" || code != tt.code {
				t.Errorf("exit code %d, want %d; calls (-want +got):\n%s\n%s", code, tt.code, diff, out)
			}
		})
	}
}
