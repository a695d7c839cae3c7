package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/uuid"
)

// keys are what the plugin signs in and calls with. They are random, and end with the gateway.
type keys struct {
	secret string // of the client
	mark   string // in the bearer token: what makes it unguessable
}

func newKeys() keys { return keys{secret: random(), mark: random()} }

func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// same compares in a time that tells nothing, the lengths included.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// principal is who the Account is: ids, no secrets. A key vault that the plugin makes lets this principal in.
type principal struct{ tenant, object, client string }

// whoami reads the ids from a token of the Account, whose form is Azure's own affair and nothing to rely on: a tenant that is not there
// is asked for, and the others do not matter to any call of the plugin for Linux.
func (g *Gateway) whoami(ctx context.Context) (principal, error) {
	token, err := g.opts.Account.Credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{g.opts.Account.Scope()}})
	if err != nil {
		return principal{}, fmt.Errorf("sign in to Azure: %w", err)
	}
	var claims struct {
		Tenant string `json:"tid"`
		Object string `json:"oid"`
		App    string `json:"appid"`
		Azp    string `json:"azp"`
	}
	if parts := strings.Split(token.Token, "."); len(parts) == 3 {
		if data, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(data, &claims)
		}
	}
	p := principal{tenant: claims.Tenant, object: claims.Object, client: claims.App}
	if p.client == "" {
		p.client = claims.Azp
	}
	for _, id := range []*string{&p.object, &p.client} {
		if uuid.Validate(*id) != nil {
			*id = uuid.NewString()
		}
	}
	if uuid.Validate(p.tenant) != nil {
		p.tenant, err = g.askTenant(ctx)
	}
	return p, err
}

// askTenant asks for the tenant of the subscription.
func (g *Gateway) askTenant(ctx context.Context) (string, error) {
	var subscription struct {
		Tenant string `json:"tenantId"`
	}
	status, data, err := g.ask(ctx, "/subscriptions/"+g.opts.Account.Subscription, "2022-12-01")
	if err == nil && (status != http.StatusOK || json.Unmarshal(data, &subscription) != nil || uuid.Validate(subscription.Tenant) != nil) {
		err = said(status, data)
	}
	if err != nil {
		return "", fmt.Errorf("ask for the tenant of subscription %s: %w", g.opts.Account.Subscription, err)
	}
	return subscription.Tenant, nil
}

// tokenLife is what the plugin is told; it asks again before that has passed.
const tokenLife = time.Hour

// isTokenPath reports whether a path is that of a token endpoint, of either version: /TENANT/oauth2/token, /TENANT/oauth2/v2.0/token. The
// newer plugin writes two slashes at its beginning.
func isTokenPath(path string) bool {
	parts := strings.Split(strings.TrimLeft(path, "/"), "/")
	n := len(parts)
	return (n == 3 || n == 4 && parts[2] == "v2.0") && parts[1] == "oauth2" && parts[n-1] == "token"
}

// token answers the plugin when it signs in.
func (g *Gateway) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	deny := func(code, description string) {
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": code, "error_description": description})
	}
	if r.Method != http.MethodPost || r.ParseForm() != nil {
		deny("invalid_request", "a form is wanted")
		return
	}
	if !same(r.PostForm.Get("client_secret"), g.keys.secret) {
		deny("invalid_client", "the client secret is not the one of this build")
		return
	}
	now := time.Now()
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "access_token": g.bearer(now), "resource": g.own.String() + "/",
		"expires_in": json.Number(strconv.Itoa(int(tokenLife.Seconds()))), // and texts, as the old endpoint has them:
		"expires_on": strconv.FormatInt(now.Add(tokenLife).Unix(), 10), "not_before": strconv.FormatInt(now.Unix(), 10),
	})
}

// bearer makes a token in the form that the plugin wants: it reads the oid claim. Its last part is the secret.
func (g *Gateway) bearer(now time.Time) string {
	part := func(v any) string {
		data, _ := json.Marshal(v) // of texts and numbers
		return base64.RawURLEncoding.EncodeToString(data)
	}
	return part(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." + part(map[string]any{
		"aud": g.own.String() + "/", "iss": g.own.String() + "/" + g.who.tenant + "/", "tid": g.who.tenant, "oid": g.who.object,
		"sub": g.who.object, "appid": g.who.client, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(),
	}) + "." + g.keys.mark
}

// mayCall reports whether a request has a bearer token of this gateway. One that the plugin keeps for longer than it was told is taken
// too: it ends with the gateway.
func (g *Gateway) mayCall(r *http.Request) bool {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(kind, "Bearer") && same(token[strings.LastIndexByte(token, '.')+1:], g.keys.mark)
}
