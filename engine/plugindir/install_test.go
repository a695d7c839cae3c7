package plugindir

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
)

// server is a release server of a test: files by path, and what else it does to requests.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string][]byte
	odd   map[string]http.HandlerFunc // instead of a file
	asked []string
	auth  []string
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{files: map[string][]byte{}, odd: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.auth = append(s.auth, r.Header.Get("Authorization"))
		odd, data, ok := s.odd[r.URL.Path], s.files[r.URL.Path], s.files[r.URL.Path] != nil
		s.mu.Unlock()
		switch {
		case odd != nil:
			odd(w, r)
		case ok:
			_, _ = w.Write(data)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// zipOf makes an archive.
func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, content := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

const (
	acme    = "/github.com/acme/packer-plugin-cloud/releases/download/"
	acmeAPI = "/api.github.com/repos/acme/packer-plugin-cloud/git/matching-refs/tags"
)

// onGitHub puts releases of acme/cloud on the server, as its tags and files. It gives the paths of the last version's
// archive and list.
func (s *server) onGitHub(t *testing.T, versions ...string) (archive, sums string) {
	t.Helper()
	var tags []string
	for _, v := range versions {
		tags = append(tags, fmt.Sprintf(`{"ref":"refs/tags/v%s"}`, v))
		name := file("cloud", v)
		data := zipOf(t, map[string]string{name: script(v, "x5.0", "/dev/null"), "LICENSE.txt": "free"})
		archive, sums = acme+"v"+v+"/"+name+".zip", acme+"v"+v+"/packer-plugin-cloud_v"+v+"_SHA256SUMS"
		s.files[archive] = data
		s.files[sums] = fmt.Appendf(nil, "%s  %s.zip\n%064d  packer-plugin-cloud_v%s_x5.0_plan9_mips.zip\n", sumOf(data), name, 0, v)
	}
	s.files[acmeAPI] = []byte("[" + strings.Join(tags, ",") + "]")
	return archive, sums
}

// onReleaseServer puts a release of hashicorp/azure on the server, signed with a key.
func (s *server) onReleaseServer(t *testing.T, v string, key *openpgp.Entity) {
	t.Helper()
	base := "/releases.hashicorp.com/packer-plugin-azure/"
	stem := base + v + "/packer-plugin-azure_" + v
	data := zipOf(t, map[string]string{file("azure", v): script(v, "x5.0", "/dev/null")})
	manifest := []byte(`{"version":1,"metadata":{"protocol_version":"5.0"}}`)
	zipName := "packer-plugin-azure_" + v + "_" + thisSystem + ".zip"
	sums := fmt.Appendf(nil, "%s  %s\n%s  packer-plugin-azure_%s_manifest.json\n", sumOf(data), zipName, sumOf(manifest), v)
	s.files[base+"index.json"] = fmt.Appendf(nil, `{"name":"packer-plugin-azure","versions":{%q:{},"3.0.0-beta":{}}}`, v)
	s.files[base+v+"/"+zipName], s.files[stem+"_manifest.json"], s.files[stem+"_SHA256SUMS"] = data, manifest, sums
	if key != nil {
		var sig bytes.Buffer
		if err := openpgp.DetachSign(&sig, key, bytes.NewReader(sums), nil); err != nil {
			t.Fatal(err)
		}
		s.files[stem+"_SHA256SUMS.sig"] = sig.Bytes()
	}
}

// newKey makes a key pair and the public half as a file.
func newKey(t *testing.T) (*openpgp.Entity, *Keys) {
	t.Helper()
	e, err := openpgp.NewEntity("Test", "", "test@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w, err := armor.Encode(&buf, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Serialize(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	keys, err := ReadKeys("the test's key", buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return e, keys
}

func installer(t *testing.T, s *server) *Installer {
	t.Helper()
	old := pause
	pause = time.Millisecond
	t.Cleanup(func() { pause = old })
	return &Installer{Folder: t.TempDir(), Host: newHost(t), Mirror: s.URL, Token: "ghp_secret"}
}

// cloud is the plugin of most tests.
var cloud = Source{Host: "github.com", Path: []string{"acme", "cloud"}}

// usable gives the versions in the folder that can be run, and fails the test if anything else was left there.
func usable(t *testing.T, folder string) string {
	t.Helper()
	list, err := List(t.Context(), newHost(t), folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, in := range list {
		if in.Refused != "" {
			t.Errorf("%s was left behind: %s", in.Path, in.Refused)
			continue
		}
		all = append(all, in.Name+" "+in.Version)
	}
	hidden, _ := filepath.Glob(filepath.Join(folder, "*/*/*/.install-*"))
	if len(hidden) > 0 {
		t.Errorf("left behind: %v", hidden)
	}
	return strings.Join(all, ", ")
}

func TestInstall(t *testing.T) {
	for _, tt := range []struct{ name, constraint, want string }{
		{"the newest", "", "cloud 1.10.0"},
		{"a range", "~> 1.2.0", "cloud 1.2.9"},
		{"one version", "1.2.3", "cloud 1.2.3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.onGitHub(t, "1.2.3", "1.10.0", "1.2.9")
			s.files[acmeAPI] = append(s.files[acmeAPI][:len(s.files[acmeAPI])-1], `,{"ref":"refs/tags/v2.0.0-rc1"},{"ref":"refs/tags/nightly"}]`...)
			i := installer(t, s)
			var progress []events.Progress
			i.Progress = func(p events.Progress) { progress = append(progress, p) }
			r, err := i.Install(t.Context(), cloud, tt.constraint)
			if err != nil {
				t.Fatal(err)
			}
			if got := usable(t, i.Folder); got != tt.want || r.Already || r.From != "github.com/acme/packer-plugin-cloud" || r.SignedBy != "" {
				t.Errorf("there is %s, want %s; %+v", got, tt.want, r)
			}
			if last := progress[len(progress)-1]; last.Done != last.Total || last.Done == 0 {
				t.Errorf("the last progress was %+v", last)
			}
			for _, auth := range s.auth {
				if auth != "" {
					t.Error("the token was sent to a mirror")
				}
			}
			before := len(s.asked)
			if r, err := i.Install(t.Context(), cloud, tt.constraint); err != nil || !r.Already || len(s.asked)-before != 2 {
				t.Errorf("a second time: %+v, %v, %q", r, err, s.asked[before:])
			}
			i.Force = true
			if r, err := i.Install(t.Context(), cloud, tt.constraint); err != nil || r.Already || usable(t, i.Folder) != tt.want {
				t.Errorf("by force: %+v, %v", r, err)
			}
		})
	}
}

// TestInstallFails has a server that is wrong in every way; nothing may be installed then, nor left behind.
func TestInstallFails(t *testing.T) {
	answer := func(status int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for n := 0; n < len(header); n += 2 {
				w.Header().Set(header[n], header[n+1])
			}
			w.WriteHeader(status)
		}
	}
	// replace puts another archive in the place of the release's, with a right checksum.
	replace := func(s *server, archive, sums string, data []byte) {
		s.files[sums] = fmt.Appendf(nil, "%s  %s\n", sumOf(data), filepath.Base(archive))
		s.files[archive] = data
	}
	name := file("cloud", "1.2.3")
	for _, tt := range []struct {
		name    string
		wrong   func(t *testing.T, s *server, archive, sums string)
		version string
		want    string
	}{
		{"another archive", func(t *testing.T, s *server, a, _ string) { s.files[a] = zipOf(t, map[string]string{name: "evil"}) }, "",
			"and the list of checksums has "},
		{"a cut archive", func(_ *testing.T, s *server, a, _ string) { s.files[a] = s.files[a][:100] }, "", "the download was cut or changed"},
		{"a connection that is cut", func(_ *testing.T, s *server, a, _ string) {
			s.odd[a] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100000")
				_, _ = w.Write([]byte("PK"))
				panic(http.ErrAbortHandler)
			}
		}, "", "gave up after 3 attempts"},
		{"no archive", func(_ *testing.T, s *server, a, _ string) { delete(s.files, a) }, "", "the server answered 404 Not Found"},
		{"no list", func(_ *testing.T, s *server, _, sums string) { delete(s.files, sums) }, "", "no release of github.com/acme/packer-plugin-cloud runs here"},
		{"a list without this system", func(_ *testing.T, s *server, _, sums string) { s.files[sums] = []byte("x\n") }, "",
			"1.2.3 has no file for " + thisSystem},
		{"another API", func(_ *testing.T, s *server, _, sums string) {
			s.files[sums] = bytes.ReplaceAll(s.files[sums], []byte("x5.0"), []byte("x6.0"))
		}, "", "1.2.3 speaks version x6.0 of the plugin API"},
		{"no zip", func(_ *testing.T, s *server, a, sums string) { replace(s, a, sums, []byte("no zip")) }, "", "it is no zip archive"},
		{"a zip of something else", func(t *testing.T, s *server, a, sums string) {
			replace(s, a, sums, zipOf(t, map[string]string{"README": "x"}))
		}, "", `there is no "` + name + `" in it`},
		{"a zip that wants to be elsewhere", func(t *testing.T, s *server, a, sums string) {
			replace(s, a, sums, zipOf(t, map[string]string{"../../../../" + name: "x", "/tmp/" + name: "x"}))
		}, "", `there is no "` + name + `" in it`},
		{"a zip with a link", func(t *testing.T, s *server, a, sums string) {
			var buf bytes.Buffer
			z := zip.NewWriter(&buf)
			h := &zip.FileHeader{Name: name}
			h.SetMode(os.ModeSymlink | 0o777)
			w, err := z.CreateHeader(h)
			if err == nil {
				_, err = w.Write([]byte("/bin/true"))
			}
			if err := errors.Join(err, z.Close()); err != nil {
				t.Fatal(err)
			}
			replace(s, a, sums, buf.Bytes())
		}, "", "is no regular file"},
		{"a program that is none", func(t *testing.T, s *server, a, sums string) {
			replace(s, a, sums, zipOf(t, map[string]string{name: "nothing"}))
		}, "", "exec format error"},
		{"a program of another version", func(t *testing.T, s *server, a, sums string) {
			replace(s, a, sums, zipOf(t, map[string]string{name: script("9.9.9", "x5.0", "/dev/null")}))
		}, "", `cannot be used: it says that its version is "9.9.9"`},
		{"no repository", func(_ *testing.T, s *server, _, _ string) { delete(s.files, acmeAPI) }, "", "the server answered 404"},
		{"no tags", func(_ *testing.T, s *server, _, _ string) { s.files[acmeAPI] = []byte("[]") }, "", "has no releases"},
		{"tags that are no JSON", func(_ *testing.T, s *server, _, _ string) { s.files[acmeAPI] = []byte("<html>") }, "", "the list of tags cannot be read"},
		{"none of that version", func(*testing.T, *server, string, string) {}, ">= 2", `none of the 1 releases of github.com/acme/packer-plugin-cloud meets ">= 2"; the newest is 1.2.3`},
		{"no constraint", func(*testing.T, *server, string, string) {}, "newest", `version "newest"`},
		{"a pre-release", func(*testing.T, *server, string, string) {}, "2.0.0-rc1", "pre-releases are not downloaded"},
		{"a rate limit", func(_ *testing.T, s *server, _, _ string) {
			s.odd[acmeAPI] = answer(403, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1900000000")
		}, "", "takes no more requests from this address until "},
		{"another rate limit", func(_ *testing.T, s *server, _, _ string) { s.odd[acmeAPI] = answer(429, "Retry-After", "60") }, "",
			"set PACKER_GITHUB_API_TOKEN"},
		{"forbidden", func(_ *testing.T, s *server, _, _ string) { s.odd[acmeAPI] = answer(403) }, "", "the server answered 403 Forbidden"},
		{"a server that is unwell", func(_ *testing.T, s *server, _, _ string) { s.odd[acmeAPI] = answer(503) }, "",
			"gave up after 3 attempts: "},
		{"redirects without end", func(_ *testing.T, s *server, a, _ string) {
			s.odd[a] = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }
		}, "", "it redirects more than 10 times"},
		{"no network", func(_ *testing.T, s *server, _, _ string) { s.Close() }, "", "connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			archive, sums := s.onGitHub(t, "1.2.3")
			tt.wrong(t, s, archive, sums)
			i := installer(t, s)
			_, err := i.Install(t.Context(), cloud, tt.version)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "ghp_secret") {
				t.Errorf("a secret in the error: %v", err)
			}
			if got := usable(t, i.Folder); got != "" {
				t.Errorf("installed was %s", got)
			}
		})
	}
}

// TestOlderRelease takes an older release where the newest has nothing for this machine, and only then.
func TestOlderRelease(t *testing.T) {
	s := newServer(t)
	archive, sums := s.onGitHub(t, "1.2.2", "1.2.3")
	list := s.files[sums]
	s.files[sums] = []byte("nothing\n")
	i := installer(t, s)
	if r, err := i.Install(t.Context(), cloud, ""); err != nil || r.Plugin.Version != "1.2.2" {
		t.Errorf("got %+v, %v", r, err)
	}
	s.files[sums], s.files[archive] = list, []byte("changed")
	var wrong *ChecksumError
	if _, err := i.Install(t.Context(), cloud, ""); !errors.As(err, &wrong) {
		t.Errorf("got %v, want a *ChecksumError", err)
	}
	if got := usable(t, i.Folder); got != "cloud 1.2.2" {
		t.Errorf("there is %s", got)
	}
}

func TestInstallSigned(t *testing.T) {
	key, keys := newKey(t)
	azure := Source{Host: "github.com", Path: []string{"hashicorp", "azure"}}
	t.Run("by the key", func(t *testing.T) {
		s := newServer(t)
		s.onReleaseServer(t, "2.6.3", key)
		i := installer(t, s)
		i.Keys = keys
		r, err := i.Install(t.Context(), azure, "~> 2.5")
		if err != nil || r.SignedBy != fmt.Sprintf("%X", key.PrimaryKey.Fingerprint) || r.From != "releases.hashicorp.com/packer-plugin-azure" {
			t.Errorf("got %+v, %v", r, err)
		}
		if got := usable(t, i.Folder); got != "azure 2.6.3" {
			t.Errorf("there is %s", got)
		}
	})
	for _, tt := range []struct {
		name  string
		wrong func(s *server, sums string)
		want  string
	}{
		{"by another key", func(*server, string) {}, "it is not signed with HashiCorp's key"},
		{"not at all", func(s *server, sums string) { delete(s.files, sums+".sig") }, "there is no packer-plugin-azure_2.6.3_SHA256SUMS.sig"},
		{"garbage", func(s *server, sums string) { s.files[sums+".sig"] = []byte("garbage") }, "it is not signed with HashiCorp's key"},
		{"nothing in it", func(s *server, sums string) { s.files[sums+".sig"] = []byte{} }, "it is not signed with HashiCorp's key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.onReleaseServer(t, "2.6.3", key)
			tt.wrong(s, "/releases.hashicorp.com/packer-plugin-azure/2.6.3/packer-plugin-azure_2.6.3_SHA256SUMS")
			i := installer(t, s)
			_, err := i.Install(t.Context(), azure, "")
			var unsigned *SignatureError
			if !errors.As(err, &unsigned) || !strings.Contains(err.Error(), tt.want) || usable(t, i.Folder) != "" {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			i.NoSignature = true
			if r, err := i.Install(t.Context(), azure, ""); err != nil || r.SignedBy != "" {
				t.Errorf("without signatures: %+v, %v", r, err)
			}
		})
	}
	t.Run("a changed list", func(t *testing.T) {
		s := newServer(t)
		s.onReleaseServer(t, "2.6.3", key)
		sums := "/releases.hashicorp.com/packer-plugin-azure/2.6.3/packer-plugin-azure_2.6.3_SHA256SUMS"
		s.files[sums] = append(s.files[sums], '\n')
		i := installer(t, s)
		i.Keys = keys
		var unsigned *SignatureError
		if _, err := i.Install(t.Context(), azure, ""); !errors.As(err, &unsigned) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a changed manifest", func(t *testing.T) {
		s := newServer(t)
		s.onReleaseServer(t, "2.6.3", key)
		s.files["/releases.hashicorp.com/packer-plugin-azure/2.6.3/packer-plugin-azure_2.6.3_manifest.json"] = []byte(`{}`)
		i := installer(t, s)
		i.Keys = keys
		var wrong *ChecksumError
		if _, err := i.Install(t.Context(), azure, ""); !errors.As(err, &wrong) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("GitHub where HashiCorp's server has nothing", func(t *testing.T) {
		s := newServer(t)
		i := installer(t, s)
		_, err := i.Install(t.Context(), azure, "")
		if err == nil || strings.Count(err.Error(), "answered 404") != 2 {
			t.Errorf("got %v, want what both say", err)
		}
	})
}

func TestHashiCorpKey(t *testing.T) {
	k := HashiCorpKeys()
	if got := fmt.Sprintf("%X", k.list[0].PrimaryKey.Fingerprint); got != "C874011F0AB405110D02105534365D9472D7468F" {
		t.Errorf("fingerprint %s", got)
	}
	if _, err := ReadKeys("x", []byte("garbage")); err == nil {
		t.Error("garbage was read as a key")
	}
}

func TestOtherHosts(t *testing.T) {
	i := installer(t, newServer(t))
	_, err := i.Install(t.Context(), Source{Host: "example.com", Path: []string{"a", "b"}}, "")
	if err == nil || !strings.Contains(err.Error(), "ingot plugins install --path FILE example.com/a/b") {
		t.Errorf("got %v", err)
	}
}

func TestInstallFile(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mine")
	for _, tt := range []struct{ name, version, api, want string }{ // want: what there is then, or in the error
		{"a release", "1.2.3", "x5.0", "cloud 1.2.3"},
		{"a development version", "1.2.3-dev", "x5.0", "cloud 1.2.3-dev"},
		{"a beta", "1.2.3-beta", "x5.0", `only releases and their "-dev" versions`},
		{"with metadata", "1.2.3+g1234", "x5.0", "cloud 1.2.3"},
		{"no version", "one", "x5.0", `its version is "one", which is none`},
		{"another API", "1.2.3", "x6.0", "speaks version x6.0 of the plugin API"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, program, script(tt.version, tt.api, "/dev/null"))
			i := installer(t, newServer(t))
			_, err := i.InstallFile(t.Context(), cloud, program)
			if got := usable(t, i.Folder); got != tt.want && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("there is %q, %v; want %s", got, err, tt.want)
			}
		})
	}
	i := installer(t, newServer(t))
	for _, path := range []string{"/nonexistent", t.TempDir()} {
		if _, err := i.InstallFile(t.Context(), cloud, path); err == nil {
			t.Errorf("%s was installed", path)
		}
	}
}

// TestCancelInstall ends an installation while the server is silent.
func TestCancelInstall(t *testing.T) {
	s := newServer(t)
	archive, _ := s.onGitHub(t, "1.2.3")
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	s.odd[archive] = func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		cancel(enough)
		<-r.Context().Done()
	}
	i := installer(t, s)
	if _, err := i.Install(ctx, cloud, ""); !errors.Is(err, enough) || usable(t, i.Folder) != "" {
		t.Errorf("got %v, want %v", err, enough)
	}
}

// FuzzSums reads lists of checksums: every sum is one, and no name has a space.
func FuzzSums(f *testing.F) {
	f.Add([]byte(strings.Repeat("a", 64) + "  file.zip\n"))
	f.Add([]byte(strings.Repeat("A", 64) + " *file.zip\r\ngarbage\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, sum := range parseSums(data) {
			if len(sum) != 64 || strings.ToLower(sum) != sum || strings.ContainsAny(name, " \t\n") {
				t.Errorf("%q: %q", name, sum)
			}
		}
	})
}

// FuzzSource reads addresses: what is taken is the same when it is read again, and stays inside a folder.
func FuzzSource(f *testing.F) {
	for _, s := range []string{"github.com/hashicorp/azure", "a/b/c", "../a/b", "a//b", "https://a/b/c", "a/b/packer-plugin-c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSource(text)
		if err != nil {
			return
		}
		again, err := ParseSource(s.String())
		if err != nil || again.String() != text || !filepath.IsLocal(s.String()) {
			t.Errorf("%q became %q, %v", text, again, err)
		}
	})
}

// answers is a network of a test.
type answers func(*http.Request) *http.Response

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// TestTokenAndRedirects watches the requests that go to the servers themselves.
func TestTokenAndRedirects(t *testing.T) {
	sent := map[string]string{}
	network := answers(func(r *http.Request) *http.Response {
		sent[r.URL.String()] = r.Header.Get("Authorization")
		resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: http.NoBody}
		switch r.URL.Host {
		case apiHost:
			resp.Body = io.NopCloser(strings.NewReader(`[{"ref":"refs/tags/v1.0.0"}]`))
		case "github.com":
			resp.StatusCode = http.StatusFound
			resp.Header.Set("Location", "http://objects.example.com/sums")
		}
		return resp
	})
	i := &Installer{Folder: t.TempDir(), Host: newHost(t), Token: "ghp_secret", HTTP: &http.Client{Transport: network}}
	_, err := i.Install(t.Context(), cloud, "")
	if !errors.Is(err, errDowngrade) {
		t.Errorf("got %v, want %v", err, errDowngrade)
	}
	want := map[string]string{
		"https://api.github.com/repos/acme/packer-plugin-cloud/git/matching-refs/tags":                               "Bearer ghp_secret",
		"https://github.com/acme/packer-plugin-cloud/releases/download/v1.0.0/packer-plugin-cloud_v1.0.0_SHA256SUMS": "",
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("requests and their tokens (-want +got):\n%s", diff)
	}
}
