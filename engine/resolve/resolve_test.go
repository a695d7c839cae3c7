package resolve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

const script = "#!/bin/sh\necho hello\n"

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

func options(t *testing.T) Options {
	t.Helper()
	cache, err := OpenContentStore(filepath.Join(t.TempDir(), "downloads"))
	if err != nil {
		t.Fatal(err)
	}
	return Options{TemplateDir: t.TempDir(), Cache: cache, Delays: []time.Duration{time.Millisecond, time.Millisecond}}
}

func shellPlan(uri, checksum string) *plan.Plan {
	c := plan.Content{FileName: "01-setup.sh", URI: uri, SHA256: checksum}
	c.Origin = plan.Origin{Path: "properties.customize[0].scriptUri", Range: diag.Range{File: "web.json", Start: diag.Pos{Line: 7, Column: 9}}}
	c.ChecksumOrigin = plan.Origin{Path: "properties.customize[0].sha256Checksum", Range: diag.Range{File: "web.json", Start: diag.Pos{Line: 8, Column: 9}}}
	return &plan.Plan{Steps: []plan.Step{{ID: "customize[0]", Shell: &plan.Shell{Script: c}}}}
}

// server serves the script, and paths that misbehave.
func server(t *testing.T) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		switch r.URL.Path {
		case "/setup.sh":
			fmt.Fprint(w, script)
		case "/flaky.sh":
			if n < 3 {
				http.Error(w, "busy", http.StatusServiceUnavailable)
				return
			}
			fmt.Fprint(w, script)
		case "/broken":
			http.Error(w, "broken", http.StatusInternalServerError)
		case "/private":
			http.Error(w, "no", http.StatusForbidden)
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, script)
		case "/hangs":
			<-r.Context().Done()
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, asked
}

func TestContents(t *testing.T) {
	url, _ := server(t)
	o := options(t)
	if err := os.WriteFile(filepath.Join(o.TemplateDir, "setup.sh"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(o.TemplateDir, "scripts"), 0o700); err != nil {
		t.Fatal(err)
	}
	wrong := strings.Repeat("0", 64)
	tests := []struct {
		name, uri, checksum string
		wantCode            diag.Code // "": resolved
		wantText            string    // in summary, why or fix
	}{
		{"http", url + "/setup.sh", "", "", ""},
		{"http with checksum", url + "/setup.sh", sum(script), "", ""},
		{"checksum in upper case", url + "/setup.sh", strings.ToUpper(sum(script)), "", ""},
		{"answers at the third attempt", url + "/flaky.sh", "", "", ""},
		{"relative path", "setup.sh", "", "", ""},
		{"file URL", "file://" + filepath.Join(o.TemplateDir, "setup.sh"), "", "", ""},
		{"checksum mismatch says the one it has", url + "/setup.sh", wrong, CodeChecksum, sum(script)},
		{"not found", url + "/nothing", "", CodeStatus, "404"},
		{"private", url + "/private", "", CodeStatus, "everybody may read"},
		{"server broken for good", url + "/broken", "", CodeStatus, "500"},
		{"connection cut", url + "/cut", "", CodeUnreachable, "the connection was cut after 21 of 1000 bytes"},
		{"nobody listens", "http://127.0.0.1:1/setup.sh", "", CodeUnreachable, "connection refused"},
		{"typo in a path", "setpu.sh", "", CodeNoFile, `setup.sh"?`},
		{"folder", "scripts", "", CodeNoFile, "is a folder"},
		{"unknown scheme", "ftp://example.com/setup.sh", "", CodeBadURI, `scheme "ftp"`},
		{"file on another machine", "file://server/setup.sh", "", CodeBadURI, "not a file of this machine"},
		{"no URI at all", "http://[::1", "", CodeBadURI, "is not a URI"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := o
			o.Cache = options(t).Cache
			p := shellPlan(tt.uri, tt.checksum)
			found, err := Contents(t.Context(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			c := p.Contents()[0]
			if tt.wantCode == "" {
				if len(found) > 0 {
					t.Fatalf("found %v", found)
				}
				if !c.Resolved || c.SHA256 != sum(script) || c.Size != int64(len(script)) {
					t.Errorf("content = %+v", c)
				}
				r, err := o.Cache.Open(c.SHA256)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if text, err := io.ReadAll(r); err != nil || string(text) != script {
					t.Errorf("cache has %q, %v", text, err)
				}
				return
			}
			if len(found) != 1 || found[0].Code != tt.wantCode {
				t.Fatalf("found %v, want one %s", found, tt.wantCode)
			}
			d := found[0]
			if text := d.Summary + "|" + d.Why + "|" + d.Fix; !strings.Contains(text, tt.wantText) {
				t.Errorf("%q is not in %q", tt.wantText, text)
			}
			if d.Subject.Start.Line == 0 || d.Path == "" {
				t.Errorf("finding has no place: %+v", d)
			}
			if c.Resolved {
				t.Error("content counts as resolved")
			}
			if left, _ := o.Cache.Leftovers(); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestSignaturesAreNotShown(t *testing.T) {
	const secret = "sig=c2VjcmV0"
	for _, uri := range []string{"http://127.0.0.1:1/a.sh?" + secret, "ftp://h/a.sh?" + secret, "http://[::1?" + secret} {
		found, err := Contents(t.Context(), shellPlan(uri, ""), options(t))
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%+v", found); strings.Contains(text, secret) || len(found) != 1 {
			t.Errorf("%s: signature is shown, or nothing found: %s", uri, text)
		}
	}
}

func TestCachedCopyServesOffline(t *testing.T) {
	url, asked := server(t)
	o := options(t)
	for range 2 {
		if found, err := Contents(t.Context(), shellPlan(url+"/setup.sh", sum(script)), o); err != nil || len(found) > 0 {
			t.Fatal(found, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the server was asked %d times for bytes whose checksum is known, want 1", n)
	}
}

func TestTooLarge(t *testing.T) {
	url, _ := server(t)
	o := options(t)
	o.MaxSize = 5
	found, err := Contents(t.Context(), shellPlan(url+"/setup.sh", ""), o)
	if err != nil || len(found) != 1 || found[0].Code != CodeTooLarge {
		t.Errorf("found %v, %v; want one %s", found, err, CodeTooLarge)
	}
}

func TestCancel(t *testing.T) {
	url, _ := server(t)
	o := options(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	time.AfterFunc(20*time.Millisecond, func() { cancel(enough) })
	if _, err := Contents(ctx, shellPlan(url+"/hangs", ""), o); !errors.Is(err, enough) {
		t.Errorf("error = %v, want %v", err, enough)
	}
	if left, _ := o.Cache.Leftovers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSweepTakesOnlyWhatNobodyHolds(t *testing.T) {
	cache := options(t).Cache
	held, unlock, err := cache.partial()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	defer unlock()
	dead := filepath.Join(filepath.Dir(held.Name()), partialPrefix+"dead")
	if err := os.WriteFile(dead, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	removed, err := cache.Sweep()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{dead}, removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(held.Name()); err != nil {
		t.Errorf("a file in use was removed: %v", err)
	}
}

func TestDownloadProgressIsTold(t *testing.T) {
	url, _ := server(t)
	o := options(t)
	var last events.Progress
	o.Progress = func(p events.Progress) { last = p }
	if _, err := Contents(t.Context(), shellPlan(url+"/setup.sh", ""), o); err != nil {
		t.Fatal(err)
	}
	want := events.Progress{What: "download setup.sh", Done: int64(len(script)), Total: int64(len(script)), Unit: "bytes"}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("last progress (-want +got):\n%s", diff)
	}
}

type images map[string]Disk

func (m images) Find(_ context.Context, publisher, offer, sku, version string) (Disk, error) {
	urn := strings.Join([]string{publisher, offer, sku, version}, ":")
	if d, ok := m[urn]; ok {
		return d, nil
	}
	return Disk{}, noImage(urn)
}

type noImage string

func (e noImage) Error() string { return "no base image for " + string(e) }
func (noImage) Why() string     { return "the catalog does not list it" }
func (noImage) Fix() string     { return "ingot image add" }

func TestSource(t *testing.T) {
	g, err := gallery.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	have := images{"Debian:debian-12:12:latest": {Path: "/d.qcow2", Format: "qcow2", SHA256: "ab", VirtualSize: 1 << 30, Version: "0.2026.1"}}
	t.Run("platform image", func(t *testing.T) {
		p := &plan.Plan{Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12", Version: "latest"}}}
		disk, found, err := Source(t.Context(), p, have, g)
		if err != nil || len(found) > 0 || disk.Path != "/d.qcow2" {
			t.Fatal(disk, found, err)
		}
		want := &plan.Exact{Version: "0.2026.1", SHA256: "ab", Format: "qcow2", Size: 1 << 30}
		if diff := cmp.Diff(want, p.Source.Exact); diff != "" {
			t.Errorf("exact (-want +got):\n%s", diff)
		}
	})
	t.Run("another version than the one asked for", func(t *testing.T) {
		pinned := images{"Debian:debian-12:12:0.2025.7": have["Debian:debian-12:12:latest"]}
		p := &plan.Plan{Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12", Version: "0.2025.7"}}}
		_, found, err := Source(t.Context(), p, pinned, g)
		if err != nil || len(found) != 1 || found[0].Code != CodeVersion || found.HasErrors() {
			t.Errorf("found %+v, %v; want a warning %s", found, err, CodeVersion)
		}
	})
	t.Run("unknown platform image", func(t *testing.T) {
		p := &plan.Plan{Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "Canonical"}, Origin: plan.Origin{Path: "properties.source"}}}
		_, found, err := Source(t.Context(), p, have, g)
		if err != nil || len(found) != 1 || found[0].Why == "" || found[0].Fix == "" || found[0].Path != "properties.source" {
			t.Errorf("found %+v, %v", found, err)
		}
	})
	t.Run("version that nobody built", func(t *testing.T) {
		id := "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/web/versions/latest"
		p := &plan.Plan{Source: plan.Source{SharedImage: &plan.ImageRef{ID: id}}}
		_, found, err := Source(t.Context(), p, have, g)
		if err != nil || len(found) != 1 || found[0].Code != CodeSource {
			t.Errorf("found %+v, %v", found, err)
		}
	})
	t.Run("disk that would have to shrink", func(t *testing.T) {
		big := images{"Debian:debian-12:12:latest": {Path: "/d.qcow2", Format: "qcow2", VirtualSize: 30 << 30}}
		p := &plan.Plan{OSDiskSizeGB: 29, Source: plan.Source{
			PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12", Version: "latest"},
		}}
		_, found, err := Source(t.Context(), p, big, g)
		if err != nil || len(found) != 1 || found[0].Code != CodeShrink || !strings.Contains(found[0].Fix, "write 30 or more") {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}
