package azuresim

import (
	"strings"
)

// endpoint answers what is no resource.
type endpoint func(*call) (*reply, error)

// endpoints are by method, type and tail.
var endpoints = map[string]endpoint{
	"get microsoft.resources/subscriptions":                                              listSubscriptions,
	"get microsoft.resources/subscriptions/locations":                                    listLocations,
	"get microsoft.resources/subscriptions/resources":                                    listResources,
	"get microsoft.resources/subscriptions/providers":                                    listProviders,
	"get microsoft.resources/subscriptions/resourcegroups":                               listGroups,
	"get microsoft.resources/resourcegroups/resources":                                   listResources,
	"get microsoft.resources/resourcegroups/resourcegroups":                              listGroups,
	"get microsoft.resources/tags":                                                       readTags,
	"put microsoft.resources/tags":                                                       writeTags,
	"patch microsoft.resources/tags":                                                     writeTags,
	"delete microsoft.resources/tags":                                                    writeTags,
	"get microsoft.resources/deployments/operations":                                     listDeploymentOperations,
	"post microsoft.resources/deployments/validate":                                      validateDeployment,
	"get microsoft.compute/virtualmachines/instanceview":                                 instanceView,
	"get microsoft.compute/skus":                                                         listSKUs,
	"get microsoft.compute/locations/usages":                                             listUsages,
	"get microsoft.network/locations/usages":                                             listNetworkUsages,
	"get microsoft.compute/locations/vmsizes":                                            listSizes,
	"post microsoft.storage/checknameavailability":                                       checkAccountName,
	"post microsoft.keyvault/checknameavailability":                                      checkVaultName,
	"get microsoft.authorization/permissions":                                            listPermissions,
	"post microsoft.policyinsights/checkpolicyrestrictions":                              checkRestrictions,
	"get microsoft.authorization/policyassignments":                                      listPolicyAssignments,
	"get microsoft.compute/locations/publishers":                                         listPublishers,
	"get microsoft.compute/locations/publishers/artifacttypes/offers":                    listOffers,
	"get microsoft.compute/locations/publishers/artifacttypes/offers/skus":               listImageSKUs,
	"get microsoft.compute/locations/publishers/artifacttypes/offers/skus/versions":      listImageVersions,
	"get microsoft.compute/locations/publishers/artifacttypes/offers/skus/versions/name": readPlatformImage,
}

// endpointFor finds the one for a call, or nil.
func endpointFor(c *call) endpoint {
	key := c.id.Type
	if c.tail != "" {
		key += "/" + c.tail
	} else if strings.HasSuffix(strings.ToLower(key), "/skus/versions") {
		key += "/name"
	}
	key = strings.ToLower(c.r.Method + " " + key)
	if e := endpoints[key]; e != nil {
		return e
	}
	if !strings.Contains(c.id.Type, "/") && (c.tail == "" || strings.EqualFold(c.tail, "register")) {
		return provider
	}
	return nil
}
