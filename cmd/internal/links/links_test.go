package links

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "secret.json", "secret")
	write(t, "in/main.json", "{}")
	write(t, "in/near.json", "near")
	write(t, "in/deep/far.json", "far")
	write(t, "in/large.json", strings.Repeat(" ", maxSize+1))
	for _, link := range [][2]string{{"../secret.json", "in/out.json"}, {"near.json", "in/same.json"}, {"..", "in/up"}} {
		if err := os.Symlink(link[0], link[1]); err != nil {
			t.Fatal(err)
		}
	}
	main := filepath.Join("in", "main.json")
	for _, tt := range []struct{ name, from, uri, want, err string }{
		{"beside it", main, "near.json", "near", ""},
		{"below it", main, "deep/far.json", "far", ""},
		{"back up again", "in/deep/far.json", "../near.json", "near", ""},
		{"a symbolic link inside", main, "same.json", "near", ""},
		{"a symbolic link out", main, "out.json", "", "leads out of the folder"},
		{"a folder that leads out", main, "up/secret.json", "", "leads out of the folder"},
		{"out of the folder", main, "../secret.json", "", "leads out of the folder"},
		{"out of it and in again", main, "../in/near.json", "near", ""},
		{"absolute", main, "/etc/passwd", "", "leads out of the folder"},
		{"a file URI", main, "file:///etc/passwd", "", "leads to a file of this machine"},
		{"a file URI in capitals", main, "FILE:///etc/passwd", "", "leads to a file of this machine"},
		{"not encrypted", main, "http://example.com/a.json", "", "is not encrypted"},
		{"a server without a scheme", main, "//example.com/a.json", "", "is of a kind that is not followed"},
		{"another scheme", main, "gopher://example.com/a", "", "is of a kind that is not followed"},
		{"no URI", main, "%zz", "", "is neither a URI nor a path"},
		{"missing", main, "other.json", "", "there is no file"},
		{"a folder", main, "deep", "", "is not a regular file"},
		{"too large", main, "large.json", "", "is larger than 4 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, data, err := New(main).Fetch(t.Context(), tt.from, tt.uri)
			if string(data) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %q and %v, want %q and %q", data, err, tt.want, tt.err)
			}
			var refused *Refused
			if err != nil && !errors.As(err, &refused) {
				t.Errorf("the error is a %T", err)
			}
		})
	}
	if _, _, err := New("-").Fetch(t.Context(), "<stdin>", "near.json"); err == nil {
		t.Error("a relative link was followed from a pipe")
	}
	f := New(main)
	for range maxFiles {
		if _, _, err := f.Fetch(t.Context(), main, "near.json"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := f.Fetch(t.Context(), main, "near.json"); err == nil {
		t.Error("links were followed without end")
	}
}

func TestServer(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	mux := http.NewServeMux()
	server := httptest.NewTLSServer(mux)
	defer server.Close()
	mux.HandleFunc("/main.json", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("main")) })
	mux.HandleFunc("/sub/near.json", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("near")) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxSize+1)) })
	mux.Handle("/on", http.RedirectHandler("/main.json", http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.Handle("/down", http.RedirectHandler(plain.URL, http.StatusFound))

	open := newClient(func(netip.Addr) error { return nil })
	open.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	for _, tt := range []struct{ name, from, uri, want, err string }{
		{"a URI", "in/main.json", server.URL + "/main.json", "main", ""},
		{"relative to a URI", server.URL + "/main.json", "sub/near.json", "near", ""},
		{"sent on", "in/main.json", server.URL + "/on", "main", ""},
		{"sent on for ever", "in/main.json", server.URL + "/round", "", "more than 5 times"},
		{"sent on to http", "in/main.json", server.URL + "/down", "", "which is not https"},
		{"missing", "in/main.json", server.URL + "/none", "", "404 Not Found"},
		{"too large", "in/main.json", server.URL + "/large", "", "is larger than 4 MiB"},
		{"a file URI in a document from a server", server.URL + "/main.json", "file:///etc/passwd", "", "leads to a file of this machine"},
		{"http in a document from a server", server.URL + "/main.json", plain.URL, "", "is not encrypted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, data, err := (&Follower{client: open}).Fetch(t.Context(), tt.from, tt.uri)
			if string(data) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %q and %v, want %q and %q", data, err, tt.want, tt.err)
			}
		})
	}
	if _, _, err := New("-").Fetch(t.Context(), "<stdin>", server.URL+"/main.json"); err == nil || !strings.Contains(err.Error(), "no public address") {
		t.Errorf("a server on this machine was asked: %v", err)
	}
}

func TestPublicOnly(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.1.1.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
		"168.63.129.16", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "fe80::1%eth0",
		"fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1",
	} {
		if publicOnly(netip.MustParseAddr(a)) == nil {
			t.Errorf("%s passes for public", a)
		}
	}
	for _, a := range []string{"8.8.8.8", "20.60.1.1", "2603:1030::1", "::ffff:8.8.8.8"} {
		if err := publicOnly(netip.MustParseAddr(a)); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}
