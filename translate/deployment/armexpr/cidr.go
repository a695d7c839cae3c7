package armexpr

import (
	"math/big"
	"net/netip"

	"github.com/ingot-build/ingot/translate/armjson"
)

func cidrFunctions() []Function {
	return []Function{
		{Name: "cidrHost", Group: CIDR, Summary: "an address of a network; 0 is the first that a host can have",
			Min: 2, Max: 2, Result: armjson.String, Eval: cidrHost},
		{Name: "cidrSubnet", Group: CIDR, Summary: "one of the equally large parts of a network, counted from 0",
			Min: 3, Max: 3, Result: armjson.String, Eval: cidrSubnet},
		{Name: "parseCidr", Group: CIDR,
			Summary: "network, netmask, first and last address of 10.0.0.0/16 or its like of IPv6",
			Min:     1, Max: 1, Result: armjson.Object, Eval: parseCIDR},
	}
}

// network is a network in CIDR notation, with the numbers of its first and last address.
type network struct {
	netip.Prefix
	first, last *big.Int
}

// networkOf reads the first argument. Bits of a host in it are cleared.
func networkOf(a *Args) (network, error) {
	text, err := a.Text(0)
	if err != nil {
		return network{}, err
	}
	p, perr := netip.ParsePrefix(text)
	if perr != nil {
		e := a.Fail(0, "%s takes a network such as 10.0.0.0/16 or fd00::/48 here, not %q", a.f.Name, shortText(text))
		return network{}, e
	}
	n := network{Prefix: p.Masked()}
	n.first = new(big.Int).SetBytes(n.Addr().AsSlice())
	n.last = new(big.Int).Sub(new(big.Int).Add(n.first, n.size(n.Bits())), big.NewInt(1))
	return n, nil
}

// size is how many addresses a network with that many bits has, of the same family as n.
func (n network) size(bits int) *big.Int {
	return new(big.Int).Lsh(big.NewInt(1), uint(n.Addr().BitLen()-bits))
}

// addr is the address with a number.
func (n network) addr(i *big.Int) netip.Addr {
	a, _ := netip.AddrFromSlice(i.FillBytes(make([]byte, n.Addr().BitLen()/8)))
	return a
}

// usable are the numbers of the first and last address a host can have. In IPv4 the lowest is that of the network and
// the highest is for broadcasts; networks of one or two addresses have none to spare, and the service then names the
// network's own.
func (n network) usable() (first, last *big.Int) {
	switch {
	case n.Addr().Is6():
		return n.first, n.last
	case n.Bits() >= 31:
		return n.first, n.first
	default:
		return new(big.Int).Add(n.first, big.NewInt(1)), new(big.Int).Sub(n.last, big.NewInt(1))
	}
}

func parseCIDR(a *Args) (*armjson.Node, error) {
	n, err := networkOf(a)
	if err != nil {
		return nil, err
	}
	mask := new(big.Int).Sub(n.size(0), n.size(n.Bits()))
	first, last := n.usable()
	var members []armjson.Member
	add := func(key string, i *big.Int) {
		members = append(members, armjson.Member{Key: key, Value: armjson.NewString(n.addr(i).String())})
	}
	add("network", n.first)
	add("netmask", mask)
	if n.Addr().Is4() { // IPv6 has no broadcast
		add("broadcast", n.last)
	}
	add("firstUsable", first)
	add("lastUsable", last)
	members = append(members, armjson.Member{Key: "cidr", Value: armjson.NewInt(int64(n.Bits()))})
	return armjson.NewObject(members), nil
}

// cidrSubnet divides a network into parts with more bits, and gives one of them.
func cidrSubnet(a *Args) (*armjson.Node, error) {
	n, err := networkOf(a)
	if err != nil {
		return nil, err
	}
	bits, err := a.Int(1)
	if err != nil {
		return nil, err
	}
	if bits < int64(n.Bits()) || bits > int64(n.Addr().BitLen()) {
		return nil, a.Fail(1, "a part of %s has %d to %d bits, not %d", n, n.Bits(), n.Addr().BitLen(), bits)
	}
	index, err := a.Int(2)
	if err != nil {
		return nil, err
	}
	at := new(big.Int).Mul(big.NewInt(index), n.size(int(bits)))
	at.Add(at, n.first)
	if index < 0 || at.Cmp(n.last) > 0 {
		return nil, a.Fail(2, "%s has no part %d of %d bits", n, index, bits)
	}
	return armjson.NewString(netip.PrefixFrom(n.addr(at), int(bits)).String()), nil
}

// cidrHost gives an address that a host can have. In IPv6 the very first address is passed over, though parseCidr calls
// it usable: it is that of the routers.
func cidrHost(a *Args) (*armjson.Node, error) {
	n, err := networkOf(a)
	if err != nil {
		return nil, err
	}
	index, err := a.Int(1)
	if err != nil {
		return nil, err
	}
	first, last := n.usable()
	if n.Bits() == n.Addr().BitLen()-1 { // two hosts that know each other: neither address is spare
		first, last = n.first, n.last
	}
	at := new(big.Int).Add(first, big.NewInt(index))
	if n.Addr().Is6() && !n.IsSingleIP() {
		at.Add(at, big.NewInt(1))
	}
	if index < 0 || at.Cmp(last) > 0 {
		return nil, a.Fail(1, "%s has no host %d", n, index)
	}
	return armjson.NewString(n.addr(at).String()), nil
}
