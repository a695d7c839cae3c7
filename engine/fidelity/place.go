package fidelity

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

func network(f Facts) []Difference {
	n := f.Plan.Azure.Network
	d := Difference{
		What: "the build VM is behind this host's address translation; in the service it is in a virtual network made for the run",
		Why:  "it goes out by this host's address and asks this host's name servers; no rule of a network security group is in its way",
	}
	if subnet := cmp.Or(n.SubnetID, n.Subnet); subnet != "" {
		d.What = fmt.Sprintf("the build VM is behind this host's address translation, not in subnet %s", lastSegments(subnet))
		d.Why = "private endpoints, name servers, routes and security groups of that network are not there, and not tried"
		d.Path = "properties.vmProfile.vnetConfig"
	}
	return one(d)
}

func metadata(f Facts) []Difference {
	m, named := f.firstMention(MetadataAddress)
	switch {
	case f.Metadata:
		return one(Difference{
			What: "what " + MetadataAddress + " answers is made of the image template; in Azure it is of a real VM",
			Why:  "ids, addresses and tags are made up where the template has none, attested data is not signed, and no event is ever scheduled",
			Step: m.Step, Path: m.Origin.Path, Range: m.Origin.Range,
		})
	case named:
		return one(Difference{
			What: "nobody answers at " + MetadataAddress + "; in Azure every VM is answered there",
			Why:  "the metadata service is off here, and a step names its address; see --metadata",
			Step: m.Step,
		}.about(m.Origin))
	}
	return nil
}

func wireServer(f Facts) []Difference {
	m, named := f.firstMention(WireServer)
	if !named {
		return nil
	}
	return one(Difference{
		What: "nobody answers at " + WireServer + "; in Azure the agent, DNS and health probes are served there",
		Why:  "a step names the address, and no part of the fabric behind it is played here",
		Step: m.Step,
	}.about(m.Origin))
}

func identity(f Facts) []Difference {
	ids := f.Plan.Azure.VMIdentities
	switch {
	case len(f.Identity) > 0:
		return one(Difference{
			What: "tokens in the build VM are those of whoever is signed in here; in the service those of " + identities(ids),
			Why:  "--allow-identity gives them out for " + strings.Join(f.Identity, ", ") + "; what they may do differs",
			Path: pathOf(len(ids) > 0),
		})
	case len(ids) > 0:
		return one(Difference{
			What: "the build VM has no identity; in the service it has " + identities(ids),
			Why:  "nobody's tokens are given into a build VM without --allow-identity",
			Path: pathOf(true),
		})
	}
	return nil
}

// pathOf is where the template lists identities of the build VM, if it does.
func pathOf(listed bool) string {
	if listed {
		return "properties.vmProfile.userAssignedIdentities"
	}
	return ""
}

func identities(ids []string) string {
	var names []string
	for _, id := range ids {
		names = append(names, id[strings.LastIndexByte(id, '/')+1:])
	}
	if len(names) == 0 {
		return "nobody, since the template gives the build VM no identity"
	}
	return strings.Join(names, ", ")
}

func errorHandling(f Facts) []Difference {
	if f.Plan.OnError == (plan.OnError{}) {
		return nil
	}
	return one(Difference{
		What: "a VM whose step fails is left standing on this machine; in the service it is in the staging resource group, which you pay for",
		Why:  "errorHandling is abort, or --on-error says so",
	})
}

func timeout(f Facts) []Difference {
	asked := f.Plan.TimeoutMinutes
	if f.Timeout == 0 || int64(f.Timeout.Minutes()) == asked && f.Timeout%60e9 == 0 {
		return nil
	}
	return one(Difference{
		What: fmt.Sprintf("the run may take %s; in the service %d minutes", f.Timeout, asked),
		Why:  "--timeout was given, and buildTimeoutInMinutes counts there",
	})
}

func staging(f Facts) []Difference {
	a := f.Plan.Azure
	if a.StagingResourceGroup == "" && len(a.ResourceTags) == 0 {
		return nil
	}
	var named []string
	if a.StagingResourceGroup != "" {
		named = append(named, "stagingResourceGroup")
	}
	if len(a.ResourceTags) > 0 {
		named = append(named, "managedResourceTags")
	}
	return one(Difference{
		What: strings.Join(named, " and ") + " have no use here; in the service they say where a run's resources are, and how they are tagged",
		Why:  "a run on this machine keeps its things in a folder, which is gone at its end",
		Path: "properties." + named[0],
	})
}

func subscription(f Facts) []Difference {
	return one(Difference{
		What: "quota, policies and permissions of a subscription were not tried; a build in the service meets them",
		Why:  "no request goes to Azure in a build on this machine; ingot preflight asks beforehand",
	})
}
