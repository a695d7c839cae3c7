package gather_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/cmd/internal/gather"
)

// tree makes files, and links where a name has " -> " in it, in an empty folder that becomes the current one.
func tree(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		name, link, isLink := strings.Cut(name, " -> ")
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if isLink {
			err = os.Symlink(link, name)
		} else {
			err = os.WriteFile(name, nil, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// list renders what the arguments mean: names, "!" before one that was typed, and the reason behind one that cannot be looked at.
func list(t *testing.T, args ...string) string {
	t.Helper()
	var parsed []gather.Arg
	for _, arg := range args {
		a, err := gather.Parse(arg)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, a)
	}
	var all []string
	for f := range gather.Files(parsed) {
		text := f.Name
		if f.Named {
			text = "!" + text
		}
		if f.Err != nil {
			text += " (" + f.Err.Error() + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestFiles(t *testing.T) {
	tree(t, "a.json", "b.txt", "C.JSON", "sub/a.json", "sub/deep/x.json", "node_modules/p/package.json", ".git/config.json",
		"z[1].json", "link.json -> a.json", "gone.json -> nowhere", "gone.txt -> nowhere", "folder.json -> sub", "round.json -> round.json")
	if err := syscall.Mkfifo("pipe.json", 0o644); err != nil {
		t.Fatal(err)
	}
	const broken = "gone.json (it is a link that leads nowhere)"
	for _, tt := range []struct{ name, args, want string }{
		{"a folder", ".", "C.JSON, a.json, " + broken + ", link.json, pipe.json (it is not a regular file), " +
			"round.json (stat round.json: too many levels of symbolic links), sub/a.json, sub/deep/x.json, z[1].json"},
		{"a folder below", "sub", "sub/a.json, sub/deep/x.json"},
		{"a link to a folder, by name", "folder.json", "folder.json/a.json, folder.json/deep/x.json"},
		{"what is skipped, by name", "node_modules", "node_modules/p/package.json"},
		{"names", "b.txt a.json", "!b.txt, !a.json"},
		{"standard input, which can be read once", "- -", "!-"},
		{"each once, where it comes first", "sub/a.json ./sub . sub", "!sub/a.json, sub/deep/x.json, C.JSON, a.json, " + broken +
			", link.json, pipe.json (it is not a regular file), round.json (stat round.json: too many levels of symbolic links), z[1].json"},
		{"a pattern", "*.txt", "b.txt, gone.txt (it is a link that leads nowhere)"},
		{"a pattern with a folder", "sub/*.json", "sub/a.json"},
		{"a pattern of folders", "s*/*", "sub/a.json"},
		{"a pattern of any depth", "**/x.json", "sub/deep/x.json"},
		{"a pattern that nothing matches", "*.yaml", ""},
		{"a name that looks like a pattern", "z[1].json", "!z[1].json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, list(t, strings.Fields(tt.args)...)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// Who wants no more gets no more.
func TestStop(t *testing.T) {
	tree(t, "a/1.json", "a/2.json", "b.json")
	a, err := gather.Parse(".")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range gather.Files([]gather.Arg{a, a}) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d files", n)
	}
}

func TestParseErrors(t *testing.T) {
	tree(t)
	if _, err := gather.Parse("gone.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	var wrong *gather.PatternError
	if _, err := gather.Parse("[a.json"); !errors.As(err, &wrong) || wrong.Pattern != "[a.json" {
		t.Errorf("a broken pattern: %v", err)
	}
}

func TestUnreadableFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read every folder")
	}
	tree(t, "a.json", "shut/b.json", "z.json")
	if err := os.Chmod("shut", 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod("shut", 0o755) })
	if got, want := list(t, "."), "a.json, shut (open shut: permission denied), z.json"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
