package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Nobody comes through without the bearer of this build.
func TestWhoMayCall(t *testing.T) {
	g, other := start(t, Options{}, nil), start(t, Options{}, nil)
	good := g.token()
	for _, tt := range []struct {
		name, header string
		status       int
	}{
		{"the token of this build", "Bearer " + good, 200},
		{"nothing", "", 401},
		{"an empty token", "Bearer ", 401},
		{"the true token", "Bearer " + trueToken, 401},
		{"the secret", "Bearer " + g.Variables()["client_secret"], 401},
		{"another build's token", "Bearer " + other.token(), 401},
		{"its unsigned part", "Bearer " + good[:strings.LastIndexByte(good, '.')+1], 401},
		{"another kind", "Basic " + good, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g.took()
			req, _ := http.NewRequest(http.MethodGet, g.own.String()+groupID, nil)
			req.Header.Set("Authorization", tt.header)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if asked := len(g.took()) > 0; resp.StatusCode != tt.status || asked != (tt.status == 200) {
				t.Errorf("got %d, Azure was asked: %v", resp.StatusCode, asked)
			}
		})
	}
}

// Nobody signs in without the secret of this build.
func TestWhoMaySignIn(t *testing.T) {
	g, other := start(t, Options{}, nil), start(t, Options{}, nil)
	for _, secret := range []string{"", "guess", trueToken, other.Variables()["client_secret"]} {
		for _, path := range []string{"/x/oauth2/token", "/x/oauth2/v2.0/token", "//x/oauth2/v2.0/token"} {
			resp, err := http.PostForm(g.own.String()+path, url.Values{"client_secret": {secret}, "grant_type": {"client_credentials"}})
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != 401 || strings.Contains(string(body), "access_token") {
				t.Errorf("%q at %s: %d %s", secret, path, resp.StatusCode, body)
			}
		}
	}
	resp, err := http.Get(g.own.String() + "/x/oauth2/token?client_secret=" + g.Variables()["client_secret"])
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("a secret in a URL: %d", resp.StatusCode)
	}
}

// The gateway leads to Resource Manager and to nobody else.
func TestNoOpenProxy(t *testing.T) {
	victim, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	go func() {
		if conn, err := victim.Accept(); err == nil {
			t.Error("somebody else was asked")
			_ = conn.Close()
		}
	}()
	g := start(t, Options{}, nil)
	token, other, own := g.token(), victim.Addr().String(), g.own.Host
	for _, tt := range []struct {
		name, first, more string
		status            int
	}{
		{"plain", "GET " + groupID, "", 200},
		{"absolute", "GET http://" + other + groupID, "", 403},
		{"absolute, itself", "GET http://" + own + groupID, "", 403},
		{"connect", "CONNECT " + other, "", 403},
		{"upgrade", "GET " + groupID, "Connection: upgrade\r\nUpgrade: websocket\r\n", 400},
		{"dots", "GET /subscriptions/x/../../metadata", "", 400},
		{"encoded dots", "GET /subscriptions/%2e%2e/x", "", 400},
		{"encoded slash", "GET /subscriptions%2fx", "", 400},
		{"backslash", `GET /subscriptions\x`, "", 400},
		{"two slashes", "GET //" + other + "/subscriptions", "", 400},
		{"user part", "GET /@" + other + "/subscriptions", "", 200}, // a path of Resource Manager, however it looks
		{"method", "TRACE " + groupID, "", 405},
		{"no resource", "PUT /subscriptions/" + testSubscription, "", 403},
		{"other subscription", "PUT /subscriptions/x/resourceGroups/g", "", 403},
		{"above subscriptions", "PUT /providers/Microsoft.Authorization/roleDefinitions/x", "", 403},
		{"secrets of others", "POST " + groupID + "/providers/Microsoft.Storage/storageAccounts/a/listKeys", "", 403},
		{"run a command", "POST " + vmID + "/runCommand", "", 403},
		{"power off", "POST " + vmID + "/powerOff", "", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g.took()
			conn, err := net.Dial("tcp", own)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%sContent-Length: 0\r\n\r\n", tt.first, own, token, tt.more)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if asked := len(g.took()) > 0; resp.StatusCode != tt.status || asked != (tt.status == 200) {
				t.Errorf("got %d, want %d; Azure was asked: %v", resp.StatusCode, tt.status, asked)
			}
		})
	}
	for _, host := range []string{"evil.example", "evil.example:" + g.own.Port(), "127.0.0.1", ""} {
		req, _ := http.NewRequest(http.MethodGet, g.own.String()+"/metadata/endpoints", nil)
		req.Host = host
		if host == "" {
			req.Host = "management.azure.com"
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 403 {
			t.Errorf("as %q: %d", host, resp.StatusCode)
		}
	}
}

// What comes to Azure is what the plugin sent, but for who it is.
func TestRequest(t *testing.T) {
	var got *http.Request
	var body string
	g := start(t, Options{Known: []string{groupID}}, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got, body = r, string(data)
		fmt.Fprint(w, "{}")
	})
	const document = `{"location": "westeurope"}`
	if r := g.do(http.MethodPut, snapshotID+"?api-version=2022-03-02&x=%2F", document); r.status != 200 {
		t.Fatal(r)
	}
	if body != document || got.URL.RawQuery != "api-version=2022-03-02&x=%2F" || "https://"+got.Host != g.azure {
		t.Errorf("got %s %s %q", got.Host, got.URL, body)
	}
	if r := g.do(http.MethodPut, snapshotID, strings.Repeat(" ", maxRequest+1)); r.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long request: %d %s", r.status, r.body)
	}
}
