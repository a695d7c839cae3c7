package azurearm

import "net/http"

// limitRows are about how much there is: of requests, of what a subscription may have, and of room in a region.
var limitRows = []row{
	{
		codes: []string{"TooManyRequests", "SubscriptionRequestsThrottled", "ResourceRequestsThrottled",
			"ResourceCollectionRequestsThrottled"},
		kind: Throttled,
		what: "too many requests at once for Azure",
		why:  "every subscription has a number of requests a minute for each service, which all its users and builds share",
		fix:  "run again later, with fewer builds at once or a lower --arm-rate",
	},
	{
		says:  says(`too many requests have been received|request (?:was|is being) throttled|rate limit (?:is )?exceeded`),
		words: "too many requests have been received",
		kind:  Throttled,
		what:  "too many requests at once for Azure",
		why:   "every subscription has a number of requests a minute for each service, which all its users and builds share",
		fix:   "run again later, with fewer builds at once or a lower --arm-rate",
	},
	{
		says: says(`approved (?P<family>[\w ]+?) quota.*Location: (?P<location>\w+).*Current Limit: (?P<limit>\d+).*` +
			`Current Usage: (?P<used>\d+).*Additional Required: (?P<more>\d+)`),
		words: "exceeding approved … quota",
		kind:  Quota, size: true,
		what: "the quota for {family} in {location} does not do for the build VM",
		why:  "{used} of {limit} are used, and the VM takes {more} more; what others do in the subscription counts as well",
		fix:  "have the quota raised (Azure portal, Quotas), or name sizes of other families: --fallback-sizes Standard_D2as_v5,Standard_D2s_v4",
	},
	{
		says: says(`quota limits? of (?P<family>[\w ]+?)\. ` +
			`Maximum allowed: (?P<limit>\d+), Current in use: (?P<used>\d+), Additional requested: (?P<more>\d+)`),
		words: "exceeding quota limits of …",
		kind:  Quota, size: true,
		what: "the quota of {family} does not do for the build VM",
		why:  "{used} of {limit} are used, and the VM takes {more} more; what others do in the subscription counts as well",
		fix:  "have the quota raised (Azure portal, Quotas), or name other sizes: --fallback-sizes Standard_D2as_v5,Standard_D2s_v4",
	},
	{
		codes: []string{"IPv4BasicSkuPublicIpCountLimitReached"},
		kind:  NotAvailable,
		what:  "Azure makes no public addresses of the Basic SKU any more",
		why:   "Microsoft retired them in 2025; before version 2 the Packer plugin asks for one",
		fix:   "install a newer plugin: ingot plugins install github.com/hashicorp/azure; or build in a subnet of yours: vmProfile.vnetConfig",
	},
	{
		says:  says(`basic sku public ip`),
		words: "Basic SKU public IP",
		kind:  NotAvailable,
		what:  "Azure makes no public addresses of the Basic SKU any more",
		why:   "Microsoft retired them in 2025; before version 2 the Packer plugin asks for one",
		fix:   "install a newer plugin: ingot plugins install github.com/hashicorp/azure; or build in a subnet of yours: vmProfile.vnetConfig",
	},
	{
		codes: []string{"PublicIPCountLimitReached", "IPv4StandardSkuPublicIpCountLimitReached"},
		kind:  Quota,
		what:  "the subscription has as many public addresses in this region as it may",
		why:   "a build without vnetConfig needs one for as long as it runs",
		fix:   "delete some, have the quota raised, or build in a subnet of yours: vmProfile.vnetConfig",
	},
	{
		codes: []string{"DeploymentQuotaExceeded"},
		kind:  Quota,
		what:  "the history of deployments is full",
		why:   "a resource group keeps 800 of them",
		fix:   "delete old ones: az deployment group list, az deployment group delete",
	},
	{
		codes: []string{"ResourceGroupQuotaExceeded"},
		kind:  Quota,
		what:  "the subscription has as many resource groups as it may",
		why:   "980 is Azure's limit; each build takes one while it runs",
		fix:   "ingot clean --on azure removes those that dead builds left; or name a group: stagingResourceGroup",
	},
	{
		codes: []string{"QuotaExceeded", "OperationNotAllowed", "ResourceQuotaExceeded"}, says: says(`quota`),
		kind: Quota, size: true,
		what: "a quota of the subscription is used up",
		why:  "what others do in the subscription counts as well",
		fix:  "have it raised (Azure portal, Quotas), or name other sizes: --fallback-sizes Standard_D2as_v5,Standard_D2s_v4",
	},
	{
		codes: []string{"QuotaExceeded", "ResourceQuotaExceeded"},
		kind:  Quota, size: true,
		what: "a quota of the subscription is used up",
		why:  "what others do in the subscription counts as well",
		fix:  "have it raised (Azure portal, Quotas), or name other sizes: --fallback-sizes Standard_D2as_v5,Standard_D2s_v4",
	},
	{
		codes: []string{"SkuNotAvailable", "NotAvailableForSubscription"},
		says:  says(`(?:Capacity Restrictions: |VM size )'?(?P<size>Standard_\w+).*in location '(?P<location>[\w ]+)'`),
		kind:  NotAvailable, size: true,
		what: "the VM size {size} is not to be had in {location}",
		why:  "the region has no room for it now, or does not offer it to this subscription",
		fix:  "choose another size (vmProfile.vmSize), or name some to fall back to: --fallback-sizes Standard_D2as_v5,Standard_D2s_v4",
	},
	{
		codes: []string{"SkuNotAvailable", "NotAvailableForSubscription"},
		kind:  NotAvailable, size: true,
		what: "the VM size is not to be had in this region",
		why:  "the region has no room for it now, or does not offer it to this subscription",
		fix:  "choose another size (vmProfile.vmSize), or name some to fall back to: --fallback-sizes Standard_D2as_v5,Standard_D2s_v4",
	},
	{
		says: says(`(?:requested VM size|The value) (?P<size>\w+) ` +
			`(?:provided for the VM size is not valid|is not available in the current region)`),
		words: "The value … provided for the VM size is not valid",
		kind:  NotAvailable, size: true,
		what: "there is no VM size {size} in this region",
		why:  "Azure has no such size, or not there",
		fix:  "az vm list-sizes --location REGION lists them: choose another (vmProfile.vmSize), or name some: --fallback-sizes",
	},
	{
		codes: []string{"ZonalAllocationFailed", "OverconstrainedZonalAllocationRequest"},
		kind:  Capacity, size: true,
		what: "the zone has no room for a VM of this size now",
		why:  "one zone has less room than a region",
		fix:  "run again later, or name sizes to fall back to: --fallback-sizes Standard_D2as_v5,Standard_D2s_v4",
	},
	{
		codes: []string{"AllocationFailed", "OverconstrainedAllocationRequest", "AllocationTimeout"},
		kind:  Capacity, size: true,
		what: "the region has no room for a VM of this size now",
		why:  "Azure found no host for it, with all that was asked for (size, disk, accelerated network, zone) together",
		fix:  "run again later, or name sizes to fall back to: --fallback-sizes Standard_D2as_v5,Standard_D2s_v4",
	},
	{
		status: http.StatusTooManyRequests,
		kind:   Throttled,
		what:   "too many requests at once for Azure",
		why:    "every subscription has a number of requests a minute for each service, which all its users and builds share",
		fix:    "run again later, with fewer builds at once or a lower --arm-rate",
	},
}
