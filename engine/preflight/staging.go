package preflight

import "github.com/ingot-build/ingot/translate/plan"

const stagingPath = "properties.stagingResourceGroup"

// stagingCalls are made at the staging resource group; where Ingot makes that, at the subscription.
var stagingCalls = []call{
	{"Microsoft.Resources/subscriptions/resourceGroups/read", Ingot, "see whether the staging resource group is there, and where"},
	{"Microsoft.Resources/subscriptions/resourceGroups/read", Plugin, "find the region of the group to build in"},
	{"Microsoft.Resources/subscriptions/resourceGroups/resources/read", Ingot, "see that the group is empty, and what is left in it"},
}

var (
	stagingTagCalls = []call{
		{"Microsoft.Resources/subscriptions/resourceGroups/write", Ingot, "tag the group as that of the image template"},
	}
	stagingMakeCalls = []call{
		{"Microsoft.Resources/subscriptions/resourceGroups/write", Ingot, "make the staging resource group"},
		{"Microsoft.Resources/subscriptions/resourceGroups/delete", Ingot, "remove the staging resource group"},
	}
)

// staging is the resource group of the build VM. One that the image template names is taken to be there: then a role on
// that group is enough. Without a name Ingot makes one, and everything in it is needed at the subscription: the name is
// not known before.
func (d *deriver) staging() error {
	id := d.plan.Azure.StagingResourceGroup
	if id == "" {
		d.group = d.home
		d.need(d.group, stagingPath, stagingCalls...)
		d.need(d.group, stagingPath, stagingMakeCalls...)
		return nil
	}
	r, err := parse(stagingPath, id, groupType)
	if err != nil {
		return err
	}
	d.group = groupOf(r)
	d.need(d.group, stagingPath, stagingCalls...)
	d.need(d.group, stagingPath, stagingTagCalls...)
	where := ""
	if d.location != "" {
		where = " in " + d.location
	}
	d.fact(stagingPath, Fact{Kind: StagingGroup, Subject: d.group, Scope: d.group,
		Want:  Want{Location: d.location, Template: d.plan.Name},
		Holds: "the resource group exists" + where + ", is empty, and no other image template uses it",
		Why:   "the build VM is made in it, and what is in it afterwards is removed",
		Fix:   "make it (az group create), empty it, or name another one"})
	return nil
}

const identitiesPath = "properties.vmProfile.userAssignedIdentities"

var identityCalls = []call{
	{"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", Link, "put the identity on the build VM"},
	{"Microsoft.ManagedIdentity/userAssignedIdentities/read", Link, "put the identity on the build VM"},
}

// identities are those of the build VM.
func (d *deriver) identities() error {
	for i, id := range d.plan.Azure.VMIdentities {
		path := identitiesPath + index(i)
		if _, err := parse(path, id, identityType); err != nil {
			return err
		}
		d.need(id, path, identityCalls...)
		d.fact(path, Fact{Kind: Identity, Subject: id, Scope: id, Holds: "the managed identity exists",
			Why: "it is put on the build VM, and Azure refuses a machine with an identity that is not there",
			Fix: "make it (az identity create), or take it out of the image template"})
	}
	return nil
}

// stepPath is where a step was written. Hidden steps were not.
func stepPath(s *plan.Step) string {
	if s.Hidden {
		return "properties"
	}
	return s.Origin.Path
}
