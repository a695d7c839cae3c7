package mapping_test

// A claim says what becomes of one property of an image template. A test changes the property and holds what comes out against the
// claim; see proof_test.go. The page docs/mapping.md is made of the claims.
type claim struct {
	path string // as properties lists it

	plan string // where it is in the plan, without numbers of elements: steps.shell.script.text; "" if it is not in it
	// What it becomes in the Packer folder of a target, in Markdown; "" for nothing. The first word in backticks is what a change of
	// the property changes: the name of an attribute, or a file.
	qemu, azure string
	build       string // what a build on this machine does with it; "" for what the folder for qemu says

	none    string // why it has no effect on an image; then all of the above is ""
	refused string // code of the finding, when the changed value has no form in any Packer template
	halts   string // code of the finding, when the changed value stops a build on this machine

	set  string // the changed value, as JSON; "" to leave the property out
	base string // the template of testdata that is changed; "" for the first that has the property
	test string // what else shows it: package TestName
}

// claims are in the order of properties.
var claims = concat(
	ofResource,
	ofMachine,
	steps("properties.customize", "steps", ""),
	onlyCustomizers,
	ofDistributors,
	ofRun,
	ofSource,
	steps("properties.validate.inVMValidations", "validation.steps", "validate/"),
	ofTriggers,
)

func concat(lists ...[]claim) (all []claim) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

const (
	sub      = "/subscriptions/11111111-2222-3333-4444-555555555555"
	otherSum = `"cc04bc0861c8b34cc99cc8cc1ae339cb0fe5c9e2c3ed8d1612d2a4124790c3a8"`

	ofLanguage = "the deployment template language has it for every resource, and the service does not look at it"
	ofStart    = "it says when a run starts, not what it does"
)

// ofResource is what stands beside "properties".
var ofResource = []claim{
	{path: "apiVersion", plan: "apiVersion", set: `"2024-02-01"`, base: "windows", build: "decides how the rest is read", test: "translate/template TestKnowsTheSchema"},
	{path: "comments", none: ofLanguage, set: `"b"`},
	{path: "dependsOn", none: ofLanguage, set: `["b"]`},
	{path: "identity.type", refused: "ING2117", set: `"None"`},
	{path: "identity.userAssignedIdentities", plan: "azure.identities", azure: "`README.md` names it beside the ways to sign in",
		set: `{"` + sub + `/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/j": {}}`},
	{path: "location", plan: "azure.location", azure: "`location`, a variable, has it as its default", set: `"northeurope"`, base: "trigger"},
	{path: "name", plan: "name", qemu: "`name` of the build", azure: "`name` of the build; names of what is kept are made of it",
		set: `"web2"`, build: "name of the run", test: "engine/build TestRunPublishes"},
	{path: "tags", none: "they are on the image template, a resource of its own in Azure, and not on what it makes", set: `{"team": "b"}`},
	{path: "type", none: "it says that this is an image template", set: `"Microsoft.VirtualMachineImages"`},
}

// ofMachine is about the VMs of a run.
var ofMachine = []claim{
	{path: "properties.additionalDataDisks[].sizeGB", plan: "dataDisksGB", qemu: "refused: ING3008", azure: "`disk_additional_size`", set: `16`},
	{path: "properties.vmProfile.osDiskSizeGB", plan: "osDiskSizeGB", qemu: "`disk_size`", azure: "`os_disk_size_gb`", set: `128`},
	{path: "properties.vmProfile.userAssignedIdentities", plan: "azure.vmIdentities", azure: "`user_assigned_managed_identities`",
		set: `["` + sub + `/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other"]`},
	{path: "properties.vmProfile.vmSize", plan: "azure.vmSize", azure: "`vm_size`", set: `"Standard_D4s_v5"`},
	{path: "properties.vmProfile.vnetConfig.containerInstanceSubnetId", plan: "azure.network.containerInstanceSubnetId",
		azure: "`README.md` says that it is lost: there is no container of the service",
		set:   ``},
	{path: "properties.vmProfile.vnetConfig.proxyVmSize", plan: "azure.network.proxyVmSize",
		azure: "`README.md` says that it is lost: there is no proxy VM of the service", set: ``},
	{path: "properties.vmProfile.vnetConfig.subnetId", plan: "azure.network.subnetId",
		azure: "`virtual_network_subnet_name`, `virtual_network_name`, `virtual_network_resource_group_name`",
		set:   `"` + sub + `/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/v/subnets/other"`},
	{path: "properties.stagingResourceGroup", plan: "azure.stagingResourceGroup", azure: "`build_resource_group_name`, a variable, has its name as its default",
		set: `"` + sub + `/resourceGroups/stage2"`},
	{path: "properties.managedResourceTags", plan: "azure.resourceTags", azure: "`azure_tags`", set: `{"cost": "b"}`},
}

// steps is about what customizers and validators have in common. Where is the folder of their Packer template.
func steps(path, plan, where string) []claim {
	one := func(c claim) claim {
		c.path = path + c.path
		if c.refused != "" {
			return c
		}
		c.plan = plan + c.plan
		return c
	}
	both := func(c claim, text string) claim {
		c.qemu, c.azure = text, text
		return one(c)
	}
	files := "`" + where + "files/`"
	return []claim{
		both(claim{path: "[File].destination", plan: ".file.destination", set: `"/tmp/other.html"`}, "`destination` of `file`"),
		both(claim{path: "[File].name", plan: ".name", set: `"other"`}, "`name` of the provisioner, and of its file"),
		one(claim{path: "[File].sha256Checksum", plan: ".file.content.sha256", set: otherSum,
			build: "resolve holds the bytes against it; they come into `files/` with `-o` and in a build", test: "engine/resolve TestContents"}),
		one(claim{path: "[File].sourceUri", plan: ".file.content.uri", set: `"https://example.com/x/index.html"`,
			build: "resolve fetches it into `files/`, with `-o` and in a build", test: "engine/resolve TestContents"}),
		one(claim{path: "[File].type", set: `"Other"`, refused: "ING2006"}),
		both(claim{path: "[Shell].inline", plan: ".shell.script.text", set: `["b"]`}, files+": a script with `#!/bin/sh -e` and a line for each"),
		both(claim{path: "[Shell].name", plan: ".name", set: `"other"`}, "`name` of the provisioner, and of its file"),
		one(claim{path: "[Shell].scriptUri", plan: ".shell.script.uri", set: `"https://example.com/x/x.sh"`,
			build: "resolve fetches it into `files/`, with `-o` and in a build", test: "engine/resolve TestContents"}),
		one(claim{path: "[Shell].sha256Checksum", plan: ".shell.script.sha256", set: otherSum,
			build: "resolve holds the bytes against it", test: "engine/resolve TestContents"}),
		one(claim{path: "[Shell].type", set: `"Other"`, refused: "ING2006"}),
		both(claim{path: "[PowerShell].inline", plan: ".powerShell.script.text", set: `["b"]`}, files+": a script with a line for each"),
		both(claim{path: "[PowerShell].name", plan: ".name", set: `"other"`}, "`name` of the provisioner, and of its file"),
		both(claim{path: "[PowerShell].runAsSystem", plan: ".powerShell.asSystem", set: `true`}, "`elevated_user`: `SYSTEM`"),
		both(claim{path: "[PowerShell].runElevated", plan: ".powerShell.elevated", set: `true`}, "`elevated_user`, `elevated_password`: those of the build user"),
		one(claim{path: "[PowerShell].scriptUri", plan: ".powerShell.script.uri", set: `"https://example.com/x/x.ps1"`,
			build: "resolve fetches it into `files/`, with `-o` and in a build", test: "engine/resolve TestContents"}),
		one(claim{path: "[PowerShell].sha256Checksum", plan: ".powerShell.script.sha256", set: otherSum,
			build: "resolve holds the bytes against it", test: "engine/resolve TestContents"}),
		one(claim{path: "[PowerShell].type", set: `"Other"`, refused: "ING2006"}),
		both(claim{path: "[PowerShell].validExitCodes", plan: ".powerShell.validExitCodes", set: `[0, 3010]`}, "`valid_exit_codes`"),
	}
}

// onlyCustomizers are the types that validators do not have.
var onlyCustomizers = func() []claim {
	const restart, update = "properties.customize[WindowsRestart].", "properties.customize[WindowsUpdate]."
	both := func(path, plan, attribute, set string) claim {
		return claim{path: path, plan: plan, qemu: attribute, azure: attribute, set: set}
	}
	return []claim{
		both(restart+"name", "steps.name", "`name` of the provisioner", `"other"`),
		both(restart+"restartCheckCommand", "steps.windowsRestart.checkCommand", "`restart_check_command`", `"echo here"`),
		both(restart+"restartCommand", "steps.windowsRestart.command", "`restart_command`", `"shutdown /r /f"`),
		both(restart+"restartTimeout", "steps.windowsRestart.timeout", "`restart_timeout`", `"10m"`),
		{path: restart + "type", refused: "ING2006", set: `"Other"`},
		both(update+"filters", "steps.windowsUpdate.filters", "`filters`", `["exclude:$_.Title -like '*Preview*'"]`),
		both(update+"name", "steps.name", "`name` of the provisioner", `"other"`),
		both(update+"searchCriteria", "steps.windowsUpdate.searchCriteria", "`search_criteria`", `"BrowseOnly=0"`),
		{path: update + "type", refused: "ING2006", set: `"Other"`},
		both(update+"updateLimit", "steps.windowsUpdate.updateLimit", "`update_limit`", `30`),
	}
}()

// ofDistributors: the columns of targets say what --standalone makes of them, since the build half distributes nothing.
var ofDistributors = func() []claim {
	const managed, shared, vhd = "properties.distribute[ManagedImage].", "properties.distribute[SharedImage].", "properties.distribute[VHD]."
	const all, gallery = "engine/distribute/local TestEveryDistributor", "`shared_image_gallery_destination`"
	const recorded = "recorded with the artifact"
	tags := "`azure_tags`"
	output := "names the run output"
	return []claim{
		{path: managed + "artifactTags", plan: "destinations.tags", azure: tags, build: recorded, set: `{"k": "w"}`, test: all},
		{path: managed + "imageId", plan: "destinations.managedImage.id", azure: "`managed_image_name`, `managed_image_resource_group_name`",
			build: "where in the local store it is put", set: `"` + sub + `/resourceGroups/g/providers/Microsoft.Compute/images/web2"`, test: all},
		{path: managed + "location", plan: "destinations.managedImage.location",
			azure: "`README.md` says so when it is another one: the builder makes it where it builds", build: recorded, set: `"northeurope"`, test: all},
		{path: managed + "runOutputName", plan: "destinations.runOutputName", build: output, set: `"other"`, test: all},
		{path: managed + "type", refused: "ING2006", set: `"Other"`},
		{path: shared + "artifactTags", plan: "destinations.tags", azure: tags, build: recorded, set: `{"l": "w"}`, test: all},
		{path: shared + "excludeFromLatest", plan: "destinations.sharedImage.excludeFromLatest",
			azure: "`shared_gallery_image_version_exclude_from_latest`", build: "the version is passed over for `latest`", set: `true`,
			test: "engine/gallery TestLatestHonoursExclusion"},
		{path: shared + "galleryImageId", plan: "destinations.sharedImage.definitionId", azure: "`image_name` and the rest of " + gallery,
			build: "where in the local gallery it is put", test: all,
			set: `"` + sub + `/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/web2"`},
		{path: shared + "replicationMode", plan: "destinations.sharedImage.replicationMode", azure: "`use_shallow_replication`", build: recorded,
			set: `"Shallow"`, test: all},
		{path: shared + "replicationRegions", plan: "destinations.sharedImage.regions.name", azure: "`target_region` of " + gallery,
			build: recorded, set: `["westeurope", "northeurope"]`, test: all},
		{path: shared + "runOutputName", plan: "destinations.runOutputName", build: output, set: `"other"`, test: all},
		{path: shared + "storageAccountType", plan: "destinations.sharedImage.regions.storageAccountType",
			azure: "`storage_account_type` of " + gallery, build: recorded, set: `"Premium_LRS"`, test: all},
		{path: shared + "targetRegions[].name", plan: "destinations.sharedImage.regions.name", azure: "`name` of `target_region`",
			build: recorded, set: `"northeurope"`, test: all},
		{path: shared + "targetRegions[].replicaCount", plan: "destinations.sharedImage.regions.replicaCount", azure: "`replicas` of `target_region`",
			build: recorded, set: `3`, test: all},
		{path: shared + "targetRegions[].storageAccountType", plan: "destinations.sharedImage.regions.storageAccountType",
			azure: "`storage_account_type` of " + gallery, build: recorded, set: `"Premium_LRS"`, test: all},
		{path: shared + "type", refused: "ING2006", set: `"Other"`},
		{path: shared + "versioning(Latest).major", plan: "destinations.sharedImage.major",
			build: "the next version with this first number", set: `2`,
			test: "engine/gallery TestLatest"},
		{path: shared + "versioning(Latest).scheme", plan: "destinations.sharedImage.scheme",
			azure: "`README.md` says so: the version is a variable", build: "the next version after the highest", set: `"Source"`, base: "trigger",
			test: "engine/gallery TestLatest"},
		{path: shared + "versioning(Source).scheme", plan: "destinations.sharedImage.scheme",
			azure: "`README.md` says so: the version is a variable", build: "the source's version", set: `"Latest"`, test: "engine/gallery TestFromSource"},
		{path: vhd + "artifactTags", plan: "destinations.tags", azure: tags, build: recorded, set: `{"m": "w"}`, test: all},
		{path: vhd + "runOutputName", plan: "destinations.runOutputName", build: output, set: `"other"`, test: all},
		{path: vhd + "type", refused: "ING2006", set: `"Other"`},
		{path: vhd + "uri", plan: "destinations.vhd.uri", azure: "`storage_account`, and the rest of where the VHD goes",
			build: "the file is put there, when it is a path", set: `"https://other.blob.core.windows.net/vhds/web.vhd"`,
			test: "engine/distribute/local TestVHDPlace"},
	}
}()

const keeps = "the VM goes on running, with its disk, until `ingot clean`"

// ofRun is about the run as a whole.
var ofRun = []claim{
	{path: "properties.autoRun.state", none: ofStart, set: `"Enabled"`},
	{path: "properties.buildTimeoutInMinutes", plan: "timeoutMinutes", azure: "`polling_duration_timeout`, for each wait",
		build: "ends the run", set: `240`, test: "engine/build TestTimeoutSaysWhatWasRunning"},
	{path: "properties.errorHandling.onCustomizerError", plan: "onError.keepBuildVM", qemu: "`README.md`: `packer build -on-error=abort`",
		azure: "`README.md`: `packer build -on-error=abort`", build: keeps, set: `"abort"`, test: "engine/build TestKeep"},
	{path: "properties.errorHandling.onValidationError", plan: "onError.keepValidationVM",
		qemu: "`README.md`: `packer build -on-error=abort`", azure: "`README.md`: `packer build -on-error=abort`", build: keeps, set: `"abort"`,
		test: "engine/build TestKeep"},
	{path: "properties.optimize.vmBoot.state", plan: "optimizeBoot", qemu: "`README.md` says that it is lost",
		azure: "`README.md` says that it is lost", halts: "ING3005", set: `"Enabled"`},
	{path: "properties.optimize.workload.scriptUri", none: "only an enabled workload is run, and that is refused", set: `"https://example.com/v.sh"`},
	{path: "properties.optimize.workload.sha256Checksum", none: "only an enabled workload is run, and that is refused", set: otherSum},
	{path: "properties.optimize.workload.state", refused: "ING3006", set: `"Enabled"`},
	{path: "properties.validate.continueDistributeOnFailure", plan: "validation.distributeAnyway",
		build: "an image that failed is distributed too; the run has failed all the same", set: `true`, test: "engine/build TestValidation"},
	{path: "properties.validate.sourceValidationOnly", plan: "validation.sourceOnly",
		qemu:  "`image.pkr.hcl` is then the validation, and there is no other",
		azure: "`image.pkr.hcl` is then the validation, and there is no other",
		build: "the validators run on the source, and nothing is built", set: `true`, test: "engine/build TestValidation"},
}

// ofSource: what the ids name is looked up in the local store by a build on this machine.
var ofSource = func() []claim {
	const platform, find = "properties.source(PlatformImage).", "engine/baseimage TestFind"
	const where = "which base image of the local store it is"
	return []claim{
		{path: "properties.source(ManagedImage).imageId", plan: "source.managedImage.id", azure: "`custom_managed_image_name`, `custom_managed_image_resource_group_name`",
			build: where, set: `"` + sub + `/resourceGroups/g/providers/Microsoft.Compute/images/base2"`, test: "engine/resolve TestSource"},
		{path: "properties.source(ManagedImage).type", refused: "ING2006", set: `"Other"`},
		{path: platform + "offer", plan: "source.platformImage.offer", azure: "`image_offer`", build: where, set: `"debian-13"`, test: find},
		{path: platform + "planInfo.planName", plan: "source.platformImage.plan.name", azure: "`plan_name` of `plan_info`", set: `"o"`},
		{path: platform + "planInfo.planProduct", plan: "source.platformImage.plan.product", azure: "`plan_product` of `plan_info`", set: `"o"`},
		{path: platform + "planInfo.planPublisher", plan: "source.platformImage.plan.publisher", azure: "`plan_publisher` of `plan_info`", set: `"o"`},
		{path: platform + "publisher", plan: "source.platformImage.publisher", azure: "`image_publisher`", build: where, set: `"Canonical"`, test: find},
		{path: platform + "sku", plan: "source.platformImage.sku", azure: "`image_sku`", build: where, set: `"12"`, test: find},
		{path: platform + "type", refused: "ING2006", set: `"Other"`},
		{path: platform + "version", plan: "source.platformImage.version", azure: "`image_version`", build: where + "; `latest` is the newest there",
			set: `"0.20240101.1"`, test: find},
		{path: "properties.source(SharedImageVersion).imageVersionId", plan: "source.sharedImageVersion.id", azure: "`image_version` and the rest of `shared_image_gallery`",
			build: where, set: `"` + sub + `/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/base/versions/1.0.1"`,
			test: "engine/resolve TestSource"},
		{path: "properties.source(SharedImageVersion).type", refused: "ING2006", set: `"Other"`},
	}
}()

// ofTriggers is about resources that may stand inside an image template.
var ofTriggers = []claim{
	{path: "resources[].apiVersion", none: ofStart, set: `"2024-02-01"`},
	{path: "resources[].comments", none: ofLanguage, set: `"b"`},
	{path: "resources[].dependsOn", none: ofLanguage, set: `["b"]`},
	{path: "resources[].location", none: ofStart, set: `"northeurope"`},
	{path: "resources[].name", none: ofStart, set: `"other"`},
	{path: "resources[].properties(SourceImage).kind", refused: "ING2006", set: `"Other"`},
	{path: "resources[].type", none: ofStart, set: `"Microsoft.VirtualMachineImages/imageTemplates/triggers"`},
}
