package emit

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// The variables of the target azure, beyond the credentials.
const (
	locationVar     = "location"
	buildGroupVar   = "build_resource_group_name"
	imageGroupVar   = "image_resource_group_name"
	imageNameVar    = "image_name"
	snapshotVar     = "snapshot_name"
	dataSnapshotVar = "data_disk_snapshot_prefix"
	imageVersionVar = "image_version"
	accountVar      = "storage_account"
	accountGroupVar = "storage_account_resource_group_name"
	bootTimeoutVar  = "boot_timeout"
)

// null is the default of what may be left out.
var null = cty.NullVal(cty.String)

// credentials are the builder's fields about who builds, each with a variable of the same name. Without any of them it is the
// managed identity of the machine that Packer runs on.
func (a *azure) credentials() []variable {
	home := null
	if a.home != "" {
		home = cty.StringVal(braces(a.home))
	}
	all := []variable{
		{name: "subscription_id", typ: "string", description: "Subscription to build in.", standard: home},
		{name: "tenant_id", typ: "string", description: "Directory of the service principal that builds.", standard: null},
		{name: "client_id", typ: "string", description: "Application id of that service principal.", standard: null},
		{name: "client_secret", typ: "string", description: "Its password, if it signs in with one.", standard: null, sensitive: true},
		{name: "client_cert_path", typ: "string", description: "File with its certificate, if it signs in with one.", standard: null},
		{name: "client_jwt", typ: "string", description: "Its signed assertion, if it signs in with one.", standard: null,
			sensitive: true},
		{name: "oidc_request_url", typ: "string", description: "Where a token for it is requested, if a CI system vouches for it.",
			standard: null},
		{name: "oidc_request_token", typ: "string", description: "What that request is made with.", standard: null, sensitive: true},
		{name: "use_azure_cli_auth", typ: "bool", description: "Build as whoever is signed in to the Azure CLI.", standard: cty.False},
		{name: "cloud_environment_name", typ: "string", description: "Public, USGovernment or China.",
			standard: cty.StringVal("Public")},
	}
	if a.hosted != nil {
		all = append(all, variable{name: "metadata_host", typ: "string", standard: null, description: "Where this cloud describes itself."})
	}
	known := all[:0]
	for _, v := range all {
		if a.fields.Attribute(v.name) != "" {
			known = append(known, v)
		}
	}
	return known
}

// variables come in the order of the source block.
func (a *azure) variables() []variable {
	boot := "20m"
	if a.windows() {
		boot = "10m"
	}
	all := append(a.credentials(), a.place()...)
	all = append(all, a.outputVariables()...)
	all = append(all, a.ports()...)
	// The service waits as long.
	return append(all, variable{name: bootTimeoutVar, typ: "string",
		description: "Longest time from the build VM's first start until Packer is connected.", standard: cty.StringVal(boot)})
}

// ports are where the guest listens.
func (a *azure) ports() []variable {
	switch {
	case a.hosted == nil:
		return nil
	case a.windows():
		return []variable{{name: "winrm_port", typ: "number", description: "Port of WinRM on the build VM.", standard: cty.NumberIntVal(5986)}}
	default:
		return []variable{{name: "ssh_port", typ: "number", description: "Port of SSH on the build VM.", standard: cty.NumberIntVal(22)}}
	}
}

// place is where the build VM is: in a group of its own in a region, or in an existing group.
func (a *azure) place() []variable {
	location := variable{name: locationVar, typ: "string", standard: null,
		description: "Region to build in, with a resource group made for the build; \"\" with " + buildGroupVar + "."}
	group := variable{name: buildGroupVar, typ: "string", standard: null,
		description: "Existing resource group to build in, in its region; \"\" with " + locationVar + "."}
	switch staging := a.stagingGroup(); {
	case a.plan.Azure.StagingResourceGroup != "":
		group.standard = orRequired(staging)
	default:
		location.standard = orRequired(a.plan.Azure.Location)
	}
	return []variable{location, group}
}

// orRequired is the default of a variable: what the image template says, if it says so in a way that can be used.
func orRequired(value string) cty.Value {
	if value == "" {
		return cty.NilVal
	}
	return cty.StringVal(braces(value))
}

// stagingGroup is the name of the staging resource group; "" if the image template names none, or none that the builder takes.
func (a *azure) stagingGroup() string {
	if name := parseID(a.plan.Azure.StagingResourceGroup).group(); named(groupName, name) {
		return name
	}
	return ""
}

// outputVariables name what is kept.
func (a *azure) outputVariables() []variable {
	group := variable{name: imageGroupVar, typ: "string", standard: orRequired(a.stagingGroup()),
		description: "Existing resource group for the snapshot."}
	image := variable{name: imageNameVar, typ: "string", description: "Name that no managed image of that resource group has.",
		standard: cty.StringVal(plainImageName(a.plan.Name))}
	snapshot := variable{name: snapshotVar, typ: "string", description: "Name of the snapshot: letters, digits and underscores.",
		standard: cty.StringVal(snapshotName(a.plan.Name))}
	switch {
	case a.ofResult:
		return a.resultVariables(group, image)
	case a.validates:
		group.description = "Any existing resource group."
		if name := parseID(idOf(a.plan.Source.ManagedImage)).group(); named(groupName, name) {
			group.standard = cty.StringVal(name)
		}
		return []variable{group}
	case a.out.any():
		return a.distributionVariables(group, image)
	case a.dataDisks():
		stem := snapshotName(a.plan.Name)
		return []variable{group, image, snapshot, {name: dataSnapshotVar, typ: "string",
			description: "What the names of the data disks' snapshots begin with; a number follows.",
			standard:    cty.StringVal(stem[:min(len(stem), maxSnapshotPrefix-len("_data"))] + "_data")}}
	default:
		return []variable{group, image, snapshot}
	}
}

// resultVariables name what a validation VM is made from.
func (a *azure) resultVariables(group, image variable) []variable {
	group.description, image.description = "Resource group of the managed image to validate.", "Managed image to validate."
	switch m := a.out.managed; {
	case m != nil:
		id := parseID(m.ID)
		group.standard, image.standard = orRequired(id.group()), orRequired(id.part("images"))
	case a.out.gallery != nil:
		group.description = "Any existing resource group."
		return []variable{group, a.versionVariable("Version of the gallery image to validate.")}
	}
	return []variable{group, image}
}

// plainImageName makes a name for a managed image from that of the image template, which allows nearly the same.
func plainImageName(s string) string {
	s = strings.Trim(mapName(s, "-_."), "-_.")
	if s = s[:min(len(s), 80)]; !named(imageName, s) {
		return "image"
	}
	return s
}

// maxSnapshotPrefix is the longest that the builder takes for data disks.
const maxSnapshotPrefix = 59

// snapshotName does so for a snapshot, which allows less here than Azure does.
func snapshotName(s string) string {
	s = strings.Trim(mapName(strings.NewReplacer("-", "_", ".", "_").Replace(s), "_"), "_")
	if s == "" {
		return "image"
	}
	return s[:min(len(s), 79)]
}

// mapName keeps ASCII letters, digits and the characters of more.
func mapName(s, more string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(more, r) {
			return r
		}
		return -1
	}, s)
}
