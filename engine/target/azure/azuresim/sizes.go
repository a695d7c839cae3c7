package azuresim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// sizes are those of virtual machines that there are in all regions.
var sizes = []struct {
	name, family string
	cores        int
	memoryGB     float64
	generations  string
}{
	{"Standard_D1_v2", "standardDv2Family", 1, 3.5, "V1"},
	{"Standard_D2_v2", "standardDv2Family", 2, 7, "V1"},
	{"Standard_DS1_v2", "standardDSv2Family", 1, 3.5, "V1,V2"},
	{"Standard_A1", "standardA0_A7Family", 1, 1.75, "V1"},
	{"Standard_A1_v2", "standardAv2Family", 1, 2, "V1"},
	{"Standard_B2s", "standardBSFamily", 2, 4, "V1,V2"},
	{"Standard_D2s_v3", "standardDSv3Family", 2, 8, "V1,V2"},
	{"Standard_D4s_v3", "standardDSv3Family", 4, 16, "V1,V2"},
	{"Standard_D2ds_v4", "standardDDSv4Family", 2, 8, "V1,V2"},
	{"Standard_D2s_v5", "standardDSv5Family", 2, 8, "V1,V2"},
	{"Standard_D4s_v5", "standardDSv5Family", 4, 16, "V1,V2"},
	{"Standard_DC2as_v5", "standardDCASv5Family", 2, 8, "V2"},
}

func sizeIndex(name string) int {
	for i, s := range sizes {
		if strings.EqualFold(s.name, name) {
			return i
		}
	}
	return -1
}

// cores counts what the machines of a location use, of one family or with "" of all.
func (s *Sim) cores(place, family string) int {
	n := 0
	for _, r := range s.store.list(func(r *resource) bool {
		return r.id.Is(vmType) && text(r.body,
			"location") == normal(place)
	}) {
		if i := sizeIndex(text(r.body, "properties", "hardwareProfile", "vmSize")); i >= 0 && (family == "" ||
			sizes[i].family == family) {
			n += sizes[i].cores
		}
	}
	return n
}

func (s *Sim) quota(family string) int {
	if n, set := s.opts.Quota[family]; set {
		return n
	}
	return DefaultQuota
}

// checkSize refuses a machine of an unknown size, and one that the quota has no room for.
func (s *Sim) checkSize(c *change) error {
	name, place := text(c.body(), "properties", "hardwareProfile", "vmSize"), text(c.body(), "location")
	i := sizeIndex(name)
	if i < 0 {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The value %s provided for the VM size is not valid. The valid sizes in the current region are: "+
				"%s.", name, strings.Join(sizeNames(), ","))
	}
	for _, q := range []struct{ family, shown string }{{"cores", "Total Regional Cores"}, {sizes[i].family,
		sizes[i].family + " Cores"}} {
		used, limit := s.cores(place, strings.TrimPrefix(q.family, "cores")), s.quota(q.family)
		if used+sizes[i].cores > limit {
			return refuse(http.StatusConflict, "OperationNotAllowed",
				"Operation could not be completed as it results in exceeding approved %s quota. Additional details - Deployment "+
					"Model: Resource Manager, Location: %s, Current Limit: %d, Current Usage: %d, Additional Required: %d, "+
					"(Minimum) New Limit Required: %d.", q.shown, place, limit, used, sizes[i].cores, used+sizes[i].cores)
		}
	}
	return nil
}

func sizeNames() []string {
	var names []string
	for _, s := range sizes {
		names = append(names, s.name)
	}
	return names
}

func listSizes(c *call) (*reply, error) {
	var values []any
	for _, s := range sizes {
		values = append(values, object{"name": s.name, "numberOfCores": s.cores, "memoryInMB": int(s.memoryGB * 1024),
			"osDiskSizeInMB": 1047552, "resourceDiskSizeInMB": 16384, "maxDataDiskCount": 8})
	}
	return page(values), nil
}

// listSKUs lists the sizes with what they can do. A size that there is no room for is not restricted: Azure says so
// only when a machine is made.
func listSKUs(c *call) (*reply, error) {
	place := ""
	if _, after, found := strings.Cut(c.r.URL.Query().Get("$filter"), "location eq '"); found {
		place = normal(strings.TrimSuffix(after, "'"))
	}
	values := []any{}
	for _, l := range locations {
		if place != "" && l.name != place {
			continue
		}
		for _, s := range sizes {
			capability := func(name, value string) any { return object{"name": name, "value": value} }
			values = append(values, object{
				"resourceType": "virtualMachines", "name": s.name, "tier": "Standard", "family": s.family, "locations": []any{l.name},
				"locationInfo": []any{object{"location": l.name, "zones": []any{"1", "2", "3"}}}, "restrictions": []any{},
				"capabilities": []any{capability("vCPUs", strconv.Itoa(s.cores)), capability("MemoryGB",
					strconv.FormatFloat(s.memoryGB, 'f', -1, 64)),
					capability("HyperVGenerations", s.generations), capability("CpuArchitectureType", "x64"), capability("PremiumIO",
						"True")},
			})
		}
	}
	return page(values), nil
}

func listUsages(c *call) (*reply, error) {
	place := c.id.Names[0]
	usage := func(name, shown string, used, limit int) any {
		return object{"unit": "Count", "currentValue": used, "limit": limit, "name": object{"value": name,
			"localizedValue": shown}}
	}
	machines := c.sim.store.list(func(r *resource) bool {
		return r.id.Is(vmType) && text(r.body,
			"location") == normal(place)
	})
	values := []any{
		usage("cores", "Total Regional vCPUs", c.sim.cores(place, ""), c.sim.quota("cores")),
		usage("virtualMachines", "Virtual Machines", len(machines), 25000),
	}
	var families []string
	for _, s := range sizes {
		if !slices.Contains(families, s.family) {
			families = append(families, s.family)
			values = append(values, usage(s.family, s.family+" vCPUs", c.sim.cores(place, s.family), c.sim.quota(s.family)))
		}
	}
	return page(values), nil
}

func listNetworkUsages(c *call) (*reply, error) {
	var values []any
	for _, u := range []struct{ name, typ string }{{"VirtualNetworks", vnetType}, {"PublicIPAddresses", ipType},
		{"NetworkInterfaces", nicType}, {"NetworkSecurityGroups", nsgType}} {
		used := c.sim.store.list(func(r *resource) bool {
			return r.id.Is(u.typ) && text(r.body,
				"location") == normal(c.id.Names[0])
		})
		values = append(values, object{"unit": "Count", "currentValue": len(used), "limit": 1000,
			"name": object{"value": u.name, "localizedValue": u.name}})
	}
	return page(values), nil
}
