package resolve

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ingot-build/ingot/translate/diag"
)

const edited = "#!/bin/sh\necho edited\n"

// tree writes a file at each path below a new folder.
func tree(t *testing.T, paths ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range paths {
		name := filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(edited), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOverride(t *testing.T) {
	work := filepath.Join(tree(t, "scripts/setup.sh", "scripts/web/a b.sh", "web/index.sh", "secret"), "scripts")
	if err := os.Symlink("../secret", filepath.Join(work, "link.sh")); err != nil {
		t.Fatal(err)
	}
	other := tree(t, "a b.sh")
	const host = "https://acct.blob.core.windows.net"
	list := []Override{
		{Prefix: host + "/c/scripts/", Path: work},
		{Prefix: host + "/c/scripts/web", Path: other},
		{Prefix: host + "/c/one.sh", Path: filepath.Join(work, "setup.sh")},
	}
	for _, tt := range []struct {
		name, uri string
		file      string // "": refused
		code      diag.Code
		text      string
	}{
		{"below", host + "/c/scripts/setup.sh", filepath.Join(work, "setup.sh"), "", ""},
		{"with a signature", host + "/c/scripts/setup.sh?sv=1&sig=secret", filepath.Join(work, "setup.sh"), "", ""},
		{"host in capitals, and its port", "https://ACCT.blob.core.windows.net:443/c/scripts/setup.sh", filepath.Join(work, "setup.sh"), "", ""},
		{"the longest prefix", host + "/c/scripts/web/a%20b.sh", filepath.Join(other, "a b.sh"), "", ""},
		{"a file for a file", host + "/c/one.sh", filepath.Join(work, "setup.sh"), "", ""},
		{"half a segment is none", host + "/c/scripts2/setup.sh", "", CodeUnreachable, ""},
		{"another host", "https://other.blob.core.windows.net/c/scripts/setup.sh", "", CodeUnreachable, ""},
		{"another scheme", "http://acct.blob.core.windows.net/c/scripts/setup.sh", "", CodeUnreachable, ""},
		{"not there", host + "/c/scripts/stup.sh", "", CodeNoFile, `did you mean "` + filepath.Join(work, "setup.sh")},
		{"a folder", host + "/c/scripts/", "", CodeNoFile, "is a folder"},
		{"out of it", host + "/c/scripts/../../secret", "", CodeBadURI, "leads out"},
		{"out of it, encoded", host + "/c/scripts/%2e%2e/secret", "", CodeBadURI, "leads out"},
		{"out of it, by an encoded slash", host + "/c/scripts/..%2fsecret", "", CodeBadURI, "leads out"},
		{"out of it, by a link", host + "/c/scripts/link.sh", "", CodeNoFile, "symbolic link leads out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t)
			o.Overrides = list
			o.Delays = o.Delays[:0]
			o.rename = func(string) string { return "127.0.0.1:1" }
			got, said, found := staged(t, o, tt.uri, "", "")
			if strings.Contains(found, "secret?") || strings.Contains(found, "sig=") || strings.Contains(strings.Join(said, ""), "sig=") {
				t.Errorf("the signature is shown: %s %q", found, said)
			}
			if tt.file == "" {
				if !strings.Contains(found, string(tt.code)+"|") || !strings.Contains(found, tt.text) {
					t.Errorf("found %s; want %s, %q", found, tt.code, tt.text)
				}
				return
			}
			if got.From != FromOverride || got.File != tt.file || got.SHA256 != sum(edited) {
				t.Errorf("staged %+v, found %s; want %s", got, found, tt.file)
			}
			if want := "override: " + shown(tt.uri) + " is " + tt.file; len(said) != 1 || said[0] != want {
				t.Errorf("said %q, want %q", said, want)
			}
		})
	}
}

func TestOverrideWinsOverCacheAndChecksum(t *testing.T) {
	var asked atomic.Int32
	remote := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); _, _ = w.Write([]byte(script)) })
	o := options(t)
	resolved(t, o, remote+"/setup.sh", sum(script))
	o.Overrides = []Override{{Prefix: remote, Path: tree(t, "setup.sh")}, {Prefix: remote + "/other/", Path: t.TempDir()}}
	got, _, found := staged(t, o, remote+"/setup.sh", sum(script), "")
	if got.From != FromOverride || got.SHA256 != sum(edited) || asked.Load() != 1 {
		t.Errorf("staged %+v, asked %d times", got, asked.Load())
	}
	for _, want := range []string{"ING4014", `when it is uploaded, write "` + sum(edited), "no URL of the image template starts with " + remote + "/other/"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is not in %s", want, found)
		}
	}
}

func TestParseOverride(t *testing.T) {
	dir := tree(t, "scripts/setup.sh")
	for text, want := range map[string]string{ // the path, or the error
		"https://h/p/=scripts":            filepath.Join(dir, "scripts"),
		"https://h/p/=./scripts/":         filepath.Join(dir, "scripts"),
		"http://h:8080/=scripts":          filepath.Join(dir, "scripts"),
		"https://h/a.sh=scripts/setup.sh": filepath.Join(dir, "scripts/setup.sh"),
		"https://h/p/=" + dir:             dir,
		"https://h/p/":                    "it has no =PATH after the URL",
		"https://h/p/=":                   "it has no =PATH after the URL",
		"scripts=https://h/p/":            "what is before the = does not start with http://host or https://host",
		"file:///x=scripts":               "what is before the = does not start with http://host or https://host",
		"https://h/p?sig=scripts":         "the URL has a query, a fragment or a user; a prefix is scheme, host and path",
		"https://user:secret@h/p=scripts": "the URL has a query, a fragment or a user; a prefix is scheme, host and path",
		"https://h/p/=nothing":            "there is no " + filepath.Join(dir, "nothing"),
		"https://[::1/p/=scripts":         "what is before the = is not a URL",
	} {
		o, err := ParseOverride(text, dir)
		if got := o.Path; err != nil {
			if err.Error() != want {
				t.Errorf("%s: %v, want %s", text, err, want)
			}
		} else if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestOffline(t *testing.T) {
	var asked atomic.Int32
	remote := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); _, _ = w.Write([]byte(script)) })
	o := options(t)
	resolved(t, o, remote+"/a.sh?key=secret", "") // no entity tag, no date: the bytes are known all the same
	o.Offline = true
	got, said, found := staged(t, o, remote+"/a.sh?key=secret", "", "")
	if got.From != FromCache || found != "" || len(said) != 1 || !strings.Contains(said[0], "no server was asked") || strings.Contains(said[0], "secret") {
		t.Errorf("staged %+v, said %q, found %s", got, said, found)
	}
	for _, uri := range []string{remote + "/a.sh", remote + "/a.sh?key=other", remote + "/b.sh"} {
		if _, _, found := staged(t, o, uri, "", ""); !strings.Contains(found, "ING4012") {
			t.Errorf("%s: found %s", uri, found)
		}
	}
	if _, _, found := staged(t, o, remote+"/a.sh?key=secret", strings.Repeat("0", 64), ""); !strings.Contains(found, "ING4006") {
		t.Errorf("another checksum: found %s", found)
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times, want once", asked.Load())
	}
	t.Run("a harmed copy does not serve", func(t *testing.T) {
		path := o.Cache.Path(sum(script))
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("evil"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, found := staged(t, o, remote+"/a.sh?key=secret", "", ""); !strings.Contains(found, "ING4012") {
			t.Errorf("found %s", found)
		}
	})
}

// TestCacheKeepsNoSecrets looks for a signature in every file of a store, and for its hash in their names.
func TestCacheKeepsNoSecrets(t *testing.T) {
	remote := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"1"`)
		_, _ = w.Write([]byte(script))
	})
	dir := filepath.Join(t.TempDir(), "downloads")
	o := options(t)
	var err error
	if o.Cache, err = OpenContentStore(dir); err != nil {
		t.Fatal(err)
	}
	uri := remote + "/a.sh?sig=c2VjcmV0"
	resolved(t, o, uri, "")
	files := 0
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "c2VjcmV0") || strings.Contains(path, sum(uri)) {
			t.Errorf("%s tells of the URL: %s", path, text)
		}
		if info, ierr := d.Info(); ierr != nil || d.Name() == "key" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), ierr)
		}
		return err
	})
	if err != nil || files != 3 { // the bytes, the answer, the key
		t.Errorf("%d files, %v", files, err)
	}
	again, err := OpenContentStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := again.recall(uri); !ok {
		t.Error("a second process does not find what the first has fetched")
	}
}

func TestSignatureIsNoPartOfABlobsName(t *testing.T) {
	const blob = "https://acct.blob.core.windows.net/c/a.sh"
	for uri, want := range map[string]string{
		blob: blob,
		blob + "?sv=2021-12-02&se=2026-11-21&sr=b&sp=r&sig=x": blob,
		blob + "?snapshot=2026&sv=1&sig=x":                    blob + "?snapshot=2026",
		blob + "?sv=1":                                        blob + "?sv=1", // no signature
		"https://h/a.sh?sv=1&sig=x":                           "https://h/a.sh?sv=1&sig=x",
	} {
		if got := withoutSignature(uri); got != want {
			t.Errorf("withoutSignature(%s) = %s, want %s", uri, got, want)
		}
	}
}

// FuzzOverride holds that nothing outside the folder is named, whatever the URL.
func FuzzOverride(f *testing.F) {
	for _, seed := range []string{"/c/a.sh", "/c/../x", "/c/%2e%2e/x", "/c/..%2fx", "/c//x", "/c/%00", "/c/%zz", "/c/a;b?c#d", "/c/\\..\\x"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	inside := filepath.Join(dir, "inside")
	if err := os.Mkdir(inside, 0o700); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte("secret"), 0o600); err != nil {
		f.Fatal(err)
	}
	cache, err := OpenContentStore(filepath.Join(dir, "cache"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse("https://h" + path)
		if err != nil {
			t.Skip()
		}
		at := Override{Prefix: "https://h/c/", Path: inside}
		segments, ok := at.below(u)
		if !ok {
			t.Skip()
		}
		fetcher := newFetcher(Options{Cache: cache, TemplateDir: dir}, shellPlan(u.String(), ""))
		got, err := fetcher.fetchOverride(t.Context(), u.String(), at, segments)
		if err == nil && got.problem == nil {
			t.Errorf("%q gave %+v of an empty folder", path, got)
		}
	})
}
