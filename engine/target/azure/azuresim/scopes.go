package azuresim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// locations are those that there are, with the names they are shown by. The first is where a machine on its own is.
var locations = []struct{ name, shown, paired string }{
	{"westeurope", "West Europe", "northeurope"}, {"northeurope", "North Europe", "westeurope"},
	{"eastus", "East US", "westus"}, {"eastus2", "East US 2", "centralus"}, {"westus", "West US", "eastus"},
	{"westus2", "West US 2", "westcentralus"}, {"westus3", "West US 3", "eastus"}, {"centralus", "Central US", "eastus2"},
	{"southcentralus", "South Central US", "northcentralus"}, {"uksouth", "UK South", "ukwest"},
	{"swedencentral", "Sweden Central", "swedensouth"}, {"germanywestcentral", "Germany West Central", "germanynorth"},
	{"japaneast", "Japan East", "japanwest"}, {"southeastasia", "Southeast Asia", "eastasia"},
	{"australiaeast", "Australia East", "australiasoutheast"}, {"brazilsouth", "Brazil South", "southcentralus"},
}

func locationNames() []string {
	var names []string
	for _, l := range locations {
		names = append(names, l.name)
	}
	return names
}

func knownLocation(name string) bool { return slices.Contains(locationNames(), normal(name)) }

// shownLocation is the name for people.
func shownLocation(name string) string {
	for _, l := range locations {
		if l.name == normal(name) {
			return l.shown
		}
	}
	return name
}

func (s *Sim) addSubscription(sub string) {
	id := ID{Subscription: sub, Type: subscriptionType}
	s.store.put(&resource{id: id, created: time.Now(), body: object{
		"id": id.String(), "subscriptionId": sub, "tenantId": s.opts.TenantID, "displayName": "emulated " + sub[:min(8,
			len(sub))],
		"state": "Enabled", "subscriptionPolicies": object{"spendingLimit": "Off"},
	}})
	for _, ns := range providerNames() {
		off := slices.ContainsFunc(s.opts.Unregistered, func(p string) bool { return strings.EqualFold(p, ns) })
		s.registered[registration(sub, ns)] = !off
	}
}

func registration(sub, provider string) string { return strings.ToLower(sub + " " + provider) }

func (c *call) knowSubscription() error {
	if c.id.Subscription == "" || c.sim.store.get(ID{Subscription: c.id.Subscription, Type: subscriptionType}) != nil {
		return nil
	}
	return refuse(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.",
		c.id.Subscription)
}

func listSubscriptions(c *call) (*reply, error) {
	if c.id.Subscription != "" {
		return c.read()
	}
	var values []any
	for _, r := range c.sim.store.list(func(r *resource) bool { return r.id.Is(subscriptionType) }) {
		values = append(values, c.sim.show(r, c.r))
	}
	return page(values), nil
}

func listLocations(c *call) (*reply, error) {
	var values []any
	for _, l := range locations {
		values = append(values, object{
			"id": "/subscriptions/" + c.id.Subscription + "/locations/" + l.name, "name": l.name, "displayName": l.shown,
			"regionalDisplayName": l.shown, "type": "Region",
			"metadata": object{"regionType": "Physical", "pairedRegion": []any{object{"name": l.paired}}},
		})
	}
	return page(values), nil
}

// providerNames are the namespaces of all kinds.
func providerNames() []string {
	set := map[string]bool{"Microsoft.PolicyInsights": true, "Microsoft.VirtualMachineImages": true,
		"Microsoft.ContainerInstance": true}
	for _, k := range kindsByName {
		ns, _, _ := strings.Cut(k.name, "/")
		set[ns] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func (s *Sim) provider(sub, ns string) object {
	state := "NotRegistered"
	if s.registered[registration(sub, ns)] {
		state = "Registered"
	}
	types := []any{}
	for _, name := range slices.Sorted(maps.Keys(kindsByName)) {
		k := kindsByName[name]
		of, rest, _ := strings.Cut(k.name, "/")
		if strings.EqualFold(of, ns) {
			var shown []any
			for _, l := range locations {
				shown = append(shown, l.shown)
			}
			types = append(types, object{"resourceType": rest, "apiVersions": []any{k.since}, "locations": shown})
		}
	}
	return object{"id": "/subscriptions/" + sub + "/providers/" + ns, "namespace": ns, "registrationState": state,
		"registrationPolicy": "RegistrationRequired", "resourceTypes": types}
}

func listProviders(c *call) (*reply, error) {
	var values []any
	for _, ns := range providerNames() {
		values = append(values, c.sim.provider(c.id.Subscription, ns))
	}
	return page(values), nil
}

// provider reads one, or registers the subscription for it.
func provider(c *call) (*reply, error) {
	ns := c.id.Type
	i := slices.IndexFunc(providerNames(), func(p string) bool { return strings.EqualFold(p, ns) })
	switch {
	case i < 0:
		return nil, refuse(http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", ns)
	case c.r.Method == http.MethodPost && strings.EqualFold(c.tail, "register"):
		c.sim.registered[registration(c.id.Subscription, ns)] = true
	case c.r.Method != http.MethodGet || c.tail != "":
		return nil, c.notAllowed()
	}
	return ok(c.sim.provider(c.id.Subscription, providerNames()[i])), nil
}

// checkRegistered refuses a resource of a provider that the subscription has not registered for.
func (s *Sim) checkRegistered(id ID) error {
	ns := id.Provider()
	if on, known := s.registered[registration(id.Subscription, ns)]; known && !on {
		return refuse(http.StatusConflict, "MissingSubscriptionRegistration",
			"The subscription is not registered to use namespace '%s'. See https://aka.ms/rps-not-found for how to register "+
				"subscriptions.", ns)
	}
	return nil
}
