package gateway

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/ingot-build/ingot/engine/azurearm"
)

const (
	testTenant       = "11111111-1111-1111-1111-111111111111"
	testSubscription = "00000000-0000-0000-0000-000000000001"
	groupID          = "/subscriptions/" + testSubscription + "/resourceGroups/build"
	vmID             = groupID + "/providers/Microsoft.Compute/virtualMachines/vm"
	snapshotID       = groupID + "/providers/Microsoft.Compute/snapshots/os"
)

// trueToken is that of the Account: it looks like one of Azure's.
var trueToken = "e30." + base64.RawURLEncoding.EncodeToString(
	[]byte(`{"tid": "`+testTenant+`", "oid": "22222222-2222-2222-2222-222222222222"}`)) + ".signature"

type fakeCredential struct {
	life  time.Duration // of a token
	token string        // "" is trueToken
	err   error
}

func (c *fakeCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: cmp.Or(c.token, trueToken), ExpiresOn: time.Now().Add(c.life)}, c.err
}

// testGateway is a gateway to a server that the test answers for.
type testGateway struct {
	*Gateway
	t          *testing.T
	credential *fakeCredential
	azure      string // the server's address

	mu     sync.Mutex
	events []string // "GET /path" that came to the server, "created ID", "gone ID", "said …", in their order
}

// start makes one. Of an Account in the options the credential is taken. answer serves what comes to Azure, but for the questions at the
// start; nil answers {} to everything.
func start(t *testing.T, o Options, answer http.HandlerFunc) *testGateway {
	t.Helper()
	g := &testGateway{t: t, credential: &fakeCredential{life: time.Hour}}
	if o.Account != nil {
		g.credential = o.Account.Credential.(*fakeCredential)
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metadata/endpoints" {
			fmt.Fprint(w, `{"suffixes": {"storage": "core.example", "keyVaultDns": "vault.example"}}`)
			return
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+cmp.Or(g.credential.token, trueToken) {
			t.Errorf("%s %s came with %q", r.Method, r.URL, got)
		}
		g.event("%s %s", r.Method, r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		if answer == nil {
			fmt.Fprint(w, "{}")
			return
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	g.azure = server.URL
	o.Account = &azurearm.Account{Subscription: testSubscription, Credential: g.credential, Client: policy.ClientOptions{
		Transport: server.Client(),
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: server.URL, Audience: "https://management.example"},
		}},
	}}
	if o.Created == nil {
		o.Created = func(_ context.Context, id string) error { g.event("created %s", id); return nil }
	}
	o.Gone = func(id string) { g.event("gone %s", id) }
	o.Say = func(line string) { g.event("said %s", line) }
	if o.Poll == 0 {
		o.Poll = -1
	}
	var err error
	if g.Gateway, err = Start(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

func (g *testGateway) event(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.events = append(g.events, fmt.Sprintf(format, args...))
}

// took gives the events since the last time.
func (g *testGateway) took() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.events
	g.events = nil
	return all
}

// token signs in as the plugin does.
func (g *testGateway) token() string {
	g.t.Helper()
	resp, err := http.PostForm(g.own.String()+"/"+testTenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_secret": {g.Variables()["client_secret"]}})
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	_, rest, _ := strings.Cut(string(body), `"access_token":"`)
	token, _, ok := strings.Cut(rest, `"`)
	if !ok {
		g.t.Fatalf("no token: %s", body)
	}
	return token
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of the body
}

// do calls as the plugin does.
func (g *testGateway) do(method, path, body string) reply {
	g.t.Helper()
	r, err := g.try(method, path, body)
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

func (g *testGateway) try(method, path, body string) (reply, error) {
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.own.String()+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+g.bearer(time.Now()))
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	client := &http.Client{Transport: &http.Transport{}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(data), err}, nil
}

var errLedger = errors.New("the disk is full")
