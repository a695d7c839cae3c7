package examples

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shown is a code block whose comment says where its text comes from.
var shown = regexp.MustCompile("(?s)<!-- (tree of|from) (\\S+) -->\n```[a-z]*\n(.*?)```")

// TestDocs holds that what docs/translate.md shows is what the examples give.
func TestDocs(t *testing.T) {
	doc, err := os.ReadFile("../docs/translate.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := shown.FindAllStringSubmatch(string(doc), -1)
	if len(blocks) == 0 {
		t.Fatal("the page shows nothing")
	}
	for _, b := range blocks {
		kind, name, text := b[1], b[2], b[3]
		var have string
		if kind == "from" {
			data, err := os.ReadFile(filepath.Join("..", name))
			if err != nil {
				t.Fatal(err)
			}
			have = string(data)
		} else {
			have = tree(t, filepath.Join("..", name))
		}
		if !strings.Contains(have, text) {
			t.Errorf("%s has no such text:\n%s\nit has:\n%s", name, text, have)
		}
	}
}

// tree lists the files of a Packer folder, one a line.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && p != "plan.json" {
			b.WriteString(p + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
