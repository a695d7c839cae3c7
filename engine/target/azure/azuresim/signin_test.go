package azuresim_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestSignIn has the plugin sign in by a token that somebody else vouches for.
func TestSignIn(t *testing.T) {
	t.Parallel()
	r := newPackerRig(t, azuresim.Options{})
	r.group("images")
	source := r.source(ubuntu + `
  managed_image_resource_group_name = "images"
  managed_image_name                = "web"
`)
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	token := part(map[string]string{"alg": "RS256", "typ": "JWT", "x5t": "thumbprint"}) + "." +
		part(map[string]any{"exp": time.Now().Add(time.Hour).Unix(), "sub": "me"}) + ".c2lnbmF0dXJl"
	r.built(strings.Replace(source, `client_secret          = "secret"`, `client_jwt = "`+token+`"`, 1), "")
	r.left("/resourceGroups/images", "/images/web")
}

// TestSecrets lets in a service principal with the secret that was set, and no other.
func TestSecrets(t *testing.T) {
	sim, err := azuresim.Start(azuresim.Options{ClientSecret: "right"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	client := sim.Client()
	t.Cleanup(client.CloseIdleConnections)
	for _, tt := range []struct {
		given  url.Values
		status int
		says   string
	}{
		{url.Values{"client_id": {"me"}, "client_secret": {"right"}}, 200, `"access_token"`},
		{url.Values{"client_id": {"me"}, "client_secret": {"wrong"}}, 401, "AADSTS7000215"},
		{url.Values{"client_id": {"me"}}, 401, "AADSTS7000215"},
		{url.Values{"client_secret": {"right"}}, 401, "AADSTS900144"},
		{url.Values{"client_id": {"me"}, "client_assertion": {"a.b.c"}}, 200, `"access_token"`},
		{url.Values{"client_id": {"me"}, "grant_type": {"password"}}, 401, "AADSTS70003"},
	} {
		for _, endpoint := range []string{"/oauth2/token", "/oauth2/v2.0/token"} {
			if tt.given.Get("grant_type") == "" {
				tt.given.Set("grant_type", "client_credentials")
			}
			resp, err := client.PostForm(sim.URL()+"/"+azuresim.DefaultTenant+endpoint, tt.given)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.StatusCode != tt.status || !strings.Contains(string(text), tt.says) {
				t.Errorf("%v at %s: %d %s, want %d %s", tt.given, endpoint, resp.StatusCode, text, tt.status, tt.says)
			}
		}
	}
}

// TestTokens refuses what is no token, and one that has ended.
func TestTokens(t *testing.T) {
	sim, err := azuresim.Start(azuresim.Options{TokenLifetime: -time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	arm := newARM(t, sim)
	for _, tt := range []struct{ name, token, code string }{
		{"none", "", "AuthenticationFailed"},
		{"one that has ended", arm.token, "ExpiredAuthenticationToken"},
		{"one of somebody else's", arm.token[:len(arm.token)-4] + "AAAA", "InvalidAuthenticationToken"},
		{"no token at all", "a.b", "InvalidAuthenticationToken"},
		{"not text", "a.%%%.c", "InvalidAuthenticationToken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &armClient{t, sim, tt.token, arm.http}
			status, o, _ := c.do(http.MethodGet, subscription, "2022-12-01", "")
			e, _ := o["error"].(map[string]any)
			if status != http.StatusUnauthorized || e["code"] != tt.code {
				t.Errorf("got %d %v, want 401 %s", status, e["code"], tt.code)
			}
		})
	}
}

// TestBadRequests is what Azure Resource Manager says to requests that are not for it, or no requests.
func TestBadRequests(t *testing.T) {
	sim, err := azuresim.Start(azuresim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	arm := newARM(t, sim)
	const g = subscription + "/resourceGroups/g"
	arm.put(g, "2024-03-01", `{"location": "westeurope"}`)
	for _, tt := range []struct {
		name, method, path, version, body string
		status                            int
		code                              string
	}{
		{"no api-version", "GET", g, "", "", 400, "MissingApiVersionParameter"},
		{"a version that is no date", "GET", g, "v1", "", 400, "InvalidApiVersionParameter"},
		{"a version before the type", "GET", g + "/providers/Microsoft.Compute/galleries", "2015-06-15", "", 400,
			"NoRegisteredProviderFound"},
		{"a version that nobody has seen", "GET", g, "2099-01-01", "", 400, "NoRegisteredProviderFound"},
		{"a type that is not there", "GET", g + "/providers/Microsoft.Compute/toasters", "2024-07-01", "", 404,
			"InvalidResourceType"},
		{"no JSON", "PUT", g, "2024-03-01", "<group/>", 400, "InvalidRequestContent"},
		{"JSON that is no object", "PUT", g, "2024-03-01", "[1]", 400, "InvalidRequestContent"},
		{"no body", "PUT", g, "2024-03-01", "", 400, "InvalidRequestContent"},
		{"no location", "PUT", subscription + "/resourceGroups/h", "2024-03-01", "{}", 400, "LocationRequired"},
		{"another location", "PUT", g, "2024-03-01", `{"location": "eastus"}`, 409, "InvalidResourceLocation"},
		{"properties of another type", "PUT", g + "/providers/Microsoft.Network/virtualNetworks/v", "2024-01-01",
			`{"location": "westeurope", "properties": 7}`, 400, "InvalidRequestFormat"},
		{"a child without a parent", "PUT", g + "/providers/Microsoft.Network/virtualNetworks/v/subnets/s", "2024-01-01",
			"{}", 404,
			"ParentResourceNotFound"},
		{"a reference to nothing", "PUT", g + "/providers/Microsoft.Compute/disks/d", "2024-03-02",
			`{"location": "westeurope",
			"properties": {"creationData": {"createOption": "Copy", "sourceResourceId": "` + g +
				`/providers/Microsoft.Compute/disks/x"}}}`, 404, "ResourceNotFound"},
		{"an interface whose subnet is a number", "PUT", g + "/providers/Microsoft.Network/networkInterfaces/n", "2024-01-01",
			`{"location": "westeurope", "properties": {"ipConfigurations": [{"properties": {"subnet": 3}}]}}`, 400, "SubnetIsRequired"},
		{"an interface with a configuration that is a number", "PUT", g + "/providers/Microsoft.Network/networkInterfaces/n",
			"2024-01-01",
			`{"location": "westeurope", "properties": {"ipConfigurations": [3]}}`, 400, "InvalidRequestFormat"},
		{"an action that is not there", "POST", g + "/fly", "2024-03-01", "", 404, "InvalidResourceAction"},
		{"a method that is not served", "PATCH", g + "/providers/Microsoft.Resources/deployments/d", "2024-03-01", "{}", 405,
			"MethodNotAllowed"},
		{"a machine of nothing", "PUT", g + "/providers/Microsoft.Compute/virtualMachines/m", "2024-07-01",
			`{"location": "westeurope"}`, 400, "InvalidParameter"},
		{"an image of nothing", "PUT", g + "/providers/Microsoft.Compute/images/i", "2024-07-01",
			`{"location": "westeurope"}`, 400,
			"InvalidParameter"},
		{"a path that is no id", "GET", subscription + "/a/b/c", "2024-03-01", "", 404, "InvalidResourceId"},
		{"providers and nothing behind", "GET", subscription + "/providers/", "2024-03-01", "", 200, ""},
		{"a template that is a text", "PUT", g + "/providers/Microsoft.Resources/deployments/d", "2024-03-01",
			`{"properties": {"mode": "Incremental", "template": "x"}}`, 400, "InvalidTemplate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, o, _ := arm.do(tt.method, tt.path, tt.version, tt.body)
			e, _ := o["error"].(map[string]any)
			if code, _ := e["code"].(string); status != tt.status || code != tt.code {
				t.Errorf("got %d %v, want %d %s", status, e, tt.status, tt.code)
			}
		})
	}
}
