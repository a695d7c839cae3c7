// Package examples holds image templates to start from. Its test translates each one and compares with what is in its want folder.
package examples

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

var update = flag.Bool("update", false, "rewrite the want folders")

// TestWanted holds each example against want/: plan.json is the plan before anything is resolved, the rest is the Packer folder
// that a build runs. Examples name only files of their own, so their bytes can be had without engine/resolve.
func TestWanted(t *testing.T) {
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			p := translated(t, name)
			data, err := plan.Encode(p)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{"plan.json": string(data)}
			blobs := resolved(t, name, p)
			folder, err := emit.Packer(p, emit.Options{})
			if err != nil || len(folder.Missing) > 0 {
				t.Fatal(folder, err)
			}
			for _, f := range folder.Files {
				got[f.Path] = string(f.Data) + blobs[f.Blob]
			}
			dir := filepath.Join(name, "want")
			if *update {
				rewrite(t, dir, got)
			}
			if diff := cmp.Diff(contents(t, dir), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestComplete holds that an example has what a reader looks for, and every file that its template names.
func TestComplete(t *testing.T) {
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			readme, err := os.ReadFile(filepath.Join(name, "README.md"))
			if err != nil {
				t.Fatal(err)
			}
			if command := "ingot build examples/" + name + "/template.json"; !strings.Contains(string(readme), command) {
				t.Errorf("the README does not show %q", command)
			}
			for _, c := range translated(t, name).Contents() {
				if c.URI == "" {
					continue
				}
				if _, err := os.Stat(filepath.Join(name, filepath.FromSlash(c.URI))); err != nil {
					t.Errorf("%s: %v", c.Origin.Path, err)
				}
			}
		})
	}
}

// TestChecksums holds that the checksums in the templates are those of the files.
func TestChecksums(t *testing.T) {
	for _, name := range names(t) {
		for _, c := range translated(t, name).Contents() {
			if c.URI == "" || c.SHA256 == "" {
				continue
			}
			data, err := os.ReadFile(filepath.Join(name, filepath.FromSlash(c.URI)))
			if err != nil {
				t.Fatal(err)
			}
			if got := sum(data); got != c.SHA256 {
				t.Errorf("%s of %s is %s; the file has %s", c.ChecksumOrigin.Path, name, c.SHA256, got)
			}
		}
	}
}

// names lists the examples.
func names(t *testing.T) []string {
	t.Helper()
	templates, err := filepath.Glob("*/template.json")
	if err != nil || len(templates) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var all []string
	for _, f := range templates {
		all = append(all, filepath.Dir(f))
	}
	return all
}

func translated(t *testing.T, name string) *plan.Plan {
	t.Helper()
	file := path.Join(name, "template.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, diags := translate.Translate(translate.Source{File: file, Data: data}, translate.Options{})
	for _, d := range diags {
		t.Logf("%s", d)
	}
	if p == nil {
		t.Fatal("no plan")
	}
	return p
}

// resolved fills in what is known of the example's own files, and returns their bytes by SHA-256.
func resolved(t *testing.T, name string, p *plan.Plan) map[string]string {
	t.Helper()
	blobs := map[string]string{}
	for _, c := range p.Contents() {
		if c.URI == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(name, filepath.FromSlash(c.URI)))
		if err != nil {
			t.Fatal(err)
		}
		c.SHA256, c.Size, c.Resolved = sum(data), int64(len(data)), true
		blobs[c.SHA256] = string(data)
	}
	return blobs
}

// contents reads every file below dir, by its path below it.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(p)))
		all[p] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func rewrite(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(files[name]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// TestShellSyntax holds that no script of an example is one that sh cannot read.
func TestShellSyntax(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is not installed")
	}
	var scripts []string
	for _, pattern := range []string{"*/scripts/*.sh", "*/want/files/*.sh"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no scripts at %s: %v", pattern, err)
		}
		scripts = append(scripts, found...)
	}
	for _, script := range scripts {
		if out, err := exec.Command(sh, "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}
