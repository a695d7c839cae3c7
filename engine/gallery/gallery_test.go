package gallery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/vhd"
)

const (
	webDef   = compute + "/galleries/gal/images/Web"
	webImage = compute + "/images/Web"
)

func open(t *testing.T) *Gallery {
	t.Helper()
	g, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// disk makes a fixed VHD of n MiB that begins with text.
func disk(t *testing.T, n int64, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.vhd")
	writeDisk(t, path, n, text)
	return path
}

func writeDisk(t *testing.T, path string, n int64, text string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	footer := vhd.Footer{Type: vhd.Fixed, Size: n << 20, Original: n << 20, Creator: "win ",
		Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(footer.Encode(), n<<20); err != nil {
		t.Fatal(err)
	}
}

// publish adds versions, each from a disk of its own that begins with the version's number.
func publish(t *testing.T, g *Gallery, meta Meta, versions ...string) {
	t.Helper()
	for _, v := range versionsOf(t, versions...) {
		if _, err := g.PublishVersion(t.Context(), webDef, Explicit(v), meta, disk(t, 1, v.String())); err != nil {
			t.Fatal(err)
		}
	}
}

func begins(t *testing.T, path, want string) {
	t.Helper()
	text := make([]byte, len(want))
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadAt(text, 0); err != nil || string(text) != want {
		t.Errorf("disk begins with %q, %v; want %q", text, err, want)
	}
}

func TestPublishAndLookUp(t *testing.T) {
	g := open(t)
	meta := Meta{OS: "linux", Source: "Debian:debian-12:12:1.0", Run: "3f2a9c1e", TemplateName: "web",
		Tags: map[string]string{"a": "b"}, Regions: []Region{{"westeurope", 2, "Standard_LRS"}}, Created: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}
	src := disk(t, 3, "web")
	got, err := g.PublishVersion(t.Context(), webDef, Latest(nil), meta, src)
	if err != nil {
		t.Fatal(err)
	}
	want := Artifact{
		ID: webDef + "/versions/0.0.1", Kind: ImageVersion, Format: "vpc", VirtualSize: 3 << 20, Version: "0.0.1", Meta: meta,
		Path: filepath.Join(g.Root(), "subscriptions/s1/resourceGroups/web-rg/providers/Microsoft.Compute/galleries/gal/images/web/versions/0.0.1/disk.vhd"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("artifact (-want +got):\n%s", diff)
	}
	for _, id := range []string{want.ID, strings.ToUpper(want.ID), webDef + "/versions/Latest"} {
		if found, err := g.Lookup(t.Context(), id); err != nil || !cmp.Equal(found, want) {
			t.Errorf("Lookup(%s) = %+v, %v", id, found, err)
		}
	}
	begins(t, want.Path, "web")
	a, err := os.Stat(src)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.Stat(want.Path)
	if err != nil || !os.SameFile(a, b) || b.Mode().Perm() != 0o444 {
		t.Errorf("the disk is copied, or writable: %v, %v", b.Mode(), err)
	}
}

func TestLatestHonoursExclusion(t *testing.T) {
	g := open(t)
	latest := func() (Artifact, error) { return g.Lookup(t.Context(), webDef+"/versions/latest") }
	publish(t, g, Meta{ExcludeFromLatest: true}, "9.0.0")
	var none *NotFoundError
	if _, err := latest(); !errors.As(err, &none) || !strings.Contains(none.Why(), "excluded from latest") {
		t.Errorf("with only an excluded version: %v", err)
	}
	publish(t, g, Meta{}, "1.9.0", "1.10.0")
	if a, err := latest(); err != nil || a.Version != "1.10.0" {
		t.Errorf("latest = %s, %v; want 1.10.0", a.Version, err)
	}
}

func TestPublishVersionRefuses(t *testing.T) {
	g := open(t)
	publish(t, g, Meta{OS: "linux"}, "1.0.0")
	good := disk(t, 1, "x")
	raw := filepath.Join(t.TempDir(), "raw")
	if err := os.WriteFile(raw, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	try := func(ctx context.Context, id string, v Version, os, disk string) error {
		_, err := g.PublishVersion(ctx, id, Explicit(v), Meta{OS: os}, disk)
		return err
	}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"version that exists", try(t.Context(), webDef, Version{1, 0, 0}, "linux", good), "must be distinct"},
		{"other OS", try(t.Context(), webDef, Version{1, 0, 1}, "windows", good), "is for linux images"},
		{"not a VHD", try(t.Context(), webDef, Version{1, 0, 1}, "linux", raw), "conectix"},
		{"no disk", try(t.Context(), webDef, Version{1, 0, 1}, "linux", raw+"x"), "no such file"},
		{"a version's id", try(t.Context(), webDef+"/versions/1.0.1", Version{1, 0, 1}, "linux", good), "definition is wanted"},
		{"a managed image's id", try(t.Context(), webImage, Version{1, 0, 1}, "linux", good), "definition is wanted"},
		{"cancelled", try(cancelled, webDef, Version{1, 0, 1}, "linux", good), "canceled"},
	}
	for _, tt := range tests {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("%s: error = %v, want %q", tt.name, tt.err, tt.want)
		}
	}
	if all, err := g.List(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("gallery has %d artifacts, %v; want 1", len(all), err)
	}
	nothingLeft(t, g)
}

func nothingLeft(t *testing.T, g *Gallery) {
	t.Helper()
	if left, err := g.Leftovers(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestManagedImageIsReplaced(t *testing.T) {
	g := open(t)
	first, err := g.PublishImage(t.Context(), webImage, Meta{Run: "1"}, disk(t, 1, "first"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := g.PublishImage(t.Context(), strings.ToLower(webImage), Meta{Run: "2"}, disk(t, 2, "second"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := g.Lookup(t.Context(), webImage)
	if err != nil || !cmp.Equal(found, second) {
		t.Errorf("found %+v, %v; want %+v", found, err, second)
	}
	begins(t, found.Path, "second")
	if _, err := os.Stat(first.Path); !errors.Is(err, os.ErrNotExist) || first.Path == second.Path {
		t.Errorf("the first disk is still there: %v", err)
	}
	nothingLeft(t, g)
}

func TestVHDIsReplaced(t *testing.T) {
	g := open(t)
	for _, text := range []string{"first", "second"} {
		a, err := g.PublishVHD(t.Context(), "3f2a9c1e/web.vhd", Meta{Run: text}, disk(t, 1, text))
		if err != nil {
			t.Fatal(err)
		}
		if want := "file://" + filepath.Join(g.Root(), "vhds/3f2a9c1e/web.vhd"); a.ID != want {
			t.Errorf("id = %s, want %s", a.ID, want)
		}
		begins(t, a.Path, text)
		if all, err := g.List(t.Context()); err != nil || len(all) != 1 || !cmp.Equal(all[0], a) {
			t.Errorf("List = %+v, %v", all, err)
		}
	}
	for _, name := range []string{"web.vhd", "../x/web.vhd", "/x/web.vhd", "x/../web.vhd", "x/web", ".x/web.vhd", "x/a b.vhd", "x/.vhd"} {
		if _, err := g.PublishVHD(t.Context(), name, Meta{}, disk(t, 1, "")); err == nil {
			t.Errorf("name %q was taken", name)
		}
	}
}

func TestNotFoundSaysWhatThereIs(t *testing.T) {
	g := open(t)
	publish(t, g, Meta{}, "1.0.0", "1.0.1")
	if _, err := g.PublishImage(t.Context(), webImage, Meta{}, disk(t, 1, "")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, id, near, why string }{
		{"other version", webDef + "/versions/1.0.2", webDef + "/versions/1.0.0", "1.0.0, 1.0.1"},
		{"definition with a typo", strings.Replace(webDef, "Web", "Wbe", 1) + "/versions/latest", webDef + "/versions/latest", webDef},
		{"image with a typo", webImage + "s", webImage, webImage},
		{"something else", compute + "/images/database", "", webImage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := g.Lookup(t.Context(), tt.id)
			var none *NotFoundError
			if !errors.As(err, &none) {
				t.Fatalf("error = %v", err)
			}
			if none.Near != tt.near || !strings.Contains(none.Why(), tt.why) {
				t.Errorf("near %q, why %q; want %q, %q", none.Near, none.Why(), tt.near, tt.why)
			}
		})
	}
}

func TestListIsOrdered(t *testing.T) {
	g := open(t)
	publish(t, g, Meta{}, "1.10.0", "1.9.0")
	if _, err := g.PublishVHD(t.Context(), "run/a.vhd", Meta{}, disk(t, 1, "")); err != nil {
		t.Fatal(err)
	}
	if _, err := g.PublishImage(t.Context(), webImage, Meta{}, disk(t, 1, "")); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(g.Root(), "vhds/run/b.vhd.json")
	if err := os.WriteFile(damaged, []byte(`{"path":"../../secret"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := g.List(t.Context())
	var bad *DamagedError
	if !errors.As(err, &bad) || bad.Path != damaged {
		t.Errorf("error = %v, want a *DamagedError for %s", err, damaged)
	}
	var got []string
	for _, a := range all {
		got = append(got, filepath.Base(filepath.Dir(a.Path)))
	}
	if diff := cmp.Diff([]string{"web", "1.9.0", "1.10.0", "run"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestDamagedDiskIsFound(t *testing.T) {
	g := open(t)
	publish(t, g, Meta{}, "1.0.0")
	id := webDef + "/versions/1.0.0"
	a, err := g.Lookup(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		harm func() error
	}{
		{"cut short", func() error { return os.Truncate(a.Path, 1000) }},
		{"gone", func() error { return os.Remove(a.Path) }},
	} {
		if err := tt.harm(); err != nil {
			t.Fatal(err)
		}
		var bad *DamagedError
		if _, err := g.Lookup(t.Context(), id); !errors.As(err, &bad) || bad.ID != id {
			t.Errorf("%s: error = %v", tt.name, err)
		}
	}
}

func TestRemove(t *testing.T) {
	g := open(t)
	publish(t, g, Meta{}, "1.0.0", "2.0.0")
	v, err := g.PublishVHD(t.Context(), "run/a.vhd", Meta{}, disk(t, 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.PublishImage(t.Context(), webImage, Meta{}, disk(t, 1, "")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ id, want string }{ // in order: each finds what the ones before left
		{webDef, "still has versions 1.0.0, 2.0.0"},
		{webDef + "/versions/latest", "name one"},
		{webDef + "/versions/3.0.0", "not in the local gallery"},
		{webDef + "/versions/1.0.0", ""},
		{webDef + "/versions/2.0.0", ""},
		{webDef, ""},
		{webDef, "not in the local gallery"},
		{strings.ToUpper(webImage), ""},
		{webImage, "not in the local gallery"},
		{v.ID, ""},
		{v.ID, "not in the local gallery"},
		{"file:///etc/passwd", "not in the gallery's folder"},
		{FileURL(filepath.Join(g.Root(), "vhds/../../x.vhd")), "not in the gallery's folder"},
	}
	for _, tt := range tests {
		err := g.Remove(t.Context(), tt.id)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("Remove(%s) = %v, want %q", tt.id, err, tt.want)
		}
	}
	if all, err := g.List(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("left: %v, %v", all, err)
	}
	nothingLeft(t, g)
}

// hold opens the disk as a VM would and keeps it open until the test ends.
func hold(t *testing.T, path string) (release func()) {
	t.Helper()
	if _, err := exec.LookPath("qemu-io"); err != nil {
		t.Skip("qemu-io is not installed (package qemu-utils)")
	}
	cmd := exec.Command("qemu-io", "-r", "-f", "vpc", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(in, "read 0 512"); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has answered: the disk is open
		t.Fatal(err)
	}
	released := false
	release = func() {
		if !released {
			released = true
			_ = in.Close()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(release)
	return release
}

func TestWhatAVMHasOpenStays(t *testing.T) {
	g := open(t)
	publish(t, g, Meta{}, "1.0.0")
	version, err := g.Lookup(t.Context(), webDef+"/versions/1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, version.Path)
	var used *InUseError
	if err := g.Remove(t.Context(), version.ID); !errors.As(err, &used) {
		t.Errorf("removing it gives %v, want *InUseError", err)
	}
	release()
	if err := g.Remove(t.Context(), version.ID); err != nil {
		t.Error(err)
	}

	image, err := g.PublishImage(t.Context(), webImage, Meta{}, disk(t, 1, "first"))
	if err != nil {
		t.Fatal(err)
	}
	release = hold(t, image.Path)
	if _, err := g.PublishImage(t.Context(), webImage, Meta{}, disk(t, 1, "second")); err != nil {
		t.Fatal(err)
	}
	begins(t, image.Path, "first") // the VM still has its bytes, by the same name
	nothingLeft(t, g)              // in use is not left over
	release()
	removed, err := g.Sweep(t.Context())
	if diff := cmp.Diff([]string{image.Path}, removed); err != nil || diff != "" {
		t.Errorf("Sweep (-want +got): %v\n%s", err, diff)
	}
}

func TestSweepLeavesLiveWorkAlone(t *testing.T) {
	g := open(t)
	live, err := g.newWork()
	if err != nil {
		t.Fatal(err)
	}
	defer live.discard()
	dead := filepath.Join(g.Root(), partialDir, "dead")
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	writeDisk(t, filepath.Join(dead, diskFile), 1, "")
	if left, err := g.Leftovers(t.Context()); err != nil || !slices.Equal(left, []string{dead}) {
		t.Errorf("Leftovers = %v, %v; want %s", left, err, dead)
	}
	if removed, err := g.Sweep(t.Context()); err != nil || !slices.Equal(removed, []string{dead}) {
		t.Errorf("Sweep = %v, %v; want %s", removed, err, dead)
	}
	if !exists(live.dir) || exists(dead) {
		t.Error("Sweep took the wrong one")
	}
}

// TestMain lets the test binary be a second process that publishes.
func TestMain(m *testing.M) {
	if root := os.Getenv("INGOT_TEST_PUBLISH"); root != "" {
		if err := publishMany(root, os.Getenv("INGOT_TEST_DISK")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func publishMany(root, disk string) error {
	g, err := Open(root)
	if err != nil {
		return err
	}
	for range 5 {
		if _, err := g.PublishVersion(context.Background(), webDef, Latest(nil), Meta{}, disk); err != nil {
			return err
		}
	}
	return nil
}

func TestProcessesGetDifferentVersions(t *testing.T) {
	g, src := open(t), disk(t, 1, "")
	var all []*exec.Cmd
	for range 4 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "INGOT_TEST_PUBLISH="+g.Root(), "INGOT_TEST_DISK="+src)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	def, err := parseID(webDef)
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.versions(def)
	if err != nil || len(got) != 20 || got[19] != (Version{0, 0, 20}) {
		t.Errorf("versions = %v, %v; want 0.0.1 to 0.0.20", got, err)
	}
	nothingLeft(t, g)
}
