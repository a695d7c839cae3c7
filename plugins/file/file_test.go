package file_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/file"
	"github.com/ingot-build/ingot/plugins/provtest"
)

func TestConformance(t *testing.T) {
	provtest.Run(t, provtest.Subject{
		New:    file.New,
		Config: func(path string) string { return fmt.Sprintf("source = %q\ndestination = \"/tmp/step.sh\"", path) },
	})
}

// As in the service: the destination is the file's full path, and no folder is made for it.
func TestDestination(t *testing.T) {
	source := filepath.Join(t.TempDir(), "nginx.conf")
	if err := os.WriteFile(source, []byte("worker_processes 1;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, destination, want string }{
		{"a new name", "/tmp/web/site.conf", "/tmp/web/site.conf"},
		{"a folder", "/tmp/web/", "/tmp/web/nginx.conf"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, g := file.New(), &provtest.Guest{}
			config := provtest.Decode(t, p, fmt.Sprintf("source = %q\ndestination = %q", source, tc.destination))
			if err := p.Prepare(config); err != nil {
				t.Fatal(err)
			}
			if err := p.Provision(t.Context(), &provtest.UI{}, g, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tc.want}, slices.Collect(maps.Keys(g.Files()))); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if got := g.Commands(); len(got) != 0 {
				t.Errorf("ran %q, want nothing", got)
			}
		})
	}
}
