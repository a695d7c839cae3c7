package azuresim

import (
	"fmt"
	"net/http"
	"net/netip"
)

func checkVnet(c *change) error {
	for _, p := range items(c.body(), "properties", "addressSpace", "addressPrefixes") {
		if err := checkPrefix(p); err != nil {
			return err
		}
	}
	if len(items(c.body(), "properties", "addressSpace", "addressPrefixes")) == 0 {
		return refuse(http.StatusBadRequest, "InvalidRequestFormat", "Virtual network '%s' has no address prefix.",
			c.id.Name())
	}
	return nil
}

func checkPrefix(v any) error {
	if s, _ := v.(string); s != "" {
		if _, err := netip.ParsePrefix(s); err == nil {
			return nil
		}
	}
	return refuse(http.StatusBadRequest, "InvalidAddressPrefixFormat",
		"Address prefix '%v' is not formatted correctly.", v)
}

// checkSubnet refuses a subnet that is not inside its network.
func checkSubnet(c *change) error {
	prefixes := items(c.body(), "properties", "addressPrefixes")
	if p := at(c.body(), "properties", "addressPrefix"); p != nil {
		prefixes = append(prefixes, p)
	}
	vnet := c.sim.store.get(c.id.Parent())
	for _, p := range prefixes {
		if err := checkPrefix(p); err != nil {
			return err
		}
		inner, fits := netip.MustParsePrefix(p.(string)), false
		for _, outer := range items(vnet.body, "properties", "addressSpace", "addressPrefixes") {
			o := netip.MustParsePrefix(outer.(string))
			fits = fits || o.Bits() <= inner.Bits() && o.Contains(inner.Addr())
		}
		if !fits {
			return refuse(http.StatusBadRequest, "NetcfgSubnetRangeOutsideVnet",
				"Subnet '%s' is not valid because its IP address range is outside the IP address range of virtual network '%s'.",
				c.id.Name(), vnet.id.Name())
		}
	}
	fill(c.body(), "Enabled", "properties", "privateLinkServiceNetworkPolicies")
	fill(c.body(), "Disabled", "properties", "privateEndpointNetworkPolicies")
	return nil
}

// viewSubnet lists the configurations of interfaces in a subnet.
func viewSubnet(s *Sim, r *resource, _ *http.Request, o object) {
	var in []any
	for _, nic := range s.store.list(func(n *resource) bool { return n.id.Is(nicType) && refersTo(n, r.id) }) {
		for _, conf := range items(nic.body, "properties", "ipConfigurations") {
			in = append(in, object{"id": text(conf, "id")})
		}
	}
	if in != nil {
		set(o, in, "properties", "ipConfigurations")
	}
}

func checkIP(c *change) error {
	b := c.body()
	fill(b, "Basic", "sku", "name")
	fill(b, "Regional", "sku", "tier")
	fill(b, "Dynamic", "properties", "publicIPAllocationMethod")
	fill(b, "IPv4", "properties", "publicIPAddressVersion")
	fill(b, float64(4), "properties", "idleTimeoutInMinutes")
	if text(b, "sku", "name") == "Standard" && text(b, "properties", "publicIPAllocationMethod") == "Dynamic" {
		return refuse(http.StatusBadRequest, "PublicIPAddressWithStandardSkuCannotHaveDynamicAllocation",
			"Standard sku publicIp %s cannot have dynamic allocation. Please specify static allocation.", c.id)
	}
	if label := text(b, "properties", "dnsSettings", "domainNameLabel"); label != "" {
		set(b, fmt.Sprintf("%s.%s.cloudapp.%s", label, text(b, "location"), Suffix), "properties", "dnsSettings", "fqdn")
	}
	return nil
}

// viewIP shows the address of the machine that the public address leads to. One that is allocated dynamically has none
// before there is a machine, as in Azure; neither has a static one here, since there is nothing that it could lead to.
func viewIP(s *Sim, r *resource, _ *http.Request, o object) {
	for _, nic := range s.store.list(func(n *resource) bool { return n.id.Is(nicType) && refersTo(n, r.id) }) {
		for _, conf := range items(nic.body, "properties", "ipConfigurations") {
			if ip := s.store.find(text(conf, "properties", "publicIPAddress", "id")); ip == r {
				set(o, object{"id": text(conf, "id")}, "properties", "ipConfiguration")
			}
		}
		vm := s.store.find(text(nic.body, "properties", "virtualMachine", "id"))
		if vm != nil && vm.guest != nil && vm.guest.power == powerRunning {
			set(o, vm.guest.addr.String(), "properties", "ipAddress")
		}
	}
}

// checkNIC names the configurations and gives each a private address. It becomes that of the machine, once there is
// one: whoever connects to the private address of a build VM gets there too.
func checkNIC(c *change) error {
	b := c.body()
	confs := items(b, "properties", "ipConfigurations")
	if len(confs) == 0 {
		return refuse(http.StatusBadRequest, "InvalidRequestFormat", "Network interface '%s' has no IP configuration.",
			c.id.Name())
	}
	for _, v := range confs {
		conf, _ := v.(object)
		if conf == nil {
			return refuse(http.StatusBadRequest, "InvalidRequestFormat", "An IP configuration of '%s' is not an object.",
				c.id.Name())
		}
		subnet := c.sim.store.find(text(conf, "properties", "subnet", "id"))
		if subnet == nil {
			return refuse(http.StatusBadRequest, "SubnetIsRequired", "Subnet reference is required for IP configuration '%s'.",
				text(conf, "name"))
		}
		set(conf, c.res.id.String()+"/ipConfigurations/"+text(conf, "name"), "id")
		fill(conf, "Dynamic", "properties", "privateIPAllocationMethod")
		fill(conf, "IPv4", "properties", "privateIPAddressVersion")
		fill(conf, true, "properties", "primary")
		fill(conf, c.sim.privateAddress(subnet), "properties", "privateIPAddress")
		set(conf, "Succeeded", "properties", "provisioningState")
	}
	if c.old != nil {
		fill(b, at(c.old.body, "properties", "virtualMachine"), "properties", "virtualMachine")
	}
	return nil
}

// privateAddress is the next one of a subnet; Azure keeps the first four.
func (s *Sim) privateAddress(subnet *resource) string {
	prefix, err := netip.ParsePrefix(text(subnet.body, "properties", "addressPrefix"))
	if err != nil {
		prefix = netip.MustParsePrefix("10.0.0.0/24")
	}
	a := prefix.Masked().Addr()
	s.used[subnet.id.Key()]++
	for range s.used[subnet.id.Key()] + 3 {
		a = a.Next()
	}
	return a.String()
}
