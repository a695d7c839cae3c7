package azureid

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

func TestCloud(t *testing.T) {
	for name, want := range map[string]string{"": "https://management.azure.com", "AzureCloud": "https://management.azure.com",
		"AzureUSGovernment": "https://management.usgovcloudapi.net", "AzureChinaCloud": "https://management.chinacloudapi.cn"} {
		c, err := Cloud(name)
		if got := c.Services[cloud.ResourceManager].Endpoint; err != nil || got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if _, err := Cloud("AzureMoon"); err == nil || err.Error() != `there is no cloud "AzureMoon"` {
		t.Error(err)
	}
}

func TestDescribedCloud(t *testing.T) {
	const good = `{"name":"Own","resourceManager":"https://arm.own.example/","authentication":{"loginEndpoint":"https://login.own.example/",` +
		`"audiences":["https://management.own.example/"]}}`
	for name, tt := range map[string]struct {
		status int
		body   string
		why    string // "" is good
	}{
		"good":                  {200, good, ""},
		"no JSON":               {200, "<html>", "not the JSON of a cloud"},
		"a list, as until 2022": {200, "[" + good + "]", "not the JSON of a cloud"},
		"nothing in it":         {200, "{}", `"" is no https URL`},
		"manager over http":     {200, strings.Replace(good, "https://arm", "http://arm", 1), `"http://arm.own.example/" is no https URL`},
		"login over http":       {200, strings.Replace(good, "https://login", "http://login", 1), "is no https URL"},
		"error":                 {500, good, "it answered 500"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/base/metadata/endpoints" || r.URL.Query().Get("api-version") == "" {
					t.Errorf("asked for %s", r.URL)
				}
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			defer server.Close()
			c, err := DescribedCloud(t.Context(), server.Client(), server.URL+"/base/")
			if tt.why != "" {
				if e, ok := err.(*Error); !ok || !strings.Contains(e.Why(), tt.why) || e.Fix() == "" {
					t.Errorf("%#v", err)
				}
				return
			}
			m := c.Services[cloud.ResourceManager]
			if err != nil || c.ActiveDirectoryAuthorityHost != "https://login.own.example/" || m.Endpoint != "https://arm.own.example" ||
				m.Audience != "https://management.own.example" {
				t.Errorf("%+v %v", c, err)
			}
		})
	}
	for _, address := range []string{"", "http://arm.own.example", "arm.own.example:8080", "https://", "https://\x00"} {
		if _, err := DescribedCloud(t.Context(), http.DefaultClient, address); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

// TestDescribedAgain asks again where there was no good answer, and not where there is none.
func TestDescribedAgain(t *testing.T) {
	for status, want := range map[int]int{http.StatusServiceUnavailable: 2, http.StatusTooManyRequests: 2, http.StatusNotFound: 1} {
		asked := 0
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked++; asked == 1 {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(status)
				return
			}
			fmt.Fprint(w, `{"resourceManager":"https://arm.own.example","authentication":{"loginEndpoint":"https://login.own.example"}}`)
		}))
		if _, err := DescribedCloud(t.Context(), server.Client(), server.URL); asked != want || (err == nil) != (want == 2) {
			t.Errorf("%d: asked %d times: %v", status, asked, err)
		}
		server.Close()
	}
}

func TestCredential(t *testing.T) {
	bare(t)
	t.Setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/token")
	t.Setenv("IDENTITY_HEADER", "header")
	c := chain(func(r *http.Request) (int, string) {
		return 200, fmt.Sprintf(`{"access_token":%q,"expires_on":"4102444800"}`, "for "+r.URL.Query().Get("resource"))
	}).Credential("")
	token, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://arm.own.example/.default"}})
	if err != nil || token.Token != "for https://arm.own.example" || token.ExpiresOn.Unix() != 4102444800 {
		t.Errorf("%+v %v", token, err)
	}
	if _, err := c.GetToken(context.Background(), policy.TokenRequestOptions{}); err == nil {
		t.Error("a token for nothing")
	}
}
