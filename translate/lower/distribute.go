package lower

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

// What the service takes for a target region when nothing is written.
const (
	defaultReplicaCount       = 1
	defaultStorageAccountType = "Standard_LRS"
)

func lowerDistribute(l *lowering) {
	for i, d := range l.t.Distribute.Value {
		base := d.Base()
		dest := plan.Destination{
			ID:            fmt.Sprintf("distribute[%d]", i),
			RunOutputName: base.RunOutputName.Value,
			Tags:          tags(base.ArtifactTags.Value),
			Origin:        plan.Origin{Path: base.Path, Range: base.Range},
		}
		switch d := d.(type) {
		case *template.DistributeManagedImage:
			dest.ManagedImage = &plan.ManagedImage{ID: resourceID(d.ImageID.Value), Location: region(d.Location.Value)}
		case *template.DistributeSharedImage:
			dest.SharedImage = sharedImage(d)
		case *template.DistributeVHD:
			dest.VHD = &plan.VHD{URI: d.URI.Value}
		default:
			panic(fmt.Sprintf("lower: distributor %T is not a known case", d))
		}
		l.p.Destinations = append(l.p.Destinations, dest)
	}
}

func sharedImage(d *template.DistributeSharedImage) *plan.SharedImage {
	definition, version := splitGalleryID(d.GalleryImageID.Value)
	s := &plan.SharedImage{
		DefinitionID:      definition,
		Version:           version,
		Regions:           targetRegions(d),
		ExcludeFromLatest: d.ExcludeFromLatest.Value,
		ReplicationMode:   d.ReplicationMode.Value,
	}
	if version == "" {
		s.Scheme, s.Major = versionScheme(d.Versioning)
	}
	return s
}

// versionScheme says how a version number is made. Without "versioning" it is the service's oldest scheme, which every
// api-version knows; with it, Latest is the documented default. A major of -1 means any, as no major does.
func versionScheme(v template.Versioning) (plan.VersionScheme, *int64) {
	switch {
	case !v.IsSet():
		return plan.SchemeClock, nil
	case strings.EqualFold(v.Scheme.Value, string(plan.SchemeSource)):
		return plan.SchemeSource, nil
	case v.Major.IsSet() && v.Major.Value >= 0:
		major := v.Major.Value
		return plan.SchemeLatest, &major
	default:
		return plan.SchemeLatest, nil
	}
}

// splitGalleryID takes the version off the id of a gallery image version; the id of a definition has none. Resource ids do not
// tell case apart.
func splitGalleryID(id string) (definition, version string) {
	id = resourceID(id)
	seg := strings.Split(id, "/")
	if n := len(seg); n > 2 && strings.EqualFold(seg[n-2], "versions") {
		return strings.Join(seg[:n-2], "/"), seg[n-1]
	}
	return id, ""
}

// targetRegions gives the newer form of both ways to write regions. A region of which something is not known is left out: see
// known.go.
func targetRegions(d *template.DistributeSharedImage) []plan.TargetRegion {
	var all []plan.TargetRegion
	for _, r := range d.ReplicationRegions.Value {
		if !r.IsKnown() || !d.StorageAccountType.IsKnown() {
			continue
		}
		all = append(all, plan.TargetRegion{
			Name:               region(r.Value),
			ReplicaCount:       defaultReplicaCount,
			StorageAccountType: either(d.StorageAccountType.Value, defaultStorageAccountType),
		})
	}
	for _, r := range d.TargetRegions.Value {
		if !r.Name.IsKnown() || !r.ReplicaCount.IsKnown() || !r.StorageAccountType.IsKnown() {
			continue
		}
		count := int64(defaultReplicaCount)
		if r.ReplicaCount.IsSet() {
			count = r.ReplicaCount.Value
		}
		all = append(all, plan.TargetRegion{
			Name:               region(r.Name.Value),
			ReplicaCount:       count,
			StorageAccountType: either(r.StorageAccountType.Value, defaultStorageAccountType),
		})
	}
	return all
}

func either(written, otherwise string) string {
	if written == "" {
		return otherwise
	}
	return written
}

// region gives one spelling to "West US 2" and "westus2", which name the same place.
func region(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }

// tags gives the tags that are known; nil when there are none.
func tags(list []template.Tag) map[string]string {
	var m map[string]string
	for _, t := range list {
		if !t.Key.IsKnown() || !t.Value.IsKnown() {
			continue
		}
		if m == nil {
			m = make(map[string]string, len(list))
		}
		m[t.Key.Value] = t.Value.Value
	}
	return m
}
