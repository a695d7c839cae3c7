package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Addresses in a reply lead back to the gateway.
func TestAddresses(t *testing.T) {
	var g *testGateway
	g = start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Azure-AsyncOperation", g.azure+"/subscriptions/s/operations/1?api-version=1&t=a%2Fb")
		h.Set("Location", strings.ToUpper(g.azure[:5])+g.azure[5:]+"/subscriptions/s/operationResults/1")
		h.Set("Retry-After", "15")
		h.Set("Retry-After-Ms", "15000")
		h.Set("Set-Cookie", "a=b")
		fmt.Fprintf(w, `{"value": [{"n": 9007199254740993, "t": "<&>"}], "nextLink": "%s/subscriptions?$skiptoken=x%%3D"}`, g.azure)
	})
	r := g.do(http.MethodGet, groupID+"/resources?api-version=1", "")
	own := g.own.String()
	for name, want := range map[string]string{
		"Azure-Asyncoperation": own + "/subscriptions/s/operations/1?api-version=1&t=a%2Fb",
		"Location":             own + "/subscriptions/s/operationResults/1",
		"Retry-After":          "0", "Retry-After-Ms": "", "Set-Cookie": "",
		"Content-Length": fmt.Sprint(len(r.body)),
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	want := fmt.Sprintf(`{"nextLink":"%s/subscriptions?$skiptoken=x%%3D","value":[{"n":9007199254740993,"t":"<&>"}]}`+"\n", own)
	if r.body != want {
		t.Errorf("got %s, want %s", r.body, want)
	}
}

func TestRewriteURL(t *testing.T) {
	own, _ := url.Parse("http://127.0.0.1:5")
	g := &Gateway{own: own}
	for given, want := range map[string]string{
		"https://management.azure.com/subscriptions/s?api-version=1": "http://127.0.0.1:5/subscriptions/s?api-version=1",
		"https://management.azure.com:443/subscriptions/s":           "http://127.0.0.1:5/subscriptions/s",
		"https://westus.management.azure.com/subscriptions/s":        "http://127.0.0.1:5/subscriptions/s", // the same path of Resource Manager
		"/subscriptions/s":               "http://127.0.0.1:5/subscriptions/s",
		"//evil.example/subscriptions/s": "http://127.0.0.1:5/subscriptions/s",
		"http://evil.example/x":          "",
		"https://user@evil.example/x":    "",
		"https://evil.example":           "",
		"https://evil.example/a/../b":    "",
		"javascript:alert(1)":            "",
		"subscriptions":                  "",
		"%zz":                            "",
		"":                               "",
	} {
		if got, ok := g.rewriteURL(given); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}

func FuzzRewriteURL(f *testing.F) {
	f.Add("https://management.azure.com/subscriptions/s?api-version=1", []byte(`{"nextLink": "https://x/y"}`))
	f.Add("//evil/x#y", []byte(`{"nextLink": 3, "nextLink": "/a", "value": [{"nextLink": "https://x"}]}`))
	own, _ := url.Parse("http://127.0.0.1:5")
	g := &Gateway{own: own}
	f.Fuzz(func(t *testing.T, given string, body []byte) {
		if got, ok := g.rewriteURL(given); ok {
			u, err := url.Parse(got)
			if err != nil || u.Host != own.Host || u.Scheme != "http" || u.User != nil {
				t.Errorf("%q became %q", given, got)
			}
		}
		g.rewriteNextLink(body)
	})
}

// Replies that no Resource Manager should give come through as they are, or as an error that says so; the gateway lives on.
func TestOddReplies(t *testing.T) {
	huge := `{"value": "` + strings.Repeat("x", maxAnswer+1) + `"}`
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		status int
		body   string // a part of it
	}{
		{"not JSON", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>") }, 200, "<html>"},
		{"an error that is not JSON", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(503)
			fmt.Fprint(w, "<html>")
		}, 503, "<html>"},
		{"no type", func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = nil
			fmt.Fprint(w, `{"status": "Failed"}`)
		}, 200, "Failed"},
		{"JSON of another shape", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			fmt.Fprint(w, `[{"error": 3}, null, "nextLink"]`)
		}, 400, "nextLink"},
		{"huge", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, huge) }, 200, huge},
		{"huge error", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); fmt.Fprint(w, huge) }, 500, huge},
		{"dropped", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, 502, codeUnreachable},
		{"dropped in the middle", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"value": [`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 502, "broke off"},
		{"redirected elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/x", http.StatusTemporaryRedirect)
		}, 307, ""},
		{"empty", func(w http.ResponseWriter, r *http.Request) {}, 200, ""},
		{"no content", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, 204, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := start(t, Options{}, tt.answer)
			r := g.do(http.MethodGet, vmID+"?api-version=1", "")
			if r.status != tt.status || !strings.Contains(r.body, tt.body) || r.err != nil {
				t.Errorf("got %d %.200s %v", r.status, r.body, r.err)
			}
			if r.header.Get("Location") != "" {
				t.Errorf("it leads to %s", r.header.Get("Location"))
			}
		})
	}
}
