package azuresim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// claims are what a token says.
type claims struct {
	Audience string `json:"aud"`
	Issuer   string `json:"iss"`
	Tenant   string `json:"tid"`
	Object   string `json:"oid"`
	Subject  string `json:"sub"`
	App      string `json:"appid"`
	Issued   int64  `json:"iat"`
	Begins   int64  `json:"nbf"`
	Ends     int64  `json:"exp"`
}

// identityHeader is what a program has to send to get a token of a managed identity.
const identityHeader = "azuresim"

// token answers a service principal that signs in, by the endpoint of either version: the old one is asked for a
// resource, the new one for a scope, which is a resource and "/.default".
func (s *Sim) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeOAuthError(w, "invalid_request", err.Error())
		return
	}
	f := r.PostForm
	switch f.Get("grant_type") {
	case "client_credentials":
	case "urn:ietf:params:oauth:grant-type:jwt-bearer", "refresh_token":
	default:
		writeOAuthError(w, "unsupported_grant_type", "AADSTS70003: the app requested the grant type '"+f.Get("grant_type")+
			"', which is not served here.")
		return
	}
	secret, assertion := f.Get("client_secret"), f.Get("client_assertion")
	switch {
	case f.Get("client_id") == "":
		writeOAuthError(w, "invalid_request", "AADSTS900144: The request body must contain the following parameter: "+
			"'client_id'.")
		return
	case assertion == "" && (secret == "" || s.opts.ClientSecret != "" && secret != s.opts.ClientSecret):
		writeOAuthError(w, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
		return
	}
	tenant := strings.Split(strings.Trim(r.URL.Path, "/"), "/")[0]
	writeToken(w, s.issue(tenant, f.Get("client_id"), wanted(f)), wanted(f), s.opts.TokenLifetime)
}

// wanted is the resource that a token is asked for.
func wanted(f url.Values) string {
	if resource := f.Get("resource"); resource != "" {
		return resource
	}
	for scope := range strings.FieldsSeq(f.Get("scope")) {
		if resource, is := strings.CutSuffix(scope, "/.default"); is {
			return resource
		}
	}
	return audience
}

// managedIdentity answers a program that has an identity because of where it runs.
//
// Reference: https://learn.microsoft.com/azure/app-service/overview-managed-identity (2019-08-01) and
// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
func (s *Sim) managedIdentity(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Identity-Header") != identityHeader && r.Header.Get("Metadata") != "true" {
		writeOAuthError(w, "unauthorized_client", "neither the header X-IDENTITY-HEADER nor Metadata is there")
		return
	}
	q := r.URL.Query()
	who := q.Get("client_id")
	for _, name := range []string{"mi_res_id", "msi_res_id", "object_id", "principal_id"} {
		if who == "" {
			who = q.Get(name)
		}
	}
	writeToken(w, s.issue(s.opts.TenantID, who, q.Get("resource")), q.Get("resource"), s.opts.TokenLifetime)
}

// writeToken has numbers as texts: the old endpoint's clients want that, and those of the new one take it.
func writeToken(w http.ResponseWriter, token, resource string, lifetime time.Duration) {
	now := time.Now()
	ok(object{
		"token_type": "Bearer", "access_token": token, "resource": resource,
		"expires_in": json.Number(strconv.Itoa(int(lifetime.Seconds()))),
		"expires_on": strconv.FormatInt(now.Add(lifetime).Unix(), 10), "not_before": strconv.FormatInt(now.Unix(), 10),
	}).write(w)
}

func writeOAuthError(w http.ResponseWriter, code, description string) {
	(&reply{status: http.StatusUnauthorized, body: object{"error": code, "error_description": description}}).write(w)
}

// issue makes a token that only this emulator takes.
func (s *Sim) issue(tenant, app, resource string) string {
	now := time.Now()
	object := nameUUID("principal " + app)
	return s.signToken(claims{
		Audience: resource, Issuer: "https://sts.windows.net/" + tenant +
			"/", Tenant: tenant, Object: object, Subject: object, App: app,
		Issued: now.Unix(), Begins: now.Unix(), Ends: now.Add(s.opts.TokenLifetime).Unix(),
	})
}

func (s *Sim) signToken(c claims) string {
	part := func(v any) string {
		data, _ := json.Marshal(v) // of texts and numbers
		return base64.RawURLEncoding.EncodeToString(data)
	}
	text := part(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." + part(c)
	return text + "." + base64.RawURLEncoding.EncodeToString(s.mac(text))
}

func (s *Sim) mac(text string) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// whoCalls reads the token of a request.
func (s *Sim) whoCalls(r *http.Request) (claims, error) {
	var c claims
	bearer, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return c, s.challenge(r, refuse(http.StatusUnauthorized, "AuthenticationFailed",
			"Authentication failed. The 'Authorization' header is missing."))
	}
	parts := strings.Split(bearer, ".")
	if len(parts) != 3 {
		return c, s.challenge(r, refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid."))
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, s.mac(parts[0]+"."+parts[1])) {
		return c, s.challenge(r, refuse(http.StatusUnauthorized, "InvalidAuthenticationToken",
			"The access token has an invalid signature."))
	}
	data, _ := base64.RawURLEncoding.DecodeString(parts[1])
	_ = json.Unmarshal(data, &c) // it is signed: it is ours
	if time.Now().Unix() >= c.Ends {
		return c, s.challenge(r, expiredToken(time.Unix(c.Ends, 0)))
	}
	return c, nil
}

func expiredToken(ended time.Time) *Error {
	return refuse(http.StatusUnauthorized, "ExpiredAuthenticationToken",
		"The access token expiry UTC time '%s' is earlier than current UTC time '%s'.", stamp(ended), stamp(time.Now()))
}

// challenge adds the header by which a client learns where to get another token.
//
// Reference: https://learn.microsoft.com/entra/identity-platform/claims-challenge
func (s *Sim) challenge(r *http.Request, e *Error) *Error {
	e.Header = http.Header{"Www-Authenticate": {fmt.Sprintf("Bearer authorization_uri=%q, error=%q, error_description=%q",
		baseURL(r)+"/"+s.opts.TenantID, "invalid_token", e.Message)}}
	return e
}

// openID tells clients where tokens are to be had.
func (s *Sim) openID(w http.ResponseWriter, r *http.Request) {
	base := baseURL(r)
	if strings.HasSuffix(r.URL.Path, "/instance") {
		ok(object{"tenant_discovery_endpoint": base + "/" + s.opts.TenantID + "/v2.0/.well-known/openid-configuration",
			"metadata": []any{object{"preferred_network": r.Host, "preferred_cache": r.Host,
				"aliases": []string{r.Host}}}}).write(w)
		return
	}
	tenant := strings.Split(strings.Trim(r.URL.Path, "/"), "/")[0]
	ok(object{
		"token_endpoint":         base + "/" + tenant + "/oauth2/v2.0/token",
		"authorization_endpoint": base + "/" + tenant + "/oauth2/v2.0/authorize",
		"issuer":                 base + "/" + tenant + "/v2.0",
	}).write(w)
}
