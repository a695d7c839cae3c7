package azurearm

// absentRows are about what is not there.
var absentRows = []row{
	{
		codes: []string{"SubscriptionNotFound", "InvalidSubscriptionId"}, says: says(`subscription (?:identifier )?'(?P<id>[^']+)'`),
		kind: NotFound,
		what: "the builder knows no subscription {id}",
		why:  "it is of another tenant or not there, or the builder has no role anywhere in it",
		fix:  "az account list --all says which there are; choose one by --subscription or AZURE_SUBSCRIPTION_ID",
	},
	{
		codes: []string{"SubscriptionNotFound", "InvalidSubscriptionId"},
		kind:  NotFound,
		what:  "the builder does not know the subscription",
		why:   "it is of another tenant or not there, or the builder has no role anywhere in it",
		fix:   "az account list --all says which there are; choose one by --subscription or AZURE_SUBSCRIPTION_ID",
	},
	{
		codes: []string{"ResourceGroupNotFound"}, says: says(`resource group '(?P<group>[^']+)'`),
		kind: NotFound,
		what: "there is no resource group {group}",
		why:  "groups that images go to, and one that a template names for staging with a subnet, are not made by a build",
		fix:  "az group create --name {group} --location REGION, or name another",
	},
	{
		says: says(`(?:gallery image|image version|galleries/)(?P<image>\S*).{0,200}` +
			`(?:not available in|not replicated to) (?:the )?'?(?P<region>\w+)'?`),
		words: "The gallery image … is not available in …",
		kind:  NotFound,
		what:  "the image version is not replicated to {region}",
		why:   "a VM starts from a gallery version only in one of its target regions",
		fix:   "build in a region that it is in (location), or have it replicated there (az sig image-version update)",
	},
	{
		codes: []string{"GalleryImageNotFound", "ImageVersionNotFound"},
		kind:  NotFound,
		what:  "there is no such gallery image or version",
		why:   "it does not exist, is not in this region, or was deleted since",
		fix:   "az sig image-version list says which there are; look at source.imageVersionId and distribute[].galleryImageId",
	},
	{
		codes: []string{"PlatformImageNotFound", "ImageVersionDeprecated", "ImageNotFound"},
		kind:  NotFound,
		what:  "the marketplace has no such image",
		why:   "publisher, offer, sku or version is wrong, or its publisher has withdrawn it",
		fix:   "az vm image list --all --publisher P --offer O --sku S says which there are; \"version\": \"latest\" takes the newest",
	},
	{
		codes: []string{"FailedIdentityOperation"},
		kind:  NotFound,
		what:  "an identity of the build VM cannot be used",
		why:   "it does not exist, or not in this tenant",
		fix:   "look at vmProfile.userAssignedIdentities; az identity list says which there are",
	},
	{
		codes: []string{"InvalidResourceReference", "ReferencedResourceNotProvisioned", "LinkedInvalidPropertyId"},
		says:  says(`resource '?(?P<absent>/subscriptions/[^\s']+)'? referenced`),
		kind:  NotFound,
		what:  "something that the resource refers to is not there: {absent}",
		why:   "it does not exist, is in another region, or is not finished",
		fix:   "look at the ids in the template, and at their regions",
	},
	{
		codes: []string{"InvalidResourceReference", "ReferencedResourceNotProvisioned", "LinkedInvalidPropertyId", "ParentResourceNotFound"},
		kind:  NotFound,
		what:  "something that the resource refers to is not there",
		why:   "it does not exist, is in another region, or is not finished",
		fix:   "look at the ids in the template, and at their regions",
	},
	{
		codes: []string{"ResourceNotFound"}, says: says(`resource '(?P<absent>[^']+)' under resource group '(?P<group>[^']+)'`),
		kind: NotFound,
		what: "there is no {absent} in the resource group {group}",
		why:  "it does not exist, or was deleted since; a permission that was just given may also not count yet",
		fix:  "look at its id in the template; if it was there a moment ago, see who deletes in that group",
	},
	{
		codes: []string{"ResourceNotFound", "NotFound"},
		kind:  NotFound,
		what:  "Azure does not find {resource|a resource}",
		why:   "it does not exist, or was deleted since",
		fix:   "look at its id in the template",
	},
	{
		codes: []string{"LocationNotAvailableForResourceType", "NoRegisteredProviderFound", "LocationNotAvailable", "InvalidLocation"},
		kind:  NotAvailable,
		what:  "the region does not have this kind of resource",
		why:   "not every region has every service, and some are closed to most subscriptions",
		fix:   "choose another location; az account list-locations says which there are",
	},
}
