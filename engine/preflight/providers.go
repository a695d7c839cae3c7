package preflight

import (
	"slices"
	"strings"
)

// always are the providers that every subscription has.
var always = []string{"Microsoft.Resources", "Microsoft.Authorization", "Microsoft.MarketplaceOrdering"}

// providers are those of the resources that the build makes. The service's own, Microsoft.VirtualMachineImages and
// Microsoft.ContainerInstance, are not among them: nothing of the service is used.
func (d *deriver) providers() error {
	first := map[string]string{} // a provider to the first property that needs it
	var names []string
	for _, p := range d.own.Permissions {
		name, _, _ := strings.Cut(p.Action, "/")
		if p.Data || slices.Contains(always, name) || first[name] != "" || p.Holder != Builder {
			continue
		}
		first[name] = p.Reasons[0].Path
		names = append(names, name)
	}
	for _, name := range names {
		d.fact(first[name], Fact{Kind: Provider, Subject: name, Scope: d.home,
			Holds: "the provider " + name + " is registered in the subscription",
			Why:   "Azure makes none of its resources before",
			Fix:   "az provider register --namespace " + name + " --wait"})
	}
	return nil
}

// policies are asked about what the build makes. The subject is the type.
func (d *deriver) policies() error {
	for _, p := range d.own.Permissions {
		typ, ok := strings.CutSuffix(p.Action, "/write")
		if !ok || p.Data || typ == "Microsoft.Resources/deployments" || strings.HasSuffix(typ, "/resourceGroups") {
			continue
		}
		want := Want{Location: d.location, Tags: d.tagsOf(typ, p.Reasons[0].Path)}
		if typ == "Microsoft.Compute/virtualMachines" {
			want.Size = d.vmSize()
		}
		d.fact(p.Reasons[0].Path, Fact{Kind: Policy, Subject: typ, Scope: groupScopeOf(p.Scope), Want: want,
			Holds: "no policy denies what the build makes of the type",
			Why:   "Azure refuses a resource that a policy denies, after what is around it was made",
			Fix:   "ask for an exemption, or say in the image template what the policy wants: tags, a size, a region"})
	}
	return nil
}

// tagsOf are what the build puts on a resource: on an image those of its distributor, on all others those of the image
// template.
func (d *deriver) tagsOf(typ, path string) map[string]string {
	if typ == imageType || typ == versionType {
		for _, dest := range d.plan.Destinations {
			if strings.HasPrefix(path, dest.Origin.Path+".") {
				return dest.Tags
			}
		}
	}
	return d.plan.Azure.ResourceTags
}

// groupScopeOf cuts a scope off after its resource group.
func groupScopeOf(scope string) string {
	segments := strings.Split(scope, "/")
	if len(segments) > 5 {
		segments = segments[:5]
	}
	return strings.Join(segments, "/")
}
