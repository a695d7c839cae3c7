package links

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// notPublic are networks that no public server is in, beside those that netip knows by name.
var notPublic = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	"168.63.129.16/32", // answers inside every VM of Azure, with what the VM is told in secret
)

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// publicOnly refuses addresses of this machine and of the network around it.
func publicOnly(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	public := a.IsGlobalUnicast() && !a.IsPrivate()
	for _, p := range notPublic {
		public = public && !p.Contains(a)
	}
	if !public {
		return &Refused{What: fmt.Sprintf("a link leads to %s, which is no public address", a),
			Why: "a template could otherwise ask servers that trust this machine", Fix: "give the linked template as a file"}
	}
	return nil
}

// newClient makes a client that looks at each address before it connects: names are resolved by then, and each redirect
// connects anew. There is no proxy, since nothing could be said about the address that a proxy connects to.
func newClient(allowed func(netip.Addr) error) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return allowed(to.Addr())
	}}
	return &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, DisableKeepAlives: true,
			MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			switch {
			case next.URL.Scheme != "https":
				return &Refused{What: fmt.Sprintf("the server sends %q on to %q, which is not https", before[0].URL.Redacted(), next.URL.Redacted())}
			case len(before) > maxHops:
				return &Refused{What: fmt.Sprintf("the server sends %q on more than %d times", before[0].URL.Redacted(), maxHops)}
			}
			return nil
		},
	}
}

func (f *Follower) fromServer(ctx context.Context, u *url.URL) ([]byte, error) {
	name := u.Redacted()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, unreadable(name, err)
	}
	res, err := f.client.Do(req)
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		return nil, refused
	case errors.Is(err, context.DeadlineExceeded):
		return nil, &Refused{What: fmt.Sprintf("%q did not answer within %s", name, maxTime)}
	case err != nil:
		return nil, unreadable(name, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, &Refused{What: fmt.Sprintf("the server answers %q for %q", res.Status, name), Fix: "see whether the link is right and public"}
	}
	return readBounded(res.Body, name)
}
