package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
)

const secretURI = "https://kv.vault.example/secrets/cert/1"

// oldPlugin is a client as plugins before 2.0 are: it trusts what SSL_CERT_FILE names, and asks vaults by the proxy.
func oldPlugin(t *testing.T, g *testGateway) *http.Client {
	t.Helper()
	var file, proxy string
	for _, entry := range g.Environ() {
		if value, is := strings.CutPrefix(entry, "SSL_CERT_FILE="); is {
			file = value
		}
		if value, is := strings.CutPrefix(entry, "HTTPS_PROXY="); is {
			proxy = value
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		t.Fatalf("%s has not one certificate and nothing else:\n%s", file, data)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(data)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, Proxy: func(r *http.Request) (*url.URL, error) {
		if r.URL.Hostname() == "127.0.0.1" {
			return nil, nil
		}
		return url.Parse(proxy)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// A vault of the build answers where its secrets are, and nothing else does.
func TestVault(t *testing.T) {
	g := start(t, Options{Plugin: "1.4.5", Dir: t.TempDir(), Known: []string{groupID}}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"properties": {"secretUriWithVersion": %q, "value": "hidden"}}`, secretURI)
	})
	client := oldPlugin(t, g)
	ask := func(method, address, token string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := client.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	token := g.bearer(time.Now())
	const vault = "https://kv." + vaultSuffix
	if status, body := ask(http.MethodGet, vault+"/secrets/cert", token); status != 404 {
		t.Errorf("before it is made: %d %s", status, body)
	}
	made := g.own.String() + groupID + "/providers/Microsoft.KeyVault/vaults/KV?api-version=1"
	if status, body := ask(http.MethodPut, made, token); status != 200 {
		t.Fatal(status, body)
	}
	for _, tt := range []struct {
		name, method, address, token string
		status                       int
		body                         string
	}{
		{"secret", "GET", vault + "/secrets/cert?api-version=2016-10-01", token, 200, `{"id":"` + secretURI + `"}`},
		{"another's token", "GET", vault + "/secrets/cert", trueToken, 401, ""},
		{"another vault", "GET", "https://other." + vaultSuffix + "/secrets/cert", token, 404, ""},
		{"a write", "PUT", vault + "/secrets/cert", token, 403, ""},
		{"keys", "GET", vault + "/keys/cert", token, 403, ""},
		{"a call of Resource Manager", "GET", vault + groupID, token, 403, ""},
		{"another host", "GET", "https://management.azure.com" + groupID, token, 0, "Forbidden"},
		{"another port", "GET", "https://kv." + vaultSuffix + ":8443/secrets/cert", token, 0, "Forbidden"},
	} {
		if status, body := ask(tt.method, tt.address, tt.token); status != tt.status || !strings.Contains(body, tt.body) {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
	}
	file := g.caFile
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Errorf("%s is left", file)
	}
}

// The options that cannot be served are refused, and the same goes for an Account that nobody is behind.
func TestStart(t *testing.T) {
	created := func(context.Context, string) error { return nil }
	account := func(endpoint string) *azurearm.Account {
		g := start(t, Options{}, nil)
		a := *g.opts.Account
		services := a.Client.Cloud.Services
		for name, s := range services {
			s.Endpoint = strings.Replace(endpoint, "AZURE", g.manager.Host, 1)
			services[name] = s
		}
		return &a
	}
	file := filepath.Join(t.TempDir(), "file")
	expired := account("https://AZURE")
	expired.Credential = &fakeCredential{err: errLedger}
	for _, tt := range []struct {
		name string
		o    Options
		want string // a part of the error; "" is none
	}{
		{"nothing", Options{}, "Created"},
		{"no ledger", Options{Account: account("https://AZURE")}, "Created"},
		{"plain HTTP", Options{Account: account("http://AZURE"), Created: created}, "an https URL"},
		{"a path", Options{Account: account("https://AZURE/x"), Created: created}, "without a path"},
		{"no folder", Options{Account: account("https://AZURE"), Created: created, Plugin: "v1.4.5"}, "needs a folder"},
		{"folder that is not there", Options{Account: account("https://AZURE"), Created: created, Plugin: "1.4.5", Dir: file}, "TLS"},
		{"no token", Options{Account: expired, Created: created}, "sign in to Azure"},
		{"slash", Options{Account: account("https://AZURE/"), Created: created, Plugin: "2.0.0"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := Start(t.Context(), tt.o)
			if err == nil {
				defer func() {
					if err := g.Close(); err != nil {
						t.Error(err)
					}
				}()
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The tenant is asked for where the token does not tell it.
func TestTenant(t *testing.T) {
	opaque := &azurearm.Account{Credential: &fakeCredential{life: time.Hour, token: "opaque"}}
	g := start(t, Options{Account: opaque}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"tenantId": %q}`, testTenant)
	})
	if got := g.Variables()["tenant_id"]; got != testTenant {
		t.Errorf("got %q", got)
	}
	if got, want := g.took(), []string{"GET /subscriptions/" + testSubscription}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// What the plugin is given has no credential in it, and takes away what the environment has.
func TestEnviron(t *testing.T) {
	g := start(t, Options{}, nil)
	for name, value := range g.Variables() {
		if value == "" || strings.Contains(value, trueToken) {
			t.Errorf("%s is %q", name, value)
		}
	}
	env := g.Environ()
	for _, want := range []string{"GO_AZURE_SDK_SKIP_POLLING_DELAY=true", "AZURE_CLIENT_SECRET=", "ARM_CLIENT_SECRET=", "IDENTITY_HEADER="} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is not in %q", want, env)
		}
	}
	if slices.ContainsFunc(env, func(s string) bool { return strings.HasPrefix(s, "HTTPS_PROXY") || strings.HasPrefix(s, "SSL_CERT") }) {
		t.Errorf("the newer plugin needs no proxy and no certificate: %q", env)
	}
}
