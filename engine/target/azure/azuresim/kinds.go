package azuresim

// The types that code refers to.
const (
	deploymentType = "Microsoft.Resources/deployments"
	vnetType       = "Microsoft.Network/virtualNetworks"
	subnetType     = "Microsoft.Network/virtualNetworks/subnets"
	nicType        = "Microsoft.Network/networkInterfaces"
	ipType         = "Microsoft.Network/publicIPAddresses"
	nsgType        = "Microsoft.Network/networkSecurityGroups"
	vmType         = "Microsoft.Compute/virtualMachines"
	diskType       = "Microsoft.Compute/disks"
	snapshotType   = "Microsoft.Compute/snapshots"
	imageType      = "Microsoft.Compute/images"
	galleryType    = "Microsoft.Compute/galleries"
	definitionType = "Microsoft.Compute/galleries/images"
	versionType    = "Microsoft.Compute/galleries/images/versions"
	vaultType      = "Microsoft.KeyVault/vaults"
	secretType     = "Microsoft.KeyVault/vaults/secrets"
	accountType    = "Microsoft.Storage/storageAccounts"
	identityType   = "Microsoft.ManagedIdentity/userAssignedIdentities"
)

// allKinds is the table of what is kept. Each row says how Azure answers for it: what it answers with was taken from
// the reference of the REST API, which has the statuses and headers of every operation.
//
// Reference: https://learn.microsoft.com/rest/api/azure/
func allKinds() []*kind {
	return []*kind{
		{name: groupType, since: "2016-09-01", drop: location, patchable: true, removing: removeGroup},
		{name: deploymentType, since: "2016-09-01", nowhere: true, put: byHeader, drop: location,
			check: checkDeployment, work: runDeployment, view: viewDeployment},

		{name: vnetType, since: "2015-06-15", put: byHeader, drop: accepted, patchable: true, check: checkVnet,
			embeds: map[string]string{"subnets": "subnets"}},
		{name: subnetType, since: "2015-06-15", nowhere: true, put: byHeader, drop: accepted, check: checkSubnet,
			view: viewSubnet},
		{name: nsgType, since: "2015-06-15", put: byHeader, drop: accepted, patchable: true,
			embeds: map[string]string{"securityRules": "securityRules"}},
		{name: nsgType + "/securityRules", since: "2015-06-15", nowhere: true, put: byHeader, drop: accepted},
		{name: ipType, since: "2015-06-15", put: byHeader, drop: accepted, patchable: true, check: checkIP, view: viewIP},
		{name: nicType, since: "2015-06-15", put: byHeader, drop: accepted, patchable: true, check: checkNIC},

		{name: vmType, since: "2016-04-30", put: byHeader, drop: accepted, patchable: true, check: checkVM, stored: storedVM,
			work: startVM, removing: removeVM, removed: removedVM, view: viewVM, actions: vmActions()},
		{name: vmType + "/extensions", since: "2016-04-30", put: byHeader, drop: accepted, patchable: true},
		{name: diskType, since: "2016-04-30", put: accepted, drop: accepted, patchable: true, check: checkDisk,
			work: copyBytes, view: viewDisk, actions: accessActions()},
		{name: snapshotType, since: "2016-04-30", put: accepted, drop: accepted, patchable: true, check: checkSnapshot,
			stored: storedSnapshot, work: copyBytes, view: viewSnapshot, actions: accessActions()},
		{name: imageType, since: "2016-04-30", put: byHeader, drop: accepted, patchable: true, check: checkImage,
			work: copyBytes},
		{name: galleryType, since: "2018-06-01", put: byHeader, drop: accepted, patchable: true, check: checkGallery},
		{name: definitionType, since: "2018-06-01", put: byHeader, drop: accepted, patchable: true, check: checkDefinition},
		{name: versionType, since: "2018-06-01", put: byHeader, drop: accepted, patchable: true, check: checkImageVersion,
			stored: storedImageVersion, work: replicate, view: viewImageVersion},

		{name: vaultType, since: "2015-06-01", put: byState, patchable: true, check: checkVault},
		{name: secretType, since: "2015-06-01", nowhere: true, stateless: true, check: checkSecret},
		{name: accountType, since: "2015-06-15", put: location, patchable: true, check: checkAccount, stored: storedAccount,
			actions: accountActions()},
		{name: accountType + "/blobServices", since: "2018-02-01", nowhere: true, stateless: true},
		{name: accountType + "/blobServices/containers", since: "2018-02-01", nowhere: true, stateless: true,
			stored: storedContainer},
		{name: identityType, since: "2015-08-31-preview", stateless: true, patchable: true, check: checkUserIdentity},

		{name: "Microsoft.Authorization/roleAssignments", since: "2015-07-01", nowhere: true, stateless: true, anywhere: true,
			check: checkRoleAssignment},
		{name: "Microsoft.Authorization/roleDefinitions", since: "2015-07-01", nowhere: true, stateless: true,
			anywhere: true},
		{name: lockType, since: "2016-09-01", nowhere: true, stateless: true, anywhere: true, check: checkLock},
	}
}
