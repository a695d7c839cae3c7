package sameimage

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/diskdiff"
)

// folder is the root file system of a small machine, after a change.
func folder(t *testing.T, change func(root string)) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range map[string]string{
		"etc/hostname":                "one\n",
		"etc/passwd":                  "root:x:0:0:root:/root:/bin/bash\n",
		"var/log/wtmp":                "boot",
		"var/log/journal/0a/j":        "lines",
		"var/lib/systemd/random-seed": "4",
		"var/lib/dpkg/status":         "Package: sudo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.9\n",
	} {
		write(t, root, path, text)
	}
	change(root)
	return root
}

func write(t *testing.T, root, path, text string) {
	t.Helper()
	file := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// disk makes a disk of a folder: one file system, without partitions.
func disk(t *testing.T, root string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.raw")
	cmd := exec.Command("mke2fs", "-q", "-t", "ext4", "-d", root, "-E", "root_owner=0:0", path, "16M")
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	if _, err := exec.LookPath("/usr/sbin/mke2fs"); err != nil {
		t.Skip("mke2fs is not on this machine")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// TestCompare has one disk for each way in which two builds may differ.
func TestCompare(t *testing.T) {
	first := disk(t, folder(t, func(string) {}))
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name      string
		change    func(t *testing.T, root string)
		explained []string
		other     []string
	}{
		{"nothing", func(*testing.T, string) {}, nil, nil},
		{"logins", func(t *testing.T, root string) { write(t, root, "var/log/wtmp", "later") },
			[]string{"/var/log/wtmp: content (4 bytes, and 5 on the second)"}, nil},
		{"another machine id", func(t *testing.T, root string) {
			must(t, os.Rename(filepath.Join(root, "var/log/journal/0a"), filepath.Join(root, "var/log/journal/0b")))
		}, []string{
			"/var/log/journal/0a: only on the first: drwxr-xr-x", "/var/log/journal/0a/j: only on the first: -rw-r--r--",
			"/var/log/journal/0b: only on the second: drwxr-xr-x", "/var/log/journal/0b/j: only on the second: -rw-r--r--",
		}, nil},
		{"no random seed", func(t *testing.T, root string) {
			must(t, os.Remove(filepath.Join(root, "var/lib/systemd/random-seed")))
		},
			[]string{"/var/lib/systemd/random-seed: only on the first: -rw-r--r--"}, nil},
		{"logins that everybody may write to", func(t *testing.T, root string) {
			write(t, root, "var/log/wtmp", "later")
			must(t, os.Chmod(filepath.Join(root, "var/log/wtmp"), 0o666))
		}, nil, []string{"/var/log/wtmp: mode -rw-r--r--, and -rw-rw-rw- on the second; content (4 bytes, and 5 on the second)"}},
		{"no logins at all", func(t *testing.T, root string) { must(t, os.Remove(filepath.Join(root, "var/log/wtmp"))) },
			nil, []string{"/var/log/wtmp: only on the first: -rw-r--r--"}},
		{"a setting", func(t *testing.T, root string) { write(t, root, "etc/hostname", "two\n") },
			nil, []string{"/etc/hostname: content (4 bytes, and 4 on the second)"}},
		{"a package and a user", func(t *testing.T, root string) {
			write(t, root, "var/lib/dpkg/status", "Package: sudo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.0\n")
			write(t, root, "etc/passwd", "root:x:0:0:root:/root:/bin/bash\nweb:x:1:1::/srv:/bin/sh\n")
		}, nil, []string{
			"/etc/passwd: content (32 bytes, and 56 on the second)", "/var/lib/dpkg/status: content (76 bytes, and 76 on the second)",
			"package sudo:amd64: 1.9, and 2.0 on the second", "user web: only on the second: uid 1, gid 1, home /srv, shell /bin/sh, ",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			second := disk(t, folder(t, func(root string) { tt.change(t, root) }))
			r, err := Compare(t.Context(), first, second)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.explained, lines(r.Explained)); diff != "" {
				t.Errorf("explained (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.other, lines(r.Other)); diff != "" {
				t.Errorf("other (-want +got):\n%s", diff)
			}
			if r.Same() != (tt.other == nil) || r.Files < 10 {
				t.Errorf("same: %v, of %d names", r.Same(), r.Files)
			}
			for _, d := range r.Explained {
				if d.Why == "" {
					t.Errorf("%s: why?", d)
				}
			}
		})
	}
}

func lines(list []Difference) (texts []string) {
	for _, d := range list {
		texts = append(texts, d.String())
	}
	return texts
}

func TestUnreadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk.raw")
	if err := os.WriteFile(path, bytes.Repeat([]byte{7}, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	var unreadable *diskdiff.UnreadableError
	if _, err := Compare(t.Context(), path, path); !errors.As(err, &unreadable) {
		t.Errorf("got %v", err)
	}
}

// TestRules holds that every rule explains something, and nothing beside its path.
func TestRules(t *testing.T) {
	for _, r := range Rules {
		if !strings.HasPrefix(r.Path, "/") || r.Why == "" || r.May != Content && r.May != Presence {
			t.Errorf("%+v", r)
		}
	}
	for path, want := range map[string]bool{
		"/var/log/journal": true, "/var/log/journal/0a/system.journal": true, "/var/log/journals": false,
		"/var/log/apt/history.log": true, "/var/log/apt/history.log.1": false, "/var/log/apt/old/history.log": false,
		"/var/log/wtmp": true, "/var/log/wtmp.1": false, "/etc/shadow": false,
	} {
		if got := find(path, func(May) bool { return true }) != nil; got != want {
			t.Errorf("%s: got %v", path, got)
		}
	}
}

// TestDocs holds the table of docs/fast.md against the list.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/fast.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Same image?")
	section, _, _ = strings.Cut(section, "\n## ")
	var got, want []string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| `/") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	for _, r := range Rules {
		want = append(want, fmt.Sprintf("| `%s` | %s | %s |", r.Path, r.May, r.Why))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table of docs/fast.md (-rules +page):\n%s", diff)
	}
}
