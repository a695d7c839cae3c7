package baseimage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/runcmd"
)

var testNow = time.Date(2026, 11, 21, 9, 0, 0, 987654321, time.UTC)

// newStore opens a store in a temporary folder; userCatalog may be "".
func newStore(t *testing.T, userCatalog string) *Store {
	t.Helper()
	root := t.TempDir()
	o := Options{
		Runner: runcmd.Host{},
		Now:    func() time.Time { return testNow },
		Sleep:  func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	}
	if userCatalog != "" {
		o.UserCatalog = filepath.Join(root, "catalog.json")
		writeFile(t, o.UserCatalog, []byte(userCatalog))
	}
	s, err := Open(filepath.Join(root, "store"), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// qcow2 makes a small image by the real qemu-img; arguments go before the file's name.
func qcow2(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skip("qemu-img is not on PATH: apt-get install qemu-utils")
	}
	path := filepath.Join(t.TempDir(), "disk.qcow2")
	args = append(append([]string{"create", "-q", "-f", "qcow2"}, args...), path, "8M")
	if out, err := exec.Command("qemu-img", args...).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img %q: %v\n%s", args, err, out)
	}
	return path
}

func add(t *testing.T, s *Store, name, path string, o AddOptions) Image {
	t.Helper()
	im, err := s.Add(t.Context(), name, path, o)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// wantEmpty checks that no work in progress and no nameless disk is left.
func wantEmpty(t *testing.T, s *Store) {
	t.Helper()
	left, err := s.Leftovers(t.Context())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAddGetRemove(t *testing.T) {
	s, path := newStore(t, ""), qcow2(t)
	im := add(t, s, "mine", path, AddOptions{URNs: []string{"Me:my-linux:1"}, Version: "1.2.3"})
	want := Image{
		Name: "mine", SHA256: im.SHA256, Format: "qcow2", VirtualSize: 8 << 20, FileSize: fileSize(path), Path: s.blob(im.SHA256),
		Version: "1.2.3", Origin: path, URNs: []string{"Me:my-linux:1"}, Added: testNow, OS: "linux",
	}
	for name, got := range map[string]Image{"added": im, "read again": get1(t, s, "mine")} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	st, err := os.Stat(im.Path)
	if err != nil || st.Mode().Perm() != 0o444 {
		t.Errorf("the blob is %v, %v; want 0444", st.Mode(), err)
	}
	if err := s.Verify(t.Context(), "mine"); err != nil {
		t.Error(err)
	}

	// A second name for the same bytes shares the blob, and keeps it when the first one goes.
	add(t, s, "other", path, AddOptions{})
	if err := s.Remove(t.Context(), "mine"); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context(), "other"); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(im.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the blob is still there: %v", err)
	}
	var gone *NotPresentError
	if err := s.Remove(t.Context(), "other"); !errors.As(err, &gone) {
		t.Errorf("got %v, want *NotPresentError", err)
	}
	wantEmpty(t, s)
}

func get1(t *testing.T, s *Store, name string) Image {
	t.Helper()
	im, err := s.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestLaterChangesToTheFileStayOutside(t *testing.T) {
	s, path := newStore(t, ""), qcow2(t)
	add(t, s, "mine", path, AddOptions{})
	writeFile(t, path, []byte("something else"))
	if err := s.Verify(t.Context(), "mine"); err != nil {
		t.Error(err)
	}
}

func TestAddTwice(t *testing.T) {
	s, path := newStore(t, ""), qcow2(t)
	first := add(t, s, "mine", path, AddOptions{})
	var exists *ExistsError
	if _, err := s.Add(t.Context(), "mine", qcow2(t, "-o", "cluster_size=4096"), AddOptions{}); !errors.As(err, &exists) {
		t.Fatalf("got %v, want *ExistsError", err)
	}
	second := add(t, s, "mine", qcow2(t, "-o", "cluster_size=4096"), AddOptions{Replace: true})
	if second.SHA256 == first.SHA256 || get1(t, s, "mine").SHA256 != second.SHA256 {
		t.Error("the image was not replaced")
	}
	if _, err := os.Stat(first.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old disk is still there: %v", err)
	}
	wantEmpty(t, s)
}

func TestNames(t *testing.T) {
	s := newStore(t, "")
	for _, name := range []string{"", "..", "a/b", "A", ".hidden", strings.Repeat("a", 65)} {
		var bad *NameError
		if _, err := s.Get(name); !errors.As(err, &bad) {
			t.Errorf("Get(%q): %v", name, err)
		}
		if _, err := s.Add(t.Context(), name, "x", AddOptions{}); !errors.As(err, &bad) {
			t.Errorf("Add(%q): %v", name, err)
		}
		if err := s.Remove(t.Context(), name); !errors.As(err, &bad) {
			t.Errorf("Remove(%q): %v", name, err)
		}
	}
}

func TestFind(t *testing.T) {
	s := newStore(t, `{"images": [{"name": "corp", "urns": ["Corp:linux:*"]}]}`)
	path := qcow2(t)
	find := func(p, o, k, v string) (Image, error) { return s.Find(t.Context(), p, o, k, v) }

	var none *NoMatchError
	_, err := find("Debian", "debian-12", "12-gen9", "latest")
	if !errors.As(err, &none) || none.Near[0] != "Debian:debian-12:12-gen2" {
		t.Fatalf("got %v, want the near name first", err)
	}
	if want := "ingot image add NAME FILE --urn Debian:debian-12:12-gen9"; none.Fix() != want {
		t.Errorf("fix is %q, want %q", none.Fix(), want)
	}
	var gone *NotPresentError
	for urn, hint := range map[[3]string]string{
		{"Debian", "debian-12", "12"}:               "ingot image bootstrap debian-12, or ingot image pull debian-12",
		{"Canonical", "ubuntu-24_04-lts", "server"}: "ingot image pull ubuntu-24.04",
		{"corp", "LINUX", "anything at all"}:        "ingot image add corp FILE",
	} {
		if _, err := find(urn[0], urn[1], urn[2], "latest"); !errors.As(err, &gone) || gone.Hint != hint {
			t.Errorf("%v: got %v, want the hint %q", urn, err, hint)
		}
	}

	// By the catalog's name; then by the user's own word, which goes first; then by an exact version, which goes before that.
	steps := []struct {
		name string
		urns []string
	}{{"debian-12", nil}, {"own", []string{"debian:debian-12:*"}}, {"exact", []string{"Debian:debian-12:12:0.1.2"}}}
	for _, step := range steps {
		add(t, s, step.name, path, AddOptions{URNs: step.urns})
		if im, err := find("Debian", "debian-12", "12", "0.1.2"); err != nil || im.Name != step.name {
			t.Errorf("with %s: got %q, %v", step.name, im.Name, err)
		}
	}
	if im, err := find("Debian", "debian-12", "12", "latest"); err != nil || im.Name != "own" {
		t.Errorf("latest: got %q, %v; want own", im.Name, err)
	}
}

func TestBrokenUserCatalog(t *testing.T) {
	s := newStore(t, "{\n  nonsense")
	add(t, s, "mine", qcow2(t), AddOptions{URNs: []string{"Me:my:1"}})
	if _, err := s.Find(t.Context(), "Me", "my", "1", "latest"); err != nil {
		t.Errorf("an image of the user's own needs no catalog: %v", err)
	}
	if _, err := s.Find(t.Context(), "a", "b", "c", "latest"); err == nil || !strings.Contains(err.Error(), "catalog.json:2:3: ") {
		t.Errorf("got %v, want the place of the fault", err)
	}
	var gone *NotPresentError
	if _, err := s.Get("debian-12"); !errors.As(err, &gone) {
		t.Errorf("got %v, want *NotPresentError", err)
	}
}

func TestDamage(t *testing.T) {
	tests := map[string]struct {
		damage func(t *testing.T, s *Store, im Image)
		verify bool // only Verify can see it
		want   string
	}{
		"file gone": {func(t *testing.T, s *Store, im Image) { must(t, os.Remove(im.Path)) }, false, "is gone"},
		"file cut": {func(t *testing.T, s *Store, im Image) {
			must(t, os.Chmod(im.Path, 0o600))
			must(t, os.Truncate(im.Path, 100))
		}, false, "has 100 bytes instead of"},
		"a byte changed": {func(t *testing.T, s *Store, im Image) {
			text, err := os.ReadFile(im.Path)
			must(t, err)
			text[len(text)-1] ^= 1
			must(t, os.Chmod(im.Path, 0o600))
			writeFile(t, im.Path, text)
		}, true, "has changed"},
		"record cut":   {func(t *testing.T, s *Store, im Image) { writeFile(t, s.recordPath("mine"), []byte(`{"na`)) }, false, "image.json"},
		"record empty": {func(t *testing.T, s *Store, im Image) { writeFile(t, s.recordPath("mine"), nil) }, false, "image.json"},
		"another record": {func(t *testing.T, s *Store, im Image) {
			writeFile(t, s.recordPath("mine"), []byte(`{"name": "yours"}`))
		}, false, "something else"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, "")
			whole := add(t, s, "whole", qcow2(t, "-o", "cluster_size=4096"), AddOptions{})
			im := add(t, s, "mine", qcow2(t), AddOptions{})
			tt.damage(t, s, im)
			var damaged *DamagedError
			err := s.Verify(t.Context(), "mine")
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(damaged.Fix(), "ingot image rm mine") {
				t.Fatalf("got %v, want *DamagedError with %q and a fix", err, tt.want)
			}
			list, err := s.List(t.Context())
			if !tt.verify && (!errors.As(err, &damaged) || len(list) != 1 || list[0].Name != "whole") {
				t.Errorf("List gives %v, %v; want the whole image and *DamagedError", list, err)
			}
			if err := s.Remove(t.Context(), "mine"); err != nil {
				t.Errorf("a damaged image cannot be removed: %v", err)
			}
			if err := s.Verify(t.Context(), "whole"); err != nil {
				t.Errorf("the other image (%s) suffered: %v", whole.Path, err)
			}
			wantEmpty(t, s)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLeftovers(t *testing.T) {
	s := newStore(t, "")
	add(t, s, "mine", qcow2(t), AddOptions{})
	live, err := s.newTemp(t.Context(), "add", "busy")
	must(t, err)
	dead, err := s.newTemp(t.Context(), "bootstrap", "debian-12")
	must(t, err)
	writeFile(t, dead.path("disk.raw"), make([]byte, 8192))
	dead.release() // as if its process were gone
	writeFile(t, s.blob(strings.Repeat("0", 64)), []byte("no name"))

	left, err := s.Leftovers(t.Context())
	must(t, err)
	var what []string
	for _, l := range left {
		what = append(what, l.What)
	}
	want := []string{"disk of no image", "unfinished bootstrap of debian-12"}
	if diff := cmp.Diff(want, what); diff != "" {
		t.Fatal(diff)
	}
	swept, err := s.Sweep(t.Context())
	must(t, err)
	if diff := cmp.Diff(left, swept); diff != "" {
		t.Error(diff)
	}
	wantEmpty(t, s)
	if _, err := os.Stat(live.dir); err != nil {
		t.Errorf("work of a live process was swept: %v", err)
	}
	must(t, s.drop(t.Context(), live))
	if err := s.Verify(t.Context(), "mine"); err != nil {
		t.Errorf("an image was swept: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	s, path := newStore(t, ""), qcow2(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := []string{"a", "b"}[i%2]
			if _, err := s.Add(t.Context(), name, path, AddOptions{Replace: true}); err != nil {
				t.Errorf("add %s: %v", name, err)
			}
			if _, err := s.List(t.Context()); err != nil {
				t.Errorf("list: %v", err)
			}
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Errorf("sweep: %v", err)
			}
		})
	}
	wg.Wait()
	for _, name := range []string{"a", "b"} {
		if err := s.Verify(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	wantEmpty(t, s)
}
