package leftover

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// groupsVersion is the api-version of resource groups, when they are asked for by id.
const groupsVersion = "2021-04-01"

// known are the api-versions of what a run makes: versions that all of Azure's clouds have. Without them a look at one resource would
// take two calls. Disks and snapshots have versions of their own within Microsoft.Compute, and so have galleries.
// Reference: https://learn.microsoft.com/azure/templates/
var known = map[string]string{
	"microsoft.compute":              "2024-07-01",
	"microsoft.compute/disks":        "2023-10-02",
	"microsoft.compute/snapshots":    "2023-10-02",
	"microsoft.compute/galleries":    "2023-07-03",
	"microsoft.network":              "2024-01-01",
	"microsoft.storage":              "2023-01-01",
	"microsoft.keyvault":             "2023-07-01",
	"microsoft.managedidentity":      "2023-01-31",
	"microsoft.resources":            groupsVersion,
	"microsoft.resources/tags":       groupsVersion,
	"microsoft.authorization/locks":  "2020-05-01",
	"microsoft.containerinstance":    "2023-05-01",
	"microsoft.virtualmachineimages": "2024-02-01",
}

// versions finds api-versions, and remembers those that Azure was asked for.
type versions struct {
	mu    sync.Mutex
	asked map[string]string // by type, in lower case
}

// versionOf gives the api-version for a resource: of its type, of what that lies in, or of its namespace; else the newest that the
// provider itself names, and no preview if there is another.
func (c *Cleaner) versionOf(ctx context.Context, id *arm.ResourceID) (string, error) {
	typ := strings.ToLower(id.ResourceType.String())
	for at := typ; ; {
		if v := known[at]; v != "" {
			return v, nil
		}
		up := strings.LastIndexByte(at, '/')
		if up < 0 {
			break
		}
		at = at[:up]
	}
	c.versions.mu.Lock()
	defer c.versions.mu.Unlock()
	if v := c.versions.asked[typ]; v != "" {
		return v, nil
	}
	client, err := armresources.NewProvidersClient(id.SubscriptionID, c.account.Credential, c.account.Options())
	if err != nil {
		return "", err
	}
	p, err := client.Get(ctx, id.ResourceType.Namespace, nil)
	if err != nil {
		return "", fmt.Errorf("ask for the api-versions of %s: %s", id.ResourceType.Namespace, azurearm.Reason(err))
	}
	if c.versions.asked == nil {
		c.versions.asked = map[string]string{}
	}
	for _, t := range p.ResourceTypes {
		if t != nil && t.ResourceType != nil {
			c.versions.asked[strings.ToLower(id.ResourceType.Namespace+"/"+*t.ResourceType)] = newest(t.APIVersions)
		}
	}
	if v := c.versions.asked[typ]; v != "" {
		return v, nil
	}
	return "", fmt.Errorf("%s names no api-version for %s", id.ResourceType.Namespace, id.ResourceType)
}

// newest gives the latest of dated versions.
func newest(list []*string) (best string) {
	var all []string
	for _, v := range list {
		if v != nil {
			all = append(all, *v)
		}
	}
	slices.Sort(all)
	for _, v := range all {
		if best == "" || len(v) == len("2021-04-01") || len(best) > len("2021-04-01") {
			best = v
		}
	}
	return best
}
