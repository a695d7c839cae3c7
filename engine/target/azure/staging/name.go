package staging

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// maxGroupName is the longest name of a resource group.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftresources
const maxGroupName = 90

var (
	groupName = regexp.MustCompile(`^[\p{L}\p{Nd}_().-]{0,89}[\p{L}\p{Nd}_()-]$`)
	notInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
)

// newName is the name of a group that Ingot makes: as the service's, IT_<group of the image template>_<its name>_<unique>. The first
// two parts are cut, so that the unique one always fits.
func newName(templateGroup, template, run string) string {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	unique := run + hex.EncodeToString(random[:])
	room := maxGroupName - len("IT___") - len(unique)
	group := cut(notInName.ReplaceAllString(cmp.Or(templateGroup, "ingot"), "-"), room/2)
	name := cut(notInName.ReplaceAllString(template, "-"), room-len(group))
	return fmt.Sprintf("IT_%s_%s_%s", group, name, unique)
}

func cut(s string, n int) string { return s[:min(len(s), n)] }

// named takes the name out of the id of a resource group, or out of a name alone. "" stays "".
func named(a *azurearm.Account, group string) (string, error) {
	name := group
	if strings.Contains(group, "/") {
		id, err := arm.ParseResourceID(group)
		if err != nil || !strings.EqualFold(id.ResourceType.String(), "Microsoft.Resources/resourceGroups") {
			return "", &Problem{What: fmt.Sprintf("the staging resource group %q is no id of a resource group", group),
				Fix: "write it as /subscriptions/ID/resourceGroups/NAME"}
		}
		if !strings.EqualFold(id.SubscriptionID, a.Subscription) {
			return "", &Problem{
				What: fmt.Sprintf("the staging resource group %q is in subscription %s, and the run in %s", id.Name, id.SubscriptionID,
					a.Subscription),
				Why: "the build VM is made in its staging resource group",
				Fix: "run in that subscription: --subscription " + id.SubscriptionID + "; or name a group of this one",
			}
		}
		name = id.ResourceGroupName
	}
	if name != "" && !groupName.MatchString(name) {
		return "", &Problem{What: fmt.Sprintf("%q cannot be the name of a resource group", name),
			Why: "it has up to 90 letters, digits, '_', '-', '.', '(' and ')', and no '.' at its end",
			Fix: "name another staging resource group"}
	}
	return name, nil
}
