package resolve

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv.URL
}

// resolved resolves one script without findings.
func resolved(t *testing.T, o Options, uri, checksum string) *plan.Content {
	t.Helper()
	p := shellPlan(uri, checksum)
	found, err := Contents(t.Context(), p, o)
	if err != nil || len(found) > 0 {
		t.Fatalf("found %v, %v", found, err)
	}
	return p.Contents()[0]
}

// refused resolves one script with one finding and returns all its words.
func refused(t *testing.T, o Options, uri string) (diag.Code, string) {
	t.Helper()
	found, err := Contents(t.Context(), shellPlan(uri, ""), o)
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v; want one finding", found, err)
	}
	return found[0].Code, found[0].Summary + "|" + found[0].Why + "|" + found[0].Fix
}

func TestUnchangedIsNotSentAgain(t *testing.T) {
	var sent, asked atomic.Int32
	body := atomic.Value{}
	body.Store(script)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		text := body.Load().(string)
		tag := `"` + sum(text)[:8] + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent.Add(1)
		fmt.Fprint(w, text)
	})
	o := options(t)
	for range 3 {
		if c := resolved(t, o, url, ""); c.SHA256 != sum(script) || c.Size != int64(len(script)) {
			t.Errorf("content = %+v", c)
		}
	}
	if sent.Load() != 1 || asked.Load() != 3 {
		t.Errorf("sent %d times of %d, want 1 of 3", sent.Load(), asked.Load())
	}
	t.Run("a copy that was harmed is fetched afresh", func(t *testing.T) {
		path := o.Cache.Path(sum(script))
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\nrm -rf /\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		resolved(t, o, url, "")
		if text, err := os.ReadFile(path); err != nil || string(text) != script {
			t.Errorf("the cache has %q, %v", text, err)
		}
	})
	t.Run("new bytes are taken", func(t *testing.T) {
		body.Store("new")
		if c := resolved(t, o, url, ""); c.SHA256 != sum("new") {
			t.Errorf("content = %+v", c)
		}
	})
}

func TestHarmedCopyDoesNotServePinnedBytes(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, script) })
	o := options(t)
	resolved(t, o, url, sum(script))
	path := o.Cache.Path(sum(script))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("evil"), 0o600); err != nil {
		t.Fatal(err)
	}
	resolved(t, o, url, sum(script))
	if text, err := os.ReadFile(path); err != nil || string(text) != script {
		t.Errorf("the cache has %q, %v", text, err)
	}
}

func TestOneURIIsFetchedOnce(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); fmt.Fprint(w, script) })
	p := shellPlan(url, "")
	for _, checksum := range []string{sum(script), strings.Repeat("0", 64)} {
		p.Steps = append(p.Steps, shellPlan(url, checksum).Steps...)
	}
	found, err := Contents(t.Context(), p, options(t))
	if err != nil || len(found) != 1 || found[0].Code != CodeChecksum {
		t.Errorf("found %v, %v; want the third's checksum", found, err)
	}
	c := p.Contents()
	if !c[0].Resolved || !c[1].Resolved || c[2].Resolved || asked.Load() != 1 {
		t.Errorf("resolved %v %v %v, asked %d times", c[0].Resolved, c[1].Resolved, c[2].Resolved, asked.Load())
	}
}

func TestRetriesAreTold(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			http.Error(w, "busy", http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, script)
	})
	o := options(t)
	var told []string
	o.Progress = progressTo(&told)
	resolved(t, o, url+"/setup.sh?sig=secret", "")
	want := "download setup.sh: the server answered 429 Too Many Requests; attempt 2 of 3 in 1ms"
	if len(told) != 2 || told[0] != want {
		t.Errorf("told %q, want %q first", told, want)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	o := options(t)
	o.AllowLocal = true
	pipe := filepath.Join(o.TemplateDir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, uri string
		code      diag.Code
		text      string
	}{
		{"named pipe", "pipe", CodeNoFile, "not a regular file"},
		{"device", "/dev/zero", CodeNoFile, "not a regular file"},
		{"no folder either", "no/such/setup.sh", CodeNoFile, "there is no folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if code, text := refused(t, o, tt.uri); code != tt.code || !strings.Contains(text, tt.text) {
				t.Errorf("%s: %s; want %s, %q", code, text, tt.code, tt.text)
			}
		})
	}
}

func TestRelativePathsStartAtTheTemplate(t *testing.T) {
	o := options(t)
	o.AllowLocal = true
	shared := filepath.Join(filepath.Dir(o.TemplateDir), "shared.sh")
	for _, path := range []string{filepath.Join(o.TemplateDir, "100% me.sh"), shared} {
		if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, uri := range []string{"100% me.sh", "./100% me.sh", "../shared.sh", shared} {
		resolved(t, o, uri, sum(script))
	}
}

func TestFilesOutsideNeedLeave(t *testing.T) {
	o := options(t)
	secret := filepath.Join(filepath.Dir(o.TemplateDir), "secret")
	if err := os.WriteFile(secret, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, link := range []struct{ name, to string }{{"out", secret}, {"up", ".."}, {"in", "real.sh"}} {
		if err := os.Symlink(link.to, filepath.Join(o.TemplateDir, link.name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(o.TemplateDir, "real.sh"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{"../secret", secret, "file://" + secret, "out", "up/secret", "/etc/passwd", "x/../../secret"} {
		t.Run(uri, func(t *testing.T) {
			if code, text := refused(t, o, uri); code != CodeOutside || !strings.Contains(text, "--allow-local") {
				t.Errorf("%s: %s", code, text)
			}
		})
	}
	for _, uri := range []string{"in", "real.sh", filepath.Join(o.TemplateDir, "real.sh"), "file://" + filepath.Join(o.TemplateDir, "real.sh")} {
		resolved(t, o, uri, "")
	}
}

func TestShownHidesSecrets(t *testing.T) {
	tests := []struct{ uri, want string }{
		{"https://h/a.sh", "https://h/a.sh"},
		{"https://h/a.sh?sv=1&sig=x", "https://h/a.sh?***"},
		{"https://user:pass@h/a.sh", "https://***@h/a.sh"},
		{"https://user:p@ss@h/a@b.sh#x", "https://***@h/a@b.sh"},
		{"files/a.sh", "files/a.sh"},
	}
	for _, tt := range tests {
		if got := shown(tt.uri); got != tt.want {
			t.Errorf("shown(%q) = %q, want %q", tt.uri, got, tt.want)
		}
	}
}

func TestSecretsOfURIs(t *testing.T) {
	for uri, want := range map[string][]events.Secret{
		"https://h/a.sh?sv=2021-12-02&sig=a%2Bb%3D":          {"a+b=", "a%2Bb%3D"},
		"https://user:hush@h/a.sh?raw=true":                  {"hush"},
		"https://h/a.sh?token=0123456789abcdefghij&ref=main": {"0123456789abcdefghij", "0123456789abcdefghij"},
		"scripts/a.sh":   nil,
		"https://h/a.sh": nil,
	} {
		if got := Secrets(shellPlan(uri, "")); !slices.Equal(got, want) {
			t.Errorf("%s: %d secrets, want %d", uri, len(got), len(want))
		}
	}
}

// TestSecretsOfDestinations: where a VHD goes may be signed too.
func TestSecretsOfDestinations(t *testing.T) {
	p := shellPlan("", "")
	p.Destinations = []plan.Destination{{VHD: &plan.VHD{URI: "https://acct.blob.core.windows.net/c/web.vhd?sig=hush%2B"}}, {VHD: &plan.VHD{}}}
	if got := Secrets(p); !slices.Equal(got, []events.Secret{"hush+", "hush%2B"}) {
		t.Errorf("%d secrets", len(got))
	}
	public, err := Public(p)
	if err != nil {
		t.Fatal(err)
	}
	if got := public.Destinations[0].VHD.URI; got != "https://acct.blob.core.windows.net/c/web.vhd?***" {
		t.Errorf("it is shown as %s", got)
	}
	if p.Destinations[0].VHD.URI == public.Destinations[0].VHD.URI {
		t.Error("the plan itself has changed")
	}
}

func TestInlineTextIsDescribed(t *testing.T) {
	p := shellPlan("", "")
	p.Contents()[0].Text = script
	if _, err := Contents(t.Context(), p, options(t)); err != nil {
		t.Fatal(err)
	}
	if c := p.Contents()[0]; c.SHA256 != sum(script) || c.Size != int64(len(script)) || !c.Resolved {
		t.Errorf("content = %+v", c)
	}
}

type fixedGallery gallery.Artifact

func (g fixedGallery) Lookup(context.Context, string) (gallery.Artifact, error) {
	return gallery.Artifact(g), nil
}

func TestSourceThatDoesNotFit(t *testing.T) {
	a := fixedGallery{ID: "/id", Path: "/d.vhd", Format: "vpc", VirtualSize: 30<<30 + 1, Version: "1.0.0", Meta: gallery.Meta{OS: "linux"}}
	tests := []struct {
		name string
		os   plan.OS
		size int64
		want []diag.Code
	}{
		{"fits", plan.Linux, 31, nil},
		{"size left open", plan.Linux, 0, nil},
		{"would shrink", plan.Linux, 30, []diag.Code{CodeShrink}},
		{"other OS", plan.Windows, 0, []diag.Code{CodeOS}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &plan.Plan{OS: tt.os, OSDiskSizeGB: tt.size, Source: plan.Source{SharedImage: &plan.ImageRef{ID: "/id"}}}
			_, found, err := Source(t.Context(), p, nil, a)
			if err != nil || len(found) != len(tt.want) || len(found) > 0 && found[0].Code != tt.want[0] {
				t.Errorf("found %v, %v; want %v", found, err, tt.want)
			}
			if len(tt.want) == 0 && (p.Source.Exact == nil || p.Source.Exact.ID != "/id" || p.Source.Exact.Version != "1.0.0") {
				t.Errorf("exact = %+v", p.Source.Exact)
			}
		})
	}
}

type fixedImages Disk

func (d fixedImages) Find(context.Context, string, string, string, string) (Disk, error) {
	return Disk(d), nil
}

// A base image that was added for another system is said to be one, with the command that adds the right one.
func TestBaseImageOfAnotherSystem(t *testing.T) {
	p := &plan.Plan{OS: plan.Windows, Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "p", Offer: "o", SKU: "s", Version: "latest"}}}
	disk := fixedImages{Path: "/d.qcow2", Format: "qcow2", Version: "1.0.0", OS: plan.Linux, Machine: guest.Profile{Firmware: guest.UEFI}}
	_, found, err := Source(t.Context(), p, disk, nil)
	if err != nil || len(found) != 1 || found[0].Code != CodeOS || !strings.Contains(found[0].Fix, "ingot image add NAME FILE --os windows --urn p:o:s") {
		t.Errorf("found %v, %v", found, err)
	}
	disk.OS = plan.Windows
	if got, found, err := Source(t.Context(), p, disk, nil); err != nil || len(found) > 0 || got.Machine.Firmware != guest.UEFI {
		t.Errorf("found %v, %v; the disk is %+v", found, err, got)
	}
}

// progressTo collects what progress is called.
func progressTo(told *[]string) func(events.Progress) {
	return func(p events.Progress) { *told = append(*told, p.What) }
}
