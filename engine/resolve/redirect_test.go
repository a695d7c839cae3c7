package resolve

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ingot-build/ingot/translate/diag"
)

func TestRedirects(t *testing.T) {
	var asked atomic.Int32
	headers := atomic.Value{}
	last := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		headers.Store(r.Header.Clone())
		fmt.Fprint(w, script)
	})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(last, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch to := r.FormValue("to"); r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/to":
			http.Redirect(w, r, to, http.StatusFound)
		case "/garbage":
			w.Header().Set("Location", "http://[::1?sig=secret")
			w.WriteHeader(http.StatusFound)
		case "/here":
			fmt.Fprint(w, script)
		}
	})
	// What a name means is not known before it is dialed.
	names := map[string]string{"rebound.example:80": "127.0.0.1:" + port}
	for _, tt := range []struct {
		name, to string
		code     diag.Code
		text     string
	}{
		{"on the same host", "/here", "", ""},
		{"endless", "/loop", CodeUnreachable, "more than 10 times"},
		{"metadata service", "http://169.254.169.254/metadata/instance", CodeNear, "169.254.169.254, a link-local address"},
		{"link-local, IPv6", "http://[fe80::1]/x", CodeNear, "a link-local address"},
		{"metadata service in IPv6 clothes", "http://[::ffff:169.254.169.254]/x", CodeNear, "169.254.169.254"},
		{"this machine", last, CodeNear, "127.0.0.1, this machine's own address"},
		{"this machine by another name", "http://localhost:" + port + "/x", CodeNear, "this machine's own address"},
		{"this machine as zero", "http://0.0.0.0:" + port + "/x", CodeNear, "this machine's own address"},
		{"this site", "http://10.1.2.3/x", CodeNear, "10.1.2.3, a private address"},
		{"a name that leads here", "http://rebound.example/x", CodeNear, "rebound.example, which is 127.0.0.1"},
		{"file", "file:///etc/passwd", CodeUnreachable, `scheme "file"`},
		{"no URL", "", CodeUnreachable, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t)
			o.rename = func(addr string) string {
				if to, ok := names[addr]; ok {
					return to
				}
				return addr
			}
			uri := first + "/to?sig=secret&to=" + url.QueryEscape(tt.to)
			if tt.to == "" {
				uri = first + "/garbage?sig=secret"
			}
			if tt.code == "" {
				resolved(t, o, uri, "")
				return
			}
			before := asked.Load()
			code, text := refused(t, o, uri)
			if code != tt.code || !strings.Contains(text, tt.text) || strings.Contains(text, "secret") {
				t.Errorf("%s: %s; want %s, %q, and no secret", code, text, tt.code, tt.text)
			}
			if code == CodeNear && (strings.Contains(text, "attempts") || asked.Load() != before) {
				t.Errorf("it was tried all the same: %s", text)
			}
		})
	}
	t.Run("with leave", func(t *testing.T) {
		o := options(t)
		o.AllowPrivate = true
		resolved(t, o, first+"/to?sig=secret&to="+url.QueryEscape(last), "")
		if h := headers.Load().(http.Header); h.Get("Referer") != "" {
			t.Errorf("the next host was told %q", h.Get("Referer"))
		}
	})
	t.Run("the template's own URL may name this machine, but not the link", func(t *testing.T) {
		resolved(t, options(t), last, "")
		if code, text := refused(t, options(t), "http://169.254.169.254/latest/meta-data"); code != CodeNear || !strings.Contains(text, "it leads to") {
			t.Errorf("%s: %s", code, text)
		}
	})
}

func TestRedirectFromHTTPS(t *testing.T) {
	last := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, script) })
	secure := httptest.NewTLSServer(http.RedirectHandler(last, http.StatusFound))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of clients that do not like its certificate
	t.Cleanup(secure.Close)
	o := options(t)
	o.AllowPrivate = true
	o.Client = secure.Client()
	if code, text := refused(t, o, secure.URL); code != CodeUnreachable || !strings.Contains(text, "from https to http") ||
		strings.Contains(text, "attempts") {
		t.Errorf("a step down to http gives %s: %s", code, text)
	}
	if code, text := refused(t, options(t), secure.URL); code != CodeUnreachable || !strings.Contains(text, "certificate") ||
		strings.Contains(text, "attempts") {
		t.Errorf("an unknown certificate gives %s, once: %s", code, text)
	}
}

// TestAHostStaysOutside is about a name that means a public address first and this machine a moment later.
func TestAHostStaysOutside(t *testing.T) {
	u, err := url.Parse("https://evil.example/a.sh")
	if err != nil {
		t.Fatal(err)
	}
	g := newGuard(false, u)
	for _, step := range []struct {
		ip string
		ok bool
	}{{"93.184.216.34", true}, {"127.0.0.1", false}, {"10.0.0.1", false}, {"93.184.216.34", true}} {
		if err := g.check("evil.example:443", netip.MustParseAddr(step.ip)); (err == nil) != step.ok {
			t.Errorf("%s: %v, want allowed: %v", step.ip, err, step.ok)
		}
	}
}

func TestReachOf(t *testing.T) {
	for ip, want := range map[string]reach{
		"93.184.216.34": public, "2606:4700::1111": public, "20.60.1.2": public,
		"127.0.0.1": loopback, "127.9.9.9": loopback, "::1": loopback, "0.0.0.0": loopback, "::": loopback,
		"::ffff:127.0.0.1": loopback, "10.0.0.1": private, "172.16.0.1": private, "172.32.0.1": public, "192.168.1.1": private,
		"100.100.100.200": private, "fd00::1": private,
		"169.254.169.254": link, "fe80::1%eth0": link, "168.63.129.16": link, "224.0.0.1": link, "255.255.255.255": private,
		"64:ff9b::a9fe:a9fe": link, "2002:7f00:1::": loopback, "fd00:ec2::254": link,
	} {
		if got := reachOf(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s is %s, want %s", ip, got, want)
		}
	}
}

func TestProxy(t *testing.T) {
	var through atomic.Value
	through.Store("")
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		through.Store(r.RequestURI)
		if strings.Contains(r.RequestURI, "inward") {
			http.Redirect(w, r, "http://169.254.169.254/x", http.StatusFound)
			return
		}
		fmt.Fprint(w, script)
	})
	address, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.Client = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}
	resolved(t, o, "http://scripts.example/a.sh", "")
	if got := through.Load(); got != "http://scripts.example/a.sh" {
		t.Errorf("the proxy was asked for %q", got)
	}
	if code, text := refused(t, o, "http://scripts.example/inward"); code != CodeNear || through.Load() != "http://scripts.example/inward" {
		t.Errorf("%s: %s; the proxy was asked for %q", code, text, through.Load())
	}
}

// TestSecretsStayWithTheirHost sends a request with every header that proves who asks, and looks at what the next host gets.
func TestSecretsStayWithTheirHost(t *testing.T) {
	request := func(target string) *http.Request {
		r, err := http.NewRequest(http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer token")
		r.Header.Set("Referer", "https://acct.blob.core.windows.net/c/b?sig=secret")
		return r
	}
	first := request("https://acct.blob.core.windows.net/c/b?sig=secret")
	for _, tt := range []struct {
		name string
		via  []*http.Request
		to   string
		kept bool
	}{
		{"same host", nil, "https://acct.blob.core.windows.net/c/other", true},
		{"same host, port written", nil, "https://ACCT.blob.core.windows.net:443/c/other", true},
		{"another account", nil, "https://other.blob.core.windows.net/c/b", false},
		{"a host below", nil, "https://x.acct.blob.core.windows.net/c/b", false},
		{"another port", nil, "https://acct.blob.core.windows.net:8443/c/b", false},
		{"back again", []*http.Request{request("https://evil.example/")}, "https://acct.blob.core.windows.net/c/b", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := request(tt.to)
			if err := checkRedirect(req, append([]*http.Request{first}, tt.via...)); err != nil {
				t.Fatal(err)
			}
			if kept := req.Header.Get("Authorization") != ""; kept != tt.kept || req.Header.Get("Referer") != "" {
				t.Errorf("headers %v, want the token kept: %v", req.Header, tt.kept)
			}
		})
	}
}
