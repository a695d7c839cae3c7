package azurearm

// networkRows are about subnets and addresses.
var networkRows = []row{
	{
		codes: []string{"PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
			"PrivateEndpointCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled"},
		kind: Invalid,
		what: "the subnet has network policies for private links enabled",
		why:  "a private link service cannot be in such a subnet",
		fix:  "az network vnet subnet update --private-link-service-network-policies Disabled; Ingot itself makes no private link",
	},
	{
		codes: []string{"SubnetIsFull"},
		kind:  Quota,
		what:  "the subnet has no free address",
		why:   "each build VM takes one, and Azure keeps five of every subnet",
		fix:   "delete what is no longer used there, or name another: vmProfile.vnetConfig.subnetId",
	},
	{
		codes: []string{"SubnetNotInSameVnet", "SubnetWithDelegationCannotBeUsedByResource"},
		kind:  Invalid,
		what:  "the build VM cannot be in this subnet",
		why:   "the network is in another region, or the subnet is delegated to a service",
		fix:   "name another: vmProfile.vnetConfig.subnetId",
	},
	{
		codes: []string{"DnsRecordInUse"},
		kind:  Conflict,
		what:  "the name of the public address is taken",
		why:   "such names are unique in a region",
		fix:   "run again: the build chooses another",
	},
	{
		codes: []string{"ForbiddenByFirewall", "ForbiddenByConnection"},
		kind:  Policy,
		what:  "the key vault of the build cannot be reached from here",
		why:   "the plugin brings the certificate of a Windows build VM through a key vault with public access, which a policy may close",
		fix:   "build where the vault can be reached, or have the staging resource group exempted from that policy",
	},
}
