package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Limits of one download. None bounds the whole of it: a large file over a slow line is no fault.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 15 * time.Second
	headerTimeout    = 30 * time.Second
	stallTimeout     = 60 * time.Second // in which fewer than stallBytes of the body came
	stallBytes       = 1 << 10
	maxRedirects     = 10
	maxHeader        = 256 << 10 // bytes
)

var (
	errStalled   = errors.New("the server sends next to nothing")
	errRedirects = fmt.Errorf("it redirects more than %d times", maxRedirects)
	errDowngrade = errors.New("it redirects from https to http, where anyone on the way could change the bytes")
)

// schemeError is a redirect out of the web.
type schemeError struct{ scheme string }

func (e *schemeError) Error() string {
	return fmt.Sprintf("it redirects to a URL with the scheme %q", e.scheme)
}

// newClient returns a client for one URL. Proxies and certificates are those of base, or the environment's; how it dials and what it
// follows is decided here. Connections are not shared with other URLs: what one URL may reach, another may not.
func newClient(base *http.Client, g *guard, rename func(string) string) *http.Client {
	source, ok := http.DefaultTransport.(*http.Transport)
	if base != nil {
		if t, isHTTP := base.Transport.(*http.Transport); isHTTP {
			source, ok = t, true
		}
	}
	t := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if ok {
		t = source.Clone()
	}
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return g.dial(ctx, network, addr, rename)
	}
	t.DialTLSContext = nil
	t.TLSHandshakeTimeout = handshakeTimeout
	t.ResponseHeaderTimeout = headerTimeout
	t.MaxResponseHeaderBytes = maxHeader
	t.DisableCompression = true // the SHA-256 is of the bytes as they are stored there
	t.ForceAttemptHTTP2 = true
	if proxy := t.Proxy; proxy != nil {
		t.Proxy = func(r *http.Request) (*url.URL, error) {
			u, err := proxy(r)
			if err != nil || u == nil {
				return nil, err
			}
			return u, g.viaProxy(r.URL, u)
		}
	}
	return &http.Client{Transport: t, CheckRedirect: checkRedirect}
}

// checkRedirect follows what a careful reader would follow. No header that proves who asks goes to another host, nor comes back from
// there: the first host's word is not enough to trust the second, or what the second says of the first.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errRedirects
	}
	switch strings.ToLower(req.URL.Scheme) {
	case "https":
	case "http":
		if via[len(via)-1].URL.Scheme == "https" {
			return errDowngrade
		}
	default:
		return &schemeError{req.URL.Scheme}
	}
	req.Header.Del("Referer") // it would hand the query of the first URL, perhaps a signature, to the next host
	first := origin(via[0].URL)
	if slices.ContainsFunc(append(via[1:len(via):len(via)], req), func(r *http.Request) bool { return origin(r.URL) != first }) {
		for _, name := range []string{"Authorization", "Cookie", "X-Ms-Version"} {
			req.Header.Del(name)
		}
	}
	return nil
}

// origin is the scheme, host and port of a URL.
func origin(u *url.URL) string { return strings.ToLower(u.Scheme) + "://" + hostPort(u) }
