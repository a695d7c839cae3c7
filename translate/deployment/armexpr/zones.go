package armexpr

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

func zoneFunctions() []Function {
	return []Function{
		{Name: "pickZones", Group: Resources,
			Summary: "availability zones: namespace, type, region, [how many], [how many to skip]",
			Min:     3, Max: 5, Result: armjson.Array, Eval: pickZones},
		{Name: "toLogicalZone", Group: Resources,
			Summary: "the number of a physical zone: subscription, region, zone; '' if there is none",
			Min:     3, Max: 3, Result: armjson.String, Eval: oneZone(toLogical)},
		{Name: "toLogicalZones", Group: Resources,
			Summary: "the numbers of physical zones: subscription, region, zones",
			Min:     3, Max: 3, Result: armjson.Array, Eval: manyZones(toLogical)},
		{Name: "toPhysicalZone", Group: Resources,
			Summary: "the name of a numbered zone: subscription, region, zone; '' if there is none",
			Min:     3, Max: 3, Result: armjson.String, Eval: oneZone(toPhysical)},
		{Name: "toPhysicalZones", Group: Resources, Summary: "the names of numbered zones: subscription, region, zones",
			Min: 3, Max: 3, Result: armjson.Array, Eval: manyZones(toPhysical)},
	}
}

// pickZones takes zones from the table of the context. A type or region without zones has none to pick.
func pickZones(a *Args) (*armjson.Node, error) {
	texts := make([]string, 3)
	for i := range texts {
		var err error
		if texts[i], err = a.Text(i); err != nil {
			return nil, err
		}
	}
	numbers := [2]int64{1, 0} // how many, after how many
	for i := range min(2, a.Len()-3) {
		var err error
		if numbers[i], err = a.Int(3 + i); err != nil {
			return nil, err
		}
		if low := int64(1 - i); numbers[i] < low || numbers[i] > 1000 {
			return nil, a.Fail(3+i, "pickZones takes %d or more here, not %d", low, numbers[i])
		}
	}
	if a.Env.Context.Zones == nil {
		return a.Missing("which zones a region has is not in the template", `add "zones" to the context file`), nil
	}
	zones := regionOf(a.Env.Context.Zones.Get(texts[0]+"/"+texts[1]), texts[2])
	if zones == nil || zones.Kind != armjson.Array || len(zones.Items) == 0 {
		return armjson.NewArray(nil), nil
	}
	first, last := numbers[1], numbers[1]+numbers[0]
	if last > int64(len(zones.Items)) {
		return nil, a.Fail(min(3, a.Len()-1), "%s has %s there, and zone %d is asked for", a.Values[1].Text,
			count(len(zones.Items), "zone", "zones"), last)
	}
	return armjson.NewArray(zones.Items[first:last]), nil
}

// regionOf finds a region in a table; "West US 2" and "westus2" are the same one.
func regionOf(table *armjson.Node, region string) *armjson.Node {
	if table == nil {
		return nil
	}
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }
	for _, m := range table.Members {
		if plain(m.Key) == plain(region) {
			return m.Value
		}
	}
	return nil
}

// toLogical finds the number of a physical zone in the table of one region.
func toLogical(table *armjson.Node, zone string) (string, bool) {
	v := table.Get(zone)
	return textOf(v), v != nil
}

// toPhysical finds the name of a numbered zone in the table of one region.
func toPhysical(table *armjson.Node, zone string) (string, bool) {
	if table != nil {
		for _, m := range table.Members {
			if textOf(m.Value) == zone {
				return m.Key, true
			}
		}
	}
	return "", false
}

type zoneFinder func(table *armjson.Node, zone string) (string, bool)

// zoneTable returns the table of the region that the call names; it is nil, with a value in place of it, when there are
// no tables.
func (a *Args) zoneTable() (table, unknown *armjson.Node, err error) {
	if _, err := a.Text(0); err != nil {
		return nil, nil, err
	}
	region, err := a.Text(1)
	if err != nil {
		return nil, nil, err
	}
	if a.Env.Context.ZoneMappings == nil {
		return nil, a.Missing("how a subscription numbers the zones is not in the template",
			`add "zoneMappings" to the context file`), nil
	}
	return regionOf(a.Env.Context.ZoneMappings, region), nil, nil
}

func oneZone(find zoneFinder) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		zone, err := a.Text(2)
		if err != nil {
			return nil, err
		}
		table, unknown, err := a.zoneTable()
		if err != nil || unknown != nil {
			return unknown, err
		}
		found, _ := find(table, zone)
		return armjson.NewString(found), nil
	}
}

// manyZones maps the zones in their order; those that the region does not have are left out.
func manyZones(find zoneFinder) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		zones, err := a.Array(2)
		if err != nil {
			return nil, err
		}
		table, unknown, err := a.zoneTable()
		if err != nil || unknown != nil {
			return unknown, err
		}
		var found []*armjson.Node
		for _, zone := range zones {
			if zone.Kind != armjson.String {
				return nil, a.Fail(2, "%s takes an array of strings here, and an element is %s", a.f.Name, zone.Kind)
			}
			if err := a.Step(); err != nil {
				return nil, err
			}
			if name, ok := find(table, zone.Text); ok {
				found = append(found, armjson.NewString(name))
			}
		}
		return armjson.NewArray(found), nil
	}
}
