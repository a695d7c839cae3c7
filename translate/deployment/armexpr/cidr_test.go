package armexpr_test

import "testing"

func TestCIDR(t *testing.T) {
	values{
		"[parseCidr('10.144.0.0/20')]": `{"network":"10.144.0.0","netmask":"255.255.240.0","broadcast":"10.144.15.255",` +
			`"firstUsable":"10.144.0.1","lastUsable":"10.144.15.254","cidr":20}`,
		"[parseCidr('0.0.0.0/0')]": `{"network":"0.0.0.0","netmask":"0.0.0.0","broadcast":"255.255.255.255",` +
			`"firstUsable":"0.0.0.1","lastUsable":"255.255.255.254","cidr":0}`,
		"[parseCidr('10.0.0.3/31')]": `{"network":"10.0.0.2","netmask":"255.255.255.254","broadcast":"10.0.0.3",` +
			`"firstUsable":"10.0.0.2","lastUsable":"10.0.0.2","cidr":31}`,
		"[parseCidr('10.0.0.3/32')]": `{"network":"10.0.0.3","netmask":"255.255.255.255","broadcast":"10.0.0.3",` +
			`"firstUsable":"10.0.0.3","lastUsable":"10.0.0.3","cidr":32}`,
		"[parseCidr('::/0')]": `{"network":"::","netmask":"::","firstUsable":"::",` +
			`"lastUsable":"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff","cidr":0}`,
		"[parseCidr('FD00::1/128').lastUsable]": `"fd00::1"`,
		"[parseCidr('10.0.0.0')]":               `error: parseCidr takes a network such as 10.0.0.0/16 or fd00::/48 here, not "10.0.0.0"`,
		"[parseCidr('010.0.0.0/8')]":            `error: parseCidr takes a network such as 10.0.0.0/16 or fd00::/48 here, not "010.0.0.0/8"`,
		"[parseCidr('10.0.0.0/08')]":            `error: parseCidr takes a network such as 10.0.0.0/16 or fd00::/48 here, not "10.0.0.0/08"`,
		"[parseCidr('fe80::1%eth0/64')]":        `error: parseCidr takes a network such as 10.0.0.0/16 or fd00::/48 here, not "fe80::1%eth0/64"`,
		"[parseCidr(1)]":                        "error: parseCidr takes a string here, not a number",

		"[cidrSubnet('10.144.0.7/20', 24, 0)]":           `"10.144.0.0/24"`,
		"[cidrSubnet('10.144.0.0/20', 20, 0)]":           `"10.144.0.0/20"`,
		"[cidrSubnet('10.144.0.0/20', 24, 15)]":          `"10.144.15.0/24"`,
		"[cidrSubnet('10.144.0.0/20', 32, 4095)]":        `"10.144.15.255/32"`,
		"[cidrSubnet('::/0', 128, 9223372036854775807)]": `"::7fff:ffff:ffff:ffff/128"`,
		"[cidrSubnet('10.144.0.0/20', 24, 16)]":          "error: 10.144.0.0/20 has no part 16 of 24 bits",
		"[cidrSubnet('::/64', 64, 9223372036854775807)]": "error: ::/64 has no part 9223372036854775807 of 64 bits",
		"[cidrSubnet('10.144.0.0/20', 19, 0)]":           "error: a part of 10.144.0.0/20 has 20 to 32 bits, not 19",
		"[cidrSubnet('10.144.0.0/20', 33, 0)]":           "error: a part of 10.144.0.0/20 has 20 to 32 bits, not 33",
		"[cidrSubnet('10.144.0.0/20', '24', 0)]":         "error: cidrSubnet takes a whole number here, not a string",
		"[cidrSubnet('255.255.255.0/24', 25, 1)]":        `"255.255.255.128/25"`,
		"[cidrSubnet('ffff:ffff::/32', 33, 1)]":          `"ffff:ffff:8000::/33"`,
		"[cidrSubnet('255.255.255.255/32', 32, 1)]":      "error: 255.255.255.255/32 has no part 1 of 32 bits",
		"[cidrHost('10.144.3.0/24', 253)]":               `"10.144.3.254"`,
		"[cidrHost('10.144.3.0/24', 254)]":               "error: 10.144.3.0/24 has no host 254",
		"[cidrHost('10.144.3.0/24', -1)]":                "error: 10.144.3.0/24 has no host -1",
		"[cidrHost('10.144.3.0/32', 0)]":                 `"10.144.3.0"`,
		"[cidrHost('10.144.3.0/31', 0)]":                 `"10.144.3.0"`,
		"[cidrHost('10.144.3.0/31', 1)]":                 `"10.144.3.1"`,
		"[cidrHost('10.144.3.0/31', 2)]":                 "error: 10.144.3.0/31 has no host 2",
		"[cidrHost('10.144.3.0/30', 1)]":                 `"10.144.3.2"`,
		"[cidrHost('fdad:3236:5555:3000::/52', 0)]":      `"fdad:3236:5555:3000::1"`,
		"[cidrHost('fdad:3236:5555:3000::/52', 65535)]":  `"fdad:3236:5555:3000::1:0"`,
		"[cidrHost('fd00::/64', 9223372036854775807)]":   `"fd00::8000:0:0:0"`,
		"[cidrHost('fd00::/126', 3)]":                    "error: fd00::/126 has no host 3",
		"[cidrHost('fd00::7/128', 0)]":                   `"fd00::7"`,
		"[cidrHost('10.0.0.0/8', 9223372036854775807)]":  "error: 10.0.0.0/8 has no host 9223372036854775807",
	}.check(t)
}
