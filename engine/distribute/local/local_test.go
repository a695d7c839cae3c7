package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/engine/vhd"
	"github.com/ingot-build/ingot/translate/plan"
)

const (
	compute = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"
	webDef  = compute + "/galleries/gal/images/web"
)

var now = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func open(t *testing.T) *gallery.Gallery {
	t.Helper()
	g, err := gallery.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func disk(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.vhd")
	footer := vhd.Footer{Type: vhd.Fixed, Size: 1 << 20, Original: 1 << 20, Creator: "win ", Created: now}
	if err := os.WriteFile(path, append(make([]byte, 1<<20), footer.Encode()...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func managedImage(id string) plan.Destination {
	return plan.Destination{RunOutputName: "image", ManagedImage: &plan.ManagedImage{ID: id, Location: "westeurope"}}
}

func sharedImage(s plan.SharedImage) plan.Destination {
	return plan.Destination{RunOutputName: "version", SharedImage: &s}
}

func vhdTo(uri string) plan.Destination {
	return plan.Destination{RunOutputName: "disk", VHD: &plan.VHD{URI: uri}}
}

func planFor(all ...plan.Destination) *plan.Plan {
	for i := range all {
		all[i].ID = fmt.Sprintf("distribute[%d]", i)
	}
	return &plan.Plan{
		Name: "web", OS: plan.Linux, Destinations: all,
		Source: plan.Source{
			PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12", Version: "latest"},
			Exact:         &plan.Exact{Version: "12.20260101.3"},
		},
	}
}

// story collects events as one line each.
type story []string

func (s *story) emit(e events.Event) {
	switch {
	case e.State != nil:
		*s = append(*s, e.Step+" "+string(e.State.Phase))
	case e.RunOutput != nil:
		*s = append(*s, e.Step+" output "+e.RunOutput.Name)
	}
}

func run(t *testing.T, g *gallery.Gallery, src string, p *plan.Plan) ([]*events.RunOutput, story, error) {
	t.Helper()
	var told story
	out, err := Distribute(t.Context(), p, src, g, Options{RunID: "3f2a9c1e", Now: func() time.Time { return now }}, told.emit)
	return out, told, err
}

func TestEveryDistributor(t *testing.T) {
	g, src := open(t), disk(t)
	file := filepath.Join(t.TempDir(), "new", "web.vhd")
	major := int64(4)
	p := planFor(
		managedImage(compute+"/images/web"),
		sharedImage(plan.SharedImage{DefinitionID: webDef, Version: "1.2.3", Regions: []plan.TargetRegion{{Name: "westeurope", ReplicaCount: 2}}}),
		sharedImage(plan.SharedImage{DefinitionID: webDef, Scheme: plan.SchemeLatest, Major: &major, ExcludeFromLatest: true}),
		sharedImage(plan.SharedImage{DefinitionID: webDef, Scheme: plan.SchemeSource}),
		sharedImage(plan.SharedImage{DefinitionID: webDef, Scheme: plan.SchemeClock}),
		vhdTo(""),
		vhdTo("https://acct.blob.core.windows.net/vhds/web/1.vhd?sig=secret"),
		vhdTo("file://"+file),
	)
	out, told, err := run(t, g, src, p)
	if err != nil {
		t.Fatal(err)
	}
	vhds := "file://" + filepath.Join(g.Root(), "vhds")
	want := []*events.RunOutput{
		{Name: "image", Type: "ManagedImage", ArtifactID: compute + "/images/web"},
		{Name: "version", Type: "SharedImage", ArtifactID: webDef + "/versions/1.2.3"},
		{Name: "version", Type: "SharedImage", ArtifactID: webDef + "/versions/4.0.0"},
		{Name: "version", Type: "SharedImage", ArtifactID: webDef + "/versions/12.20260101.3"},
		{Name: "version", Type: "SharedImage", ArtifactID: webDef + fmt.Sprintf("/versions/0.%d.%d", now.Unix()>>16, now.Unix()&0xffff)},
		{Name: "disk", Type: "VHD", ArtifactURI: vhds + "/3f2a9c1e/disk.vhd"},
		{Name: "disk", Type: "VHD", ArtifactURI: vhds + "/acct/vhds/web/1.vhd"},
		{Name: "disk", Type: "VHD", ArtifactURI: "file://" + file},
	}
	if diff := cmp.Diff(want, out, cmpopts.IgnoreFields(events.RunOutput{}, "Path")); diff != "" {
		t.Errorf("run outputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(story{"distribute[0] running", "distribute[0] output image", "distribute[0] done"}, told[:3]); diff != "" || len(told) != 24 {
		t.Errorf("%d events, the first (-want +got):\n%s", len(told), diff)
	}

	// One write for all of the gallery; the user's own file is theirs alone.
	own, err := os.Stat(src)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range out {
		if _, err := vhd.Verify(o.Path); err != nil {
			t.Error(err)
		}
		st, err := os.Stat(o.Path)
		if err != nil {
			t.Fatal(err)
		}
		if inGallery := i < 7; os.SameFile(own, st) != inGallery {
			t.Errorf("%s shares the run's disk: %v, want %v", o.Path, !inGallery, inGallery)
		}
	}
	a, err := g.Lookup(t.Context(), webDef+"/versions/1.2.3")
	wantMeta := gallery.Meta{OS: "linux", Source: "Debian:debian-12:12:12.20260101.3", Run: "3f2a9c1e", TemplateName: "web",
		Regions: []gallery.Region{{Name: "westeurope", ReplicaCount: 2}}, Created: now}
	if diff := cmp.Diff(wantMeta, a.Meta); err != nil || diff != "" {
		t.Errorf("meta (-want +got): %v\n%s", err, diff)
	}
}

func TestFailuresAreTold(t *testing.T) {
	g, src := open(t), disk(t)
	taken := sharedImage(plan.SharedImage{DefinitionID: webDef, Version: "1.0.0"})
	if _, _, err := run(t, g, src, planFor(taken)); err != nil {
		t.Fatal(err)
	}
	out, told, err := run(t, g, src, planFor(taken, vhdTo(""), vhdTo("ftp://host/x.vhd")))
	var partial *distribute.PartialError
	if !errors.As(err, &partial) || len(partial.Failures) != 2 || partial.Failures[1].Index != 2 {
		t.Fatalf("error = %v, want a *PartialError with the first and the third", err)
	}
	var exists *gallery.ExistsError
	if !errors.As(err, &exists) {
		t.Errorf("the cause is lost: %v", err)
	}
	if want := "Failed in distributing 2 images out of total 3: {[Error 0] [Distribute 0] image version "; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("message = %v", err)
	}
	if !strings.Contains(err.Error(), " [Error 1] [Distribute 2] VHD uri ") {
		t.Errorf("message = %v", err)
	}
	if out[0] != nil || out[1] == nil || out[2] != nil {
		t.Errorf("outputs = %v", out)
	}
	want := story{"distribute[0] running", "distribute[0] failed", "distribute[1] running", "distribute[1] output disk",
		"distribute[1] done", "distribute[2] running", "distribute[2] failed"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	_, _, err = run(t, g, src, planFor(taken))
	var all *distribute.Error
	if !errors.As(err, &all) || errors.As(err, &partial) {
		t.Errorf("with no success: %T", err)
	}
}

func TestCancelKeepsWhatIsDone(t *testing.T) {
	g, src := open(t), disk(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	var told story
	out, err := Distribute(ctx, planFor(vhdTo(""), managedImage(compute+"/images/web")), src, g, Options{RunID: "3f2a9c1e"}, func(e events.Event) {
		told.emit(e)
		if e.RunOutput != nil {
			cancel(enough)
		}
	})
	if !errors.Is(err, enough) || out[0] == nil || out[1] != nil {
		t.Errorf("outputs %v, error %v", out, err)
	}
	if diff := cmp.Diff(story{"distribute[0] running", "distribute[0] output disk", "distribute[0] done"}, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(out[0].Path); err != nil {
		t.Error(err)
	}
}

func TestFileIsReplacedOnlyIfItIsAVHD(t *testing.T) {
	g := open(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "web.vhd")
	for range 2 {
		if _, _, err := run(t, g, disk(t), planFor(vhdTo(file))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	var over *OverwriteError
	if _, _, err := run(t, g, disk(t), planFor(vhdTo(file))); !errors.As(err, &over) {
		t.Errorf("error = %v, want *OverwriteError", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "a letter" {
		t.Errorf("the file is %q, %v", text, err)
	}
	// A folder gets a file of the run output's name.
	out, _, err := run(t, g, disk(t), planFor(vhdTo(dir)))
	if err != nil || out[0].Path != filepath.Join(dir, "disk.vhd") {
		t.Errorf("outputs %v, %v", out, err)
	}
}

func TestFileOutsideIsRecordedFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "web.vhd")
	var recorded string
	opts := Options{RunID: "3f2a9c1e", Record: func(_ context.Context, path string) error {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was made before it was recorded", path)
		}
		recorded = path
		return nil
	}}
	if _, err := Distribute(t.Context(), planFor(vhdTo(file)), disk(t), open(t), opts, func(events.Event) {}); err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(recorded) != filepath.Dir(file) || recorded == file {
		t.Errorf("recorded %q", recorded)
	}
}

func TestVHDPlace(t *testing.T) {
	tests := []struct {
		name, uri string
		want      place // zero: refused
	}{
		{"none", "", place{inGallery: "run/out.vhd"}},
		{"file URL", "file:///data/web.vhd", place{file: "/data/web.vhd"}},
		{"file URL, escaped", "file:///data/my%20web.vhd", place{file: "/data/my web.vhd"}},
		{"file URL, this host", "file://localhost/data/web.vhd", place{file: "/data/web.vhd"}},
		{"folder", "file:///data/", place{file: "/data/out.vhd"}},
		{"path", "/data//x/../web.vhd", place{file: "/data/web.vhd"}},
		{"blob", "https://Acct.blob.core.windows.net/vhds/web.vhd", place{inGallery: "acct/vhds/web.vhd"}},
		{"blob with signature", "https://acct.blob.core.windows.net/vhds/web.vhd?sv=1&sig=x", place{inGallery: "acct/vhds/web.vhd"}},
		{"container", "https://acct.blob.core.windows.net/vhds", place{inGallery: "acct/vhds/out.vhd"}},
		{"container with slash", "https://acct.blob.core.windows.net/vhds/", place{inGallery: "acct/vhds/out.vhd"}},
		{"emulator", "http://127.0.0.1:10000/devstoreaccount1/vhds/web.vhd", place{inGallery: "127.0.0.1_10000/devstoreaccount1/vhds/web.vhd"}},
		{"up and out", "https://acct.blob.core.windows.net/../../../etc/web.vhd", place{inGallery: "acct/etc/web.vhd"}},
		{"other machine", "file://server/data/web.vhd", place{}},
		{"relative", "web.vhd", place{}},
		{"no host", "https:///web.vhd", place{}},
		{"other scheme", "ftp://host/web.vhd", place{}},
		{"no URL", "https://[::1?sig=secret", place{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := vhdPlace(tt.uri, "run", "out")
			if got != tt.want || (err == nil) != (tt.want != place{}) {
				t.Errorf("place = %+v, %v; want %+v", got, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the signature is shown: %v", err)
			}
		})
	}
}

func TestCheckFindsWhatWouldFail(t *testing.T) {
	g := open(t)
	if _, _, err := run(t, g, disk(t), planFor(sharedImage(plan.SharedImage{DefinitionID: webDef, Version: "1.0.0"}))); err != nil {
		t.Fatal(err)
	}
	letter := filepath.Join(t.TempDir(), "letter.vhd")
	if err := os.WriteFile(letter, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := []plan.Destination{
		managedImage(compute + "/images/../x"),
		managedImage(webDef),
		sharedImage(plan.SharedImage{DefinitionID: compute + "/images/web", Scheme: plan.SchemeLatest}),
		sharedImage(plan.SharedImage{DefinitionID: webDef, Version: "1.0.0"}),
		vhdTo("ftp://host/x.vhd"),
		vhdTo("https://acct.blob.core.windows.net/a%20b/x.vhd"),
		vhdTo(letter),
	}
	found := Check(t.Context(), planFor(bad...), g)
	if len(found) != len(bad) {
		t.Errorf("%d findings, want %d: %v", len(found), len(bad), found)
	}
	for _, d := range found {
		if d.Fix == "" {
			t.Errorf("no way out: %v", d)
		}
	}
	good := planFor(managedImage(compute+"/images/x"), sharedImage(plan.SharedImage{DefinitionID: webDef, Version: "1.0.1"}),
		sharedImage(plan.SharedImage{DefinitionID: webDef, Scheme: plan.SchemeLatest}), vhdTo(""), vhdTo("/nowhere/yet/x.vhd"))
	if found := Check(t.Context(), good, g); len(found) > 0 {
		t.Errorf("found %v in what works", found)
	}
}

// TestCheckFromSource: whether the source's version can be taken over is known before the build.
func TestCheckFromSource(t *testing.T) {
	g := open(t)
	if _, _, err := run(t, g, disk(t), planFor(sharedImage(plan.SharedImage{DefinitionID: webDef, Version: "1.0.0"}))); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ version, want string }{
		{"1.0.1", ""},
		{"1.0.0", "1.0.0"},
		{"0.20231004.0.5", "has 4 parts"},
		{"", "no version to take over"},
	} {
		p := planFor(sharedImage(plan.SharedImage{DefinitionID: webDef, Scheme: plan.SchemeSource}))
		p.Source.Exact = &plan.Exact{Version: tt.version}
		found := Check(t.Context(), p, g)
		if (len(found) > 0) != (tt.want != "") || len(found) > 0 && !strings.Contains(found[0].Summary, tt.want) {
			t.Errorf("version %q: found %v, want %q", tt.version, found, tt.want)
		}
	}
	p := planFor(sharedImage(plan.SharedImage{DefinitionID: compute + "/images/web", Scheme: plan.SchemeSource}))
	p.Source.Exact = &plan.Exact{Version: "1.0.1"}
	if found := Check(t.Context(), p, g); len(found) != 1 {
		t.Errorf("found %v in a definition that is none", found)
	}
}
