package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/internal/testtools/keptrun"
)

// keptWeb is a run whose machine was kept before each step, and an environment in which it is there.
func keptWeb(t *testing.T) (keptrun.Run, func(args ...string) (code int, stdout, stderr string)) {
	t.Helper()
	home := t.TempDir()
	dirs := store.Dirs{
		State: filepath.Join(home, "STATE_HOME/ingot"), Data: filepath.Join(home, "DATA_HOME/ingot"), Cache: filepath.Join(home, "CACHE_HOME/ingot"),
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"etc/passwd":          "root:x:0:0:root:/root:/bin/sh\npacker:x:1000:1000::/home/packer:/bin/sh\n",
		"etc/ssh/sshd_config": "Port 22\n", "home/packer/notes/a.txt": "a", "home/packer/notes/deep/b.txt": "b",
	} {
		write(t, filepath.Join(folder, name), text)
	}
	for name, target := range map[string]string{"etc/alias": "ssh", "home/packer/notes/out": "/etc/passwd"} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(folder, "home/packer/notes/a.txt"), 0o4751); err != nil {
		t.Fatal(err)
	}
	config, data := filepath.Join(home, "config"), filepath.Join(home, "data")
	write(t, config, "Port 2222\n")
	write(t, data, strings.Repeat("x", 2<<20))
	run := keptrun.Make(t, dirs, folder, []keptrun.Step{
		{ID: "prepare"},
		{ID: "customize[0]", Name: "install", Changes: []string{"mkdir /srv", "write " + data + " /srv/data"}},
		{ID: "customize[1]", Name: "harden", Changes: []string{"rm /etc/ssh/sshd_config", "write " + config + " /etc/ssh/sshd_config"}},
		{ID: "generalize"},
	})
	return run, func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(name string) string {
			if kind, ok := strings.CutPrefix(name, "XDG_"); ok {
				return filepath.Join(home, kind)
			}
			return ""
		}}
		code := Main(t.Context(), env, args)
		return code, out.String(), errs.String()
	}
}

// TestCopyFromKept copies from the disk of a machine that is not there any more.
func TestCopyFromKept(t *testing.T) {
	_, ingot := keptWeb(t)
	t.Chdir(t.TempDir())
	if err := os.Mkdir("all", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		from, to string
		want     map[string]string // files here, and their text
		stdout   string
		stderr   string
	}{
		{"latest@harden:/etc/ssh/sshd_config", "-", nil, "Port 22\n", "1 file, 8 B"},
		{"latest@harden+:/etc/ssh/sshd_config", "-", nil, "Port 2222\n", "1 file, 10 B"},
		{"latest@1:/etc/alias/../ssh/sshd_config", "one", map[string]string{"one": "Port 22\n"}, "", "1 file"},
		{"latest@1:notes", "./", map[string]string{"notes/a.txt": "a", "notes/deep/b.txt": "b"}, "", "left out, for it is neither a file nor a folder: /home/packer/notes/out"},
		{"latest@1:/", "./all/", map[string]string{"all/etc/ssh/sshd_config": "Port 22\n", "all/srv/data": strings.Repeat("x", 2<<20)}, "", "left out"},
		{"latest:/etc/ssh/sshd_config", "last", map[string]string{"last": "Port 2222\n"}, "", "is over: this is its machine as it stood before generalize"},
	} {
		code, out, errs := ingot("cp", tt.from, tt.to)
		if code != ExitDone || out != tt.stdout || !strings.Contains(errs, tt.stderr) {
			t.Errorf("cp %s %s: exit code %d\n%s%s", tt.from, tt.to, code, out, errs)
		}
		for name, want := range tt.want {
			if got, err := os.ReadFile(name); err != nil || string(got) != want {
				t.Errorf("cp %s %s: %s is %q, %v; want %q", tt.from, tt.to, name, got, err, want)
			}
		}
	}
	if info, err := os.Stat("notes/a.txt"); err != nil || info.Mode() != 0o751 {
		t.Errorf("permissions are %v, %v; want those on the machine, without setuid", info.Mode(), err)
	}
	if _, err := os.Lstat("notes/out"); err == nil {
		t.Error("a link was copied")
	}
}

func TestCopyRefused(t *testing.T) {
	_, ingot := keptWeb(t)
	t.Chdir(t.TempDir())
	write(t, "here", "x")
	for args, want := range map[string]string{
		"here there":                           "both are files of this machine",
		"latest:/a latest:/b":                  "both are files of a VM",
		"here latest@1:/tmp":                   "nothing is written to latest@1",
		"here latest@1+:/tmp":                  "nothing is written to latest@1+",
		"here latest:":                         "there is no path after the colon",
		"latest@1:/none .":                     "there is no /none on the machine at",
		"latest@1:notes -":                     "notes is no regular file",
		"latest@nothing:/etc .":                `has no step "nothing"`,
		"latest@1:/etc/passwd - --output json": "does not go with -",
		"here latest:/tmp":                     "has no VM that one could get into",
	} {
		if code, _, errs := ingot(append([]string{"cp"}, strings.Fields(args)...)...); code != ExitUsage || !strings.Contains(errs, want) {
			t.Errorf("cp %s: exit code %d, want %d and %q\n%s", args, code, ExitUsage, want, errs)
		}
	}
}

// TestDiffByStep asks what made the disk larger, and who changed a file.
func TestDiffByStep(t *testing.T) {
	run, ingot := keptWeb(t)
	for _, tt := range []struct{ args, want string }{
		{"diff --by-step latest", `  2.0 MiB more  customize[0] install  files: 2 added, 0 changed, 0 removed
                  /srv 2.0 MiB more
       as much  prepare  files: 0 added, 0 changed, 0 removed
       as much  customize[1] harden  files: 0 added, 1 changed, 0 removed
       as much  generalize  files: 0 added, 0 changed, 0 removed
`},
		{"diff --by-step latest --path /etc/ssh/sshd_config -p", `customize[1] harden
  ~ /etc/ssh/sshd_config  content
      @@ -1 +1 @@
      -Port 22
      +Port 2222
`},
		{"diff --by-step latest --path /usr", "no step changed it, as far as is known\n"},
		{"diff latest@install --path /srv", "files: 2 added, 0 changed, 0 removed\n\nfiles\n  + /srv  drwxr-xr-x\n  + /srv/data  2.0 MiB\n"},
		{"diff latest@install " + run.ID + "@install", "no difference\n"},
	} {
		code, out, errs := ingot(strings.Fields(tt.args)...)
		if diff := cmp.Diff(tt.want, out); code != ExitDone || diff != "" {
			t.Errorf("%s: exit code %d (-want +got):\n%s%s", tt.args, code, diff, errs)
		}
	}
	for args, want := range map[string]string{
		"diff latest":               "there is nothing to compare it with",
		"diff latest@install+":      "there is nothing to compare it with",
		"diff --by-step":            "--by-step takes one run",
		"diff --by-step latest@1":   "--by-step takes a run",
		"diff a b c":                "ingot diff takes only",
		"diff latest@generalize+ x": `there is no disk "x"`,
	} {
		if code, _, errs := ingot(strings.Fields(args)...); code == ExitDone || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, want %q\n%s", args, code, want, errs)
		}
	}
}
