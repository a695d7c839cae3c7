package imds

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// inGuest leads to a service what is for the address that every VM in Azure has it at, and nothing else.
type inGuest struct{ host string }

func (g *inGuest) Do(q *http.Request) (*http.Response, error) {
	if q.URL.Host != "169.254.169.254" {
		return nil, fmt.Errorf("%s is asked", q.URL.Host)
	}
	q.URL.Host = g.host
	return http.DefaultTransport.RoundTrip(q)
}

// The SDK's own client is the second witness: it takes our tokens, and our refusals for what they are.
func TestManagedIdentityCredential(t *testing.T) {
	r := newRig(t)
	r.allow(vault)
	ask := func(id azidentity.ManagedIDKind, scope string) (string, error) {
		cred, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
			ClientOptions: policy.ClientOptions{
				Transport: &inGuest{strings.TrimPrefix(r.server.URL, "http://")}, Retry: policy.RetryOptions{MaxRetries: -1}}, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		token, err := cred.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{scope}})
		if err == nil && time.Until(token.ExpiresOn) < 50*time.Minute {
			t.Errorf("the token ends %s", token.ExpiresOn)
		}
		return token.Token, err
	}
	for name, id := range map[string]azidentity.ManagedIDKind{
		"no id": nil, "client id": azidentity.ClientID("11111111-2222-3333-4444-555555555555"), "resource id": azidentity.ResourceID(puller),
	} {
		if got, err := ask(id, vault+"/.default"); err != nil || got != secret {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := ask(azidentity.ResourceID("/x/other"), vault+"/.default"); err == nil ||
		!strings.Contains(err.Error(), "is not in vmProfile.userAssignedIdentities") {
		t.Errorf("another identity gives %v", err)
	}
	r.options.Tokens = Tokens{}
	if _, err := ask(azidentity.ClientID("66666666-2222-3333-4444-555555555555"), vault+"/.default"); err == nil ||
		!strings.Contains(err.Error(), "--allow-identity") {
		t.Errorf("without a permission: %v", err)
	}
}

// A socket in a folder with a long name, a relay in front of it as QEMU starts one, and an HTTP client behind that.
func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	for range 2 { // the second finds the socket of one that was killed
		left, err := Serve(dir, Handler(r.options))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(dir, SocketName)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("socket: %v, %v", info, err)
		}
		if err := left.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(dir, SocketName)); !os.IsNotExist(err) {
			t.Errorf("the socket is still there: %v", err)
		}
	}
	server, err := Serve(dir, Handler(r.options))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	t.Chdir(dir)
	client := http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			if err := Relay(SocketName, there); err != nil {
				t.Errorf("relay: %v", err)
			}
		}()
		return here, nil
	}, DisableKeepAlives: true}}
	q, err := http.NewRequest(http.MethodGet, "http://169.254.169.254/metadata/instance/compute/location?api-version=2021-02-01&format=text", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Metadata", "true")
	resp, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "westus2" {
		t.Errorf("got %q, %v", text, err)
	}
}

// Bytes that are no HTTP, and headers without an end, are answered or cut off; the service goes on.
func TestHostileBytes(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t)
	server, err := Serve(dir, Handler(r.options))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for name, bad := range map[string][]byte{
		"noise":          []byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"),
		"a long header":  append([]byte("GET / HTTP/1.1\r\nHost: x\r\nX: "), bytes.Repeat([]byte("a"), 64<<10)...),
		"two lengths":    []byte("GET /metadata/versions HTTP/1.1\r\nHost: x\r\nMetadata: true\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
		"an old version": []byte("GET /metadata/versions HTTP/0.9\r\n\r\n"),
	} {
		conn, err := net.Dial("unix", filepath.Join(dir, SocketName))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(bad) // it may be cut off in the middle
		_ = conn.(*net.UnixConn).CloseWrite()
		answer, _ := io.ReadAll(conn)
		if line, _, _ := strings.Cut(string(answer), "\r\n"); strings.Contains(line, " 200 ") {
			t.Errorf("%s: got %q", name, line)
		}
		_ = conn.Close()
	}
}

func FuzzInstance(f *testing.F) {
	f.Add("/metadata/instance/compute", "api-version=2021-02-01&format=text")
	f.Add("/metadata/identity/oauth2/token", "api-version=2018-02-01&resource=x")
	f.Fuzz(func(t *testing.T, path, query string) {
		r := newRigOptions()
		q := &http.Request{Method: http.MethodGet, Header: http.Header{"Metadata": {"true"}}, URL: newURL(path, query)}
		w := &recorder{header: http.Header{}}
		Handler(r).ServeHTTP(w, q)
		if w.status >= 500 || strings.Contains(w.body.String(), secret) {
			t.Fatalf("%d %s", w.status, w.body.String())
		}
	})
}
