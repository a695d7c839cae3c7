package emit

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// resourceID is the id of an Azure resource, cut at its slashes: /subscriptions/S/resourceGroups/G/providers/P/TYPE/NAME/…
type resourceID []string

func parseID(id string) resourceID { return strings.Split(strings.Trim(id, "/"), "/") }

// part gives the name that follows a type, whatever its case; "" if there is none.
func (id resourceID) part(typ string) string {
	for i := 0; i+1 < len(id); i += 2 {
		if strings.EqualFold(id[i], typ) {
			return id[i+1]
		}
	}
	return ""
}

// After "providers" comes the provider's name, so that types and names stay in pairs.
func (id resourceID) subscription() string { return id.part("subscriptions") }
func (id resourceID) group() string        { return id.part("resourceGroups") }

// is reports whether the id has all the parts.
func (id resourceID) is(types ...string) bool {
	for _, t := range append([]string{"subscriptions", "resourceGroups"}, types...) {
		if id.part(t) == "" {
			return false
		}
	}
	return true
}

// checkIDs refuses ids that cannot be taken apart, which the builder asks for.
func (a *azure) checkIDs() error {
	s, az := a.plan.Source, a.plan.Azure
	for _, c := range []struct {
		property, id, what string
		types              []string
	}{
		{sourceImagePath + ".imageId", idOf(s.ManagedImage), "a managed image", []string{"images"}},
		{sourceImagePath + ".imageVersionId", idOf(s.SharedImage), "a gallery image version", []string{"galleries", "images", "versions"}},
		{"properties.stagingResourceGroup", az.StagingResourceGroup, "a resource group", nil},
		{"properties.vmProfile.vnetConfig.subnetId", az.Network.SubnetID, "a subnet", []string{"virtualNetworks", "subnets"}},
	} {
		if c.id != "" && sharedGalleryField(c.id) == "" && !parseID(c.id).is(c.types...) {
			return fmt.Errorf("%s: %q is not the id of %s", c.property, c.id, c.what)
		}
	}
	for i, id := range az.VMIdentities {
		if !parseID(id).is("userAssignedIdentities") {
			return fmt.Errorf("properties.vmProfile.userAssignedIdentities[%d]: %q is not the id of a managed identity", i, id)
		}
	}
	return nil
}

func idOf(ref *plan.ImageRef) string {
	if ref == nil {
		return ""
	}
	return ref.ID
}

// homeSubscription is the one that the build VM has to be in: that of the staging resource group or of a managed image. A subnet
// decides only when nothing else does.
func (a *azure) homeSubscription() string {
	if a.hosted != nil {
		return a.hosted.Subscription
	}
	ids := []string{a.plan.Azure.StagingResourceGroup, idOf(a.plan.Source.ManagedImage)}
	if m := a.out.managed; m != nil {
		ids = append(ids, m.ID)
	}
	for _, id := range append(ids, a.plan.Azure.Network.SubnetID) {
		if s := parseID(id).subscription(); s != "" {
			return s
		}
	}
	return ""
}

var (
	groupName = regexp.MustCompile(`^[A-Za-z0-9][\w().-]{0,89}$`)
	imageName = regexp.MustCompile(`^[A-Za-z0-9][\w.-]{0,79}$`)
)

// named reports whether the builder takes a name. It refuses others before it has looked at anything else.
func named(form *regexp.Regexp, name string) bool {
	return form.MatchString(name) && !strings.HasSuffix(name, "-") && !strings.HasSuffix(name, ".")
}
