package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
)

// maxRequest is the longest request: twice what Azure takes for a deployment.
const maxRequest = 8 << 20

// call is one call of the plugin on its way through.
type call struct {
	place
	method  string
	version string // api-version
	body    []byte
}

type callKey struct{}

func callOf(ctx context.Context) *call { c, _ := ctx.Value(callKey{}).(*call); return c }

// serve answers every request.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		g.connect(w, r)
		return
	}
	vault := ""
	if g.opts.secure() {
		vault = vaultOf(r.Host)
	}
	if r.URL.IsAbs() || vault == "" && !g.isOwn(r.Host) {
		http.Error(w, "the gateway of a build is no proxy, and has no other name: "+r.Host, http.StatusForbidden)
		return
	}
	switch lower := strings.ToLower(r.URL.Path); {
	case vault != "" && g.mayCall(r):
		g.vault(w, r, vault)
	case lower == "/metadata/endpoints":
		g.metadata(w, r)
	case isTokenPath(lower):
		g.token(w, r)
	case !g.mayCall(r):
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(http.StatusUnauthorized, "AuthenticationFailed", "the request has no token of this build").write(w)
	default:
		g.pass(w, r)
	}
}

// pass hands a call on to Azure, if it is one that may be made.
func (g *Gateway) pass(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := g.within(r.Context())
	defer cancel()
	c, err := g.read(w, r)
	if err != nil {
		g.refusalOf(err).write(w)
		return
	}
	r = r.WithContext(context.WithValue(ctx, callKey{}, c))
	err = g.allow(ctx, c)
	switch {
	case err != nil:
		g.noReply(w, r, err)
	case g.opts.Remove && c.method == http.MethodDelete:
		g.remove(c)
		w.WriteHeader(http.StatusNoContent)
	default:
		g.proxy.ServeHTTP(w, r)
	}
}

// read takes the request in.
func (g *Gateway) read(w http.ResponseWriter, r *http.Request) (*call, error) {
	where, err := readPlace(r.URL.EscapedPath())
	if err != nil {
		return nil, err
	}
	if r.Header.Get("Upgrade") != "" {
		return nil, refuse(http.StatusBadRequest, codeRefused, "Resource Manager has no protocol to change to")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return nil, refuse(http.StatusRequestEntityTooLarge, codeRefused, "the request has more than %d bytes", maxRequest)
		}
		return nil, refuse(http.StatusBadRequest, codeRefused, "%v", err)
	}
	return &call{place: where, method: r.Method, version: r.URL.Query().Get("api-version"), body: body}, nil
}

// actions are the ones that a build needs. None of them makes a resource, and none answers with a secret.
var actions = map[string]bool{
	"validate": true, "deallocate": true, "generalize": true, "poweroff": true, "start": true, "restart": true,
}

// allow lets a call through, or says why not. It returns when what the call would make is recorded, and a poll when it is time for it.
func (g *Gateway) allow(ctx context.Context, c *call) error {
	switch c.method {
	case http.MethodGet, http.MethodHead:
		if g.removals.removed(c.key()) {
			return refuse(http.StatusNotFound, codeAbsent, "%s is not there", c.path)
		}
		return g.pace.wait(ctx, c.key())
	case http.MethodPost:
		if !actions[c.action()] {
			return refuse(http.StatusForbidden, codeRefused, "%s: the action %q is none that a build needs", c.path, c.name())
		}
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		if !c.isResource() {
			return refuse(http.StatusForbidden, codeRefused, "%s %s: it names no resource", c.method, c.path)
		}
	default:
		return refuse(http.StatusMethodNotAllowed, codeRefused, "%s %s: Resource Manager has no such method", c.method, c.path)
	}
	if !strings.EqualFold(c.subscription(), g.opts.Account.Subscription) {
		return refuse(http.StatusForbidden, codeRefused, "%s %s: the build may change nothing outside of subscription %s",
			c.method, c.path, g.opts.Account.Subscription)
	}
	g.pace.forget(c.key())
	switch c.method {
	case http.MethodDelete:
		return g.deleting(ctx, c)
	case http.MethodPut, http.MethodPatch:
		g.removals.forget(c.key())
		return g.making(ctx, c)
	}
	return nil
}

// rewriteRequest makes a request to Azure of one to the gateway.
func (g *Gateway) rewriteRequest(r *httputil.ProxyRequest) {
	r.SetURL(g.manager)
	r.Out.Host = g.manager.Host
	for _, name := range []string{
		"Authorization", "Cookie", "Referer", "X-Ms-Authorization-Auxiliary", // are not for Azure
		"Accept-Encoding", // is the transport's own affair, so that it unpacks what is looked into
		"Expect",          // the body was read
	} {
		r.Out.Header.Del(name)
	}
}
