package resolve

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestIsStorage(t *testing.T) {
	for uri, want := range map[string]bool{
		"https://acct.blob.core.windows.net/c/b":              true,
		"https://ACCT.blob.core.windows.net:443/c/b":          true,
		"https://acct-secondary.blob.core.windows.net/c/b":    true,
		"https://acct.z12.blob.storage.azure.net/c/b":         true,
		"https://acct.blob.core.usgovcloudapi.net/c/b":        true,
		"https://acct.dfs.core.windows.net/c/b":               true,
		"https://acct.blob.core.windows.net.evil.example/c/b": false,
		"https://evil.example/acct.blob.core.windows.net":     false,
		"https://blob.core.windows.net/c/b":                   false,
		"https://a.b.blob.core.windows.net/c/b":               false,
		"https://acct.blob.core.windows.net@evil.example/c/b": false,
		"https://acct.web.core.windows.net/b":                 false,
		"https://127.0.0.1/acct/c/b":                          false,
	} {
		u, err := url.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		if got := isStorage(u); got != want {
			t.Errorf("%s: %v, want %v", uri, got, want)
		}
	}
}

// TestStorageRefusals are answers that Azurite does not give.
func TestStorageRefusals(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, code string
		status     int
		query      string
		want       string
	}{
		{"firewall", "AuthorizationFailure", 403, "", "network rules"},
		{"firewall, or a signature", "AuthorizationFailure", 403, "sp=r&sig=secret", "or the network rules"},
		{"signature ended on a day", "AuthenticationFailed", 403, "se=2026-11-20&sp=r&sig=secret", "ended on 2026-11-20T00:00:00Z"},
		{"signature ended at a minute", "AuthenticationFailed", 403, "se=2026-11-21T08:59Z&sp=r&sig=secret", "ended on 2026-11-21T08:59:00Z"},
		{"signature ended at a second", "AuthenticationFailed", 403, "se=2026-11-21T09:00:00Z&sig=secret", "ended on 2026-11-21T09:00:00Z"},
		{"signature was cut", "AuthenticationFailed", 403, "se=2026-12-21&sp=r&sig=secret", "does not fit the blob"},
		{"no public access", "PublicAccessNotPermitted", 409, "", "lets nobody read anonymously"},
		{"private container", "ResourceNotFound", 404, "", "or it is not public"},
		{"private container, to newer versions", "NoAuthenticationInformation", 401, "", "the container is not public"},
		{"role missing", "AuthorizationPermissionMismatch", 403, "", "Storage Blob Data Reader"},
		{"keys are off", "KeyBasedAuthenticationNotPermitted", 403, "se=2026-12-21&sp=r&sig=secret", "--as-user"},
		{"address", "AuthorizationSourceIPMismatch", 403, "se=2026-12-21&sp=r&sip=1.2.3.4&sig=secret", "other addresses"},
		{"archive", "BlobArchived", 409, "", "archive tier"},
		{"no code", "", 404, "", "no such container"},
		{"a code of tomorrow", "SomethingElse", 403, "", "403 Forbidden, SomethingElse"},
		{"a code that is none", "<b>&lt;", 403, "", "403 Forbidden|"},
	} {
		for _, inHeader := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, in a header: %v", tt.name, inHeader), func(t *testing.T) {
				srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					if inHeader && tt.code != "" {
						w.Header().Set("X-Ms-Error-Code", tt.code)
					}
					w.WriteHeader(tt.status)
					if tt.code != "" {
						fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>sig=secret was not\nwhat</Message></Error>", tt.code)
					}
				})
				o := options(t)
				o.now = func() time.Time { return now }
				o.rename = func(string) string { return strings.TrimPrefix(srv, "http://") }
				code, text := refused(t, o, "http://acct.blob.core.windows.net/c/a.sh?"+tt.query)
				if code != CodeStatus || !strings.Contains(text, tt.want) || strings.Contains(text, "secret") || strings.Contains(text, "attempts") {
					t.Errorf("%s: %s; want %q", code, text, tt.want)
				}
			})
		}
	}
}

func TestNoIdentityIsSaid(t *testing.T) {
	u, err := url.Parse("https://acct.blob.core.windows.net/c/a.sh")
	if err != nil {
		t.Fatal(err)
	}
	d := &download{fetcher: &fetcher{Options: Options{now: time.Now}}, uri: u.String(), url: u}
	refused := &statusError{code: 404, storage: "ResourceNotFound"}
	p := d.problem(fmt.Errorf("wrapped: %w", &identityError{refused, noImage("x")}), 1)
	for _, want := range []string{"or it is not public; no base image for x: the catalog does not list it", "ingot image add; or give the URL a shared access"} {
		if text := p.why + "|" + p.fix; !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}
