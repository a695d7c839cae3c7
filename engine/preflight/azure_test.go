package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/ingot-build/ingot/translate/diag"
)

// somebody has a token that never ends.
type somebody struct{}

func (somebody) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// answering gives an Azure that answers as a function does, and the addresses that it was asked for.
func answering(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) (*Azure, *[]string) {
	t.Helper()
	var mu sync.Mutex
	asked := &[]string{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		*asked = append(*asked, r.URL.String())
		mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("%s: without a token", r.URL)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	a, err := NewAzure(somebody{}, &arm.ClientOptions{ClientOptions: policy.ClientOptions{
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: server.URL, Audience: server.URL}}},
		Transport: server.Client(), Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Millisecond, MaxRetryDelay: time.Millisecond},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return a, asked
}

const askedScope = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"

func TestListsHavePages(t *testing.T) {
	a, asked := answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("page") {
		case "":
			fmt.Fprintf(w, `{"value":[{"actions":["a/read"]}],"nextLink":"https://%s%s?api-version=x&page=2"}`, r.Host, r.URL.Path)
		default:
			fmt.Fprint(w, `{"value":[{"Actions":["b/read"],"notActions":["c/read"]}]}`)
		}
	})
	for range 2 { // the second time from memory, but for the second page
		got, err := a.grants(t.Context(), askedScope)
		if err != nil || len(got) != 2 || got[0].Actions[0] != "a/read" || got[1].NotActions[0] != "c/read" {
			t.Errorf("%+v %v", got, err)
		}
	}
	first := slices.DeleteFunc(slices.Clone(*asked), func(s string) bool { return strings.Contains(s, "page=2") })
	if len(first) != 1 {
		t.Errorf("asked for %v", *asked)
	}
}

// TestBadLists are lists that do not end, or that lead the token elsewhere.
func TestBadLists(t *testing.T) {
	for name, tt := range map[string]struct{ link, want string }{
		"another host": {"https://example.com/next", "goes on at another host"},
		"plain HTTP":   {"http://HOST/next", "goes on at another host"},
		"without end":  {"https://HOST/next", "more than 200 pages"},
		"no link":      {"::", "goes on at another host"},
	} {
		a, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"value":[],"nextLink":%q}`, strings.Replace(tt.link, "HOST", r.Host, 1))
		})
		if _, err := a.grants(t.Context(), askedScope); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBadAnswers are findings, not failures: the other facts are still worth knowing.
func TestBadAnswers(t *testing.T) {
	n := &Needs{
		Facts: []Fact{{Kind: Provider, Subject: "Microsoft.Compute", Scope: askedScope, Holds: "it is registered", Why: "why", Fix: "fix",
			Places: []Place{{"web.json", "properties.source"}}}},
		Permissions: []Permission{{Holder: Builder, Action: "Microsoft.Compute/disks/read", Scope: askedScope,
			Reasons: []Reason{{Place: Place{"web.json", "properties.vmProfile"}, For: "x"}}}},
	}
	for name, tt := range map[string]struct {
		status int
		body   string
		why    string
	}{
		"forbidden":       {403, `{"error":{"code":"AuthorizationFailed"}}`, "the builder may not look: it lacks Microsoft."},
		"throttled":       {429, `{"error":{"code":"TooManyRequests"}}`, "Azure answered 429 TooManyRequests"},
		"broken":          {500, "<html>", "Azure answered 500"},
		"no JSON":         {200, "<html>", "unmarshalling"},
		"nothing":         {200, "", ""},
		"of another kind": {200, `[1,2]`, "unmarshalling"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			list, err := a.Ask(t.Context(), n)
			if err != nil || len(list) != 2 {
				t.Fatalf("%+v %v", list, err)
			}
			for _, f := range list {
				if name == "nothing" { // no state, and no grant
					if f.Code != CodeProvider && f.Code != CodePermission {
						t.Errorf("%+v", f)
					}
					continue
				}
				if f.Code != CodeNotAsked || f.Severity != diag.Warning || !strings.Contains(f.Why, tt.why) || len(f.Places) != 1 ||
					strings.Contains(f.Why, "\n") {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// TestCancelled ends with the reason that it was told.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	a, _ := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel(enough)
		<-r.Context().Done()
	})
	n := &Needs{Facts: []Fact{{Kind: Provider, Subject: "Microsoft.Compute", Scope: askedScope}}}
	if _, err := a.Ask(ctx, n); err != enough {
		t.Error(err)
	}
}

// TestScopesThatAreNotThere takes what is granted around them.
func TestScopesThatAreNotThere(t *testing.T) {
	const group = askedScope + "/resourceGroups/later"
	a, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, group) {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error":{"code":"ResourceGroupNotFound"}}`)
			return
		}
		fmt.Fprint(w, `{"value":[{"actions":["*/read"]}]}`)
	})
	for _, scope := range []string{askedScope, group, group + "/providers/Microsoft.Compute/galleries/g"} {
		if got, err := a.grantsAround(t.Context(), scope); err != nil || len(got) != 1 {
			t.Errorf("%s: %v %v", scope, got, err)
		}
	}
}

// TestKinds wants a check for each kind, and each kind in the order.
func TestKinds(t *testing.T) {
	if len(checks) != len(kinds) {
		t.Errorf("%d checks for %d kinds", len(checks), len(kinds))
	}
	for _, k := range kinds {
		if checks[k] == nil {
			t.Errorf("%s has no check", k)
		}
	}
}

func TestCompareNumbers(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"1.0.0", "1.0.0", 0}, {"1.0.10", "1.0.9", 1}, {"0.20240507.1740", "0.20241004.1890", -1}, {"1.2", "1.2.0", -1},
		{"01.2", "1.2", 0}, {"99999999999999999999.0", "100000000000000000000.0", -1},
	} {
		got := compareNumbers(tt.a, tt.b)
		if got < 0 != (tt.want < 0) || got > 0 != (tt.want > 0) {
			t.Errorf("%s and %s: %d", tt.a, tt.b, got)
		}
	}
}

func TestContainer(t *testing.T) {
	for address, want := range map[string]string{
		"https://acct.blob.core.windows.net/c/d/e.sh":           "https://acct.blob.core.windows.net/c acct",
		"https://ACCT.blob.core.windows.net:443/c":              "https://acct.blob.core.windows.net/c acct",
		"https://acct.blob.core.chinacloudapi.cn/c/x":           "https://acct.blob.core.chinacloudapi.cn/c acct",
		"https://acct.blob.core.windows.net/":                   " ",
		"https://acct.blob.core.windows.net/c/x?sv=1&sig=abc":   " ",
		"https://example.com/c/x":                               " ",
		"https://acct.blob.example.com.evil/../c":               "https://acct.blob.example.com.evil/.. acct",
		"https://blob.core.windows.net/c":                       " ",
		"://":                                                   " ",
		"https://acct.blob.core.windows.net/c?snapshot=2026-01": "https://acct.blob.core.windows.net/c acct",
	} {
		url, account, ok := container(address)
		if got := url + " " + account; got != want || ok != (want != " ") {
			t.Errorf("%s: %q, %v", address, got, ok)
		}
	}
}
