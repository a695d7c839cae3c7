package sshto

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/service"
)

// dial connects to a guest that has an SFTP server, or only programs.
func dial(t *testing.T, g *guest) *Guest {
	t.Helper()
	c, err := Dial(t.Context(), g.serve(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// kinds are the guests that all copies are tested with.
var kinds = map[string]guest{"sftp": {withSFTP: true}, "programs alone": {}}

func write(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

// tree reads a folder as "mode text", by path; folders have no text.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == folder {
			return err
		}
		rel, _ := filepath.Rel(folder, name)
		if d.IsDir() {
			got[rel] = "folder"
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		got[rel] = info.Mode().String() + " " + string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

const odd = "it's \"odd\" $HOME\n;-"

func TestFoldersComeBackAsTheyWent(t *testing.T) {
	for name, g := range kinds {
		t.Run(name, func(t *testing.T) {
			c := dial(t, &g)
			from := filepath.Join(t.TempDir(), "site")
			write(t, filepath.Join(from, "index.html"), "<h1>\x00\xff", 0o644)
			write(t, filepath.Join(from, "bin", "run"), "#!/bin/sh\n", 0o755)
			write(t, filepath.Join(from, ".hidden"), "", 0o600)
			write(t, filepath.Join(from, "bin", odd), strings.Repeat("0123456789", 100_000), 0o640)
			if err := os.Symlink("/etc/passwd", filepath.Join(from, "link")); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(from, "empty"), 0o755); err != nil {
				t.Fatal(err)
			}
			sent, err := c.Put(t.Context(), from, "~/", CopyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want := Copied{Files: 4, Bytes: 1_000_016, Skipped: []string{filepath.Join(from, "link")}}
			if diff := cmp.Diff(want, sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if err := os.Symlink("/etc/passwd", filepath.Join(g.home, "site", "link")); err != nil {
				t.Fatal(err)
			}
			to := t.TempDir()
			fetched, err := c.Get(t.Context(), "site", filepath.Join(to, "copy"), CopyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want.Skipped = []string{"site/link"}
			if diff := cmp.Diff(want, fetched); diff != "" {
				t.Errorf("fetched (-want +got):\n%s", diff)
			}
			_ = os.Remove(filepath.Join(from, "link"))
			if diff := cmp.Diff(tree(t, from), tree(t, filepath.Join(to, "copy"))); diff != "" {
				t.Errorf("there and back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhereACopyGoes(t *testing.T) {
	for name, g := range kinds {
		t.Run(name, func(t *testing.T) {
			c := dial(t, &g)
			here := filepath.Join(t.TempDir(), "a.conf")
			write(t, here, "one", 0o644)
			if err := os.Mkdir(filepath.Join(g.home, "folder"), 0o755); err != nil {
				t.Fatal(err)
			}
			for to, want := range map[string]string{"b.conf": "b.conf", "folder": "folder/a.conf", "": "a.conf", "-n": "-n", g.home + "/c": "c"} {
				if _, err := c.Put(t.Context(), here, to, CopyOptions{}); err != nil {
					t.Errorf("put to %q: %v", to, err)
					continue
				}
				if data, err := os.ReadFile(filepath.Join(g.home, want)); string(data) != "one" {
					t.Errorf("put to %q: %s has %q, %v", to, want, data, err)
				}
			}
			back := t.TempDir()
			for to, want := range map[string]string{back: "b.conf", filepath.Join(back, "x"): "x", back + "/": "b.conf"} {
				if _, err := c.Get(t.Context(), "b.conf", to, CopyOptions{}); err != nil {
					t.Errorf("get to %q: %v", to, err)
				}
				if _, err := os.Stat(filepath.Join(back, want)); err != nil {
					t.Errorf("get to %q: %v", to, err)
				}
			}
			if _, err := c.Get(t.Context(), "none", back, CopyOptions{}); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a file that is not there: %v", err)
			}
			if _, err := c.Put(t.Context(), here, "no/such/folder/x", CopyOptions{}); err == nil {
				t.Error("a folder that is not there was no error")
			}
		})
	}
}

// TestGetStaysInItsFolder has a link where a fetched file would go.
func TestGetStaysInItsFolder(t *testing.T) {
	for name, g := range kinds {
		t.Run(name, func(t *testing.T) {
			c := dial(t, &g)
			write(t, filepath.Join(g.home, "etc", "shadow"), "theirs", 0o644)
			to, elsewhere := t.TempDir(), t.TempDir()
			if err := os.Symlink(elsewhere, filepath.Join(to, "etc")); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Get(t.Context(), "etc", to, CopyOptions{}); err == nil {
				t.Error("a link out of the folder was followed")
			}
			if got := tree(t, elsewhere); len(got) > 0 {
				t.Errorf("written outside: %v", got)
			}
		})
	}
}

func TestAsRootGoesBySudo(t *testing.T) {
	g := guest{sudo: t.TempDir(), withSFTP: true}
	write(t, filepath.Join(g.sudo, "sudo"), "#!/bin/sh\nprintf '%s.' \"$1\" >> \"$HOME/asked\"\nshift\nexec \"$@\"\n", 0o755)
	c := dial(t, &g)
	here := filepath.Join(t.TempDir(), "motd")
	write(t, here, "hello", 0o600)
	if _, err := c.Put(t.Context(), here, "motd", CopyOptions{AsRoot: true}); err != nil {
		t.Fatal(err)
	}
	asked, _ := os.ReadFile(filepath.Join(g.home, "asked"))
	got, _ := os.ReadFile(filepath.Join(g.home, "motd"))
	if string(got) != "hello" || !strings.HasPrefix(string(asked), "-n.") {
		t.Errorf("motd is %q, sudo was asked with %q", got, asked)
	}
}

func TestRun(t *testing.T) {
	c := dial(t, &guest{})
	var out, said bytes.Buffer
	exit, err := c.Run(t.Context(), "cat; echo no >&2; exit 3", strings.NewReader("in"), &out, &said)
	if exit != 3 || err != nil || out.String() != "in" || said.String() != "no\n" {
		t.Errorf("exit %d, %v; out %q, err %q", exit, err, out.String(), said.String())
	}
	forever, _ := io.Pipe()
	if exit, err := c.Run(t.Context(), "exit 4", forever, nil, nil); exit != 4 || err != nil {
		t.Errorf("with an input that never ends: exit %d, %v", exit, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	read, w := io.Pipe()
	go func() { _, _ = read.Read(make([]byte, 8)); cancel() }()
	if _, err := c.Run(ctx, "echo up; sleep 600", nil, w, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNoWayIn(t *testing.T) {
	way := (&guest{}).serve(t)
	var not *UnreachableError
	windows := service.Way{Communicator: "winrm", Host: "127.0.0.1", Port: 5985}
	if _, err := Dial(t.Context(), windows); !errors.As(err, &not) || not.Advice == "" {
		t.Errorf("WinRM: %v", err)
	}
	if _, err := Dial(t.Context(), service.Way{}); !errors.As(err, &not) {
		t.Errorf("no host: %v", err)
	}
	way.PrivateKey = ""
	if _, err := Dial(t.Context(), way); err == nil || !strings.Contains(err.Error(), "sign in to the VM") {
		t.Errorf("without the key: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dial(ctx, way); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
