package resolve

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
)

// reach is how far away an address is.
type reach int

// The reaches, from far to near.
const (
	public   reach = iota
	private        // of this site
	loopback       // of this machine
	link           // of this link: the metadata services of clouds, which hand out credentials, live here
)

func (r reach) String() string {
	return [...]string{"a public", "a private", "this machine's own", "a link-local"}[r]
}

// near are the networks that are not public, beside those that netip knows.
var near = []struct {
	prefix netip.Prefix
	reach  reach
}{
	{netip.MustParsePrefix("0.0.0.0/8"), loopback},     // Linux takes 0.0.0.0 for this machine
	{netip.MustParsePrefix("168.63.129.16/32"), link},  // the host of a VM in Azure, which gives it its settings
	{netip.MustParsePrefix("192.0.0.0/24"), link},      // RFC 6890; 192.0.0.192 is another cloud's metadata service
	{netip.MustParsePrefix("100.64.0.0/10"), private},  // RFC 6598; 100.100.100.200 is another cloud's metadata service
	{netip.MustParsePrefix("198.18.0.0/15"), private},  // RFC 2544
	{netip.MustParsePrefix("240.0.0.0/4"), private},    // reserved, and broadcast
	{netip.MustParsePrefix("fec0::/10"), private},      // RFC 3879
	{netip.MustParsePrefix("fd00:ec2::254/128"), link}, // another cloud's metadata service
	{netip.MustParsePrefix("fd20:ce::254/128"), link},  // another cloud's metadata service
	{netip.MustParsePrefix("2001:db8::/32"), private},  // RFC 3849
	{netip.MustParsePrefix("64:ff9b:1::/48"), private}, // RFC 8215
}

// reachOf classifies an address. One that carries an IPv4 address in it is what that one is.
func reachOf(ip netip.Addr) reach {
	ip = ip.Unmap().WithZone("")
	if inner, ok := embedded(ip); ok {
		return reachOf(inner)
	}
	for _, n := range near {
		if n.prefix.Contains(ip) {
			return n.reach
		}
	}
	switch {
	case ip.IsLoopback(), ip.IsUnspecified():
		return loopback
	case ip.IsLinkLocalUnicast(), ip.IsMulticast():
		return link
	case ip.IsPrivate():
		return private
	default:
		return public
	}
}

var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
)

// embedded is the IPv4 address that a translating router would send to.
func embedded(ip netip.Addr) (netip.Addr, bool) {
	b := ip.As16()
	switch {
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixToFour.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	default:
		return netip.Addr{}, false
	}
}

// guard decides which addresses one URL may lead to. What the template names may be on this site or this machine: people have
// servers there. A server may not send on to such an address, since its answer would be a request of this machine's in a network
// that the server itself does not see. An address of the link is refused even where the template names it.
//
// The address is checked when it is dialed, not when a name is looked up: a name may mean another address a moment later. For the
// same reason a host that was public once is held to it, over all attempts at the URL.
type guard struct {
	allow bool   // everything
	own   string // host:port of the template's URL

	mu      sync.Mutex
	outside bool // own was a public address
	proxies map[string]bool
}

func newGuard(allow bool, u *url.URL) *guard {
	return &guard{allow: allow, own: hostPort(u), proxies: map[string]bool{}}
}

// hostPort is how net/http names to a dialer where a URL leads.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[strings.ToLower(u.Scheme)]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// nearError says that a URL leads where it may not.
type nearError struct {
	host  string
	ip    netip.Addr
	reach reach
	own   bool
}

func (e *nearError) Error() string {
	leads := "it redirects to"
	if e.own {
		leads = "it leads to"
	}
	if e.host == e.ip.String() {
		return fmt.Sprintf("%s %s, %s address", leads, e.ip, e.reach)
	}
	return fmt.Sprintf("%s %s, which is %s, %s address", leads, e.host, e.ip, e.reach)
}

// check allows or refuses an address that is about to be dialed for host:port.
func (g *guard) check(addr string, ip netip.Addr) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	own := strings.EqualFold(addr, g.own)
	r := reachOf(ip)
	if r == public {
		g.outside = g.outside || own
		return nil
	}
	if g.allow || g.proxies[addr] || own && r != link && !g.outside {
		return nil
	}
	host, _, _ := net.SplitHostPort(addr)
	return &nearError{host: host, ip: ip.Unmap(), reach: r, own: own}
}

// viaProxy notes that a request goes to u by a proxy, which may be anywhere. The proxy looks up names, so only an address in numbers can
// be checked.
func (g *guard) viaProxy(u, proxy *url.URL) error {
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		if err := g.check(hostPort(u), ip); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.proxies[hostPort(proxy)] = true
	return nil
}

// dial connects to host:port unless the address is refused. rename stands in for a name service in tests.
func (g *guard) dial(ctx context.Context, network, addr string, rename func(string) string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return g.check(addr, to.Addr())
	}}
	to := addr
	if rename != nil {
		to = rename(addr)
	}
	return d.DialContext(ctx, network, to)
}
