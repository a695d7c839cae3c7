package preflight

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
)

// The types of the resources that an image template names by their ids.
const (
	groupType      = "Microsoft.Resources/resourceGroups"
	imageType      = "Microsoft.Compute/images"
	definitionType = "Microsoft.Compute/galleries/images"
	versionType    = "Microsoft.Compute/galleries/images/versions"
	subnetType     = "Microsoft.Network/virtualNetworks/subnets"
	identityType   = "Microsoft.ManagedIdentity/userAssignedIdentities"
)

// typeNames are what a person calls them.
var typeNames = map[string]string{
	groupType: "a resource group", imageType: "a managed image", definitionType: "a gallery image definition",
	versionType: "a gallery image version", subnetType: "a subnet", identityType: "a managed identity",
}

// parse takes an id of a known type apart. The error begins with the property.
func parse(property, id, typ string) (*arm.ResourceID, error) {
	r, err := arm.ParseResourceID(id)
	if err != nil || !strings.EqualFold(r.ResourceType.String(), typ) || r.SubscriptionID == "" || r.ResourceGroupName == "" {
		return nil, fmt.Errorf("%s: %q is not the id of %s", property, id, typeNames[typ])
	}
	return r, nil
}

func subscriptionScope(id string) string { return "/subscriptions/" + id }

func groupScope(subscription, group string) string {
	return subscriptionScope(subscription) + "/resourceGroups/" + group
}

// groupOf is the scope of the resource group that a resource is in.
func groupOf(r *arm.ResourceID) string { return groupScope(r.SubscriptionID, r.ResourceGroupName) }

// isURL reports whether a scope is known by its address alone.
func isURL(scope string) bool { return strings.HasPrefix(scope, "https://") }

// within reports whether a scope is inside another one, or is it.
func within(scope, wide string) bool {
	scope, wide = strings.ToLower(scope), strings.ToLower(wide)
	return scope == wide || strings.HasPrefix(scope, strings.TrimSuffix(wide, "/")+"/")
}

// regionName is a region as ids and the API write it.
func regionName(shown string) string { return strings.ToLower(strings.ReplaceAll(shown, " ", "")) }

// blobHost is the address of a storage account's blobs, in every cloud.
var blobHost = regexp.MustCompile(`^([a-z0-9]{3,24})\.blob\.[a-z0-9.]+$`)

// container gives the URL of the container that a blob is in, and the name of its storage account. It is not ok for an address
// elsewhere, and for one that carries its own permission, a shared access signature.
func container(address string) (containerURL, account string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Query().Has("sig") {
		return "", "", false
	}
	m := blobHost.FindStringSubmatch(strings.ToLower(u.Hostname()))
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if m == nil || first == "" {
		return "", "", false
	}
	return "https://" + m[0] + "/" + first, m[1], true
}
