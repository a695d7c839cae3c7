package emit

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/emit/configspec"
	"github.com/ingot-build/ingot/translate/plan"
)

// outputs are the destinations that the builder serves itself: at most one of each kind.
type outputs struct {
	managed *plan.ManagedImage
	gallery *plan.SharedImage
	vhd     *vhdPlace
	served  []plan.Destination // those above, in the order of the template
	path    map[string]string  // JSON path of the destination, by kind
}

func (o outputs) any() bool { return len(o.served) > 0 }

// distribute shares the destinations out to the builder, and notes what it cannot serve. All of it is about the build; a
// validation only needs to know where the image went.
func (a *azure) distribute() {
	a.out.path = map[string]string{}
	for _, d := range a.plan.Destinations {
		kind, path := d.Kind(), d.Origin.Path
		if first, taken := a.out.path[kind]; taken {
			a.lose(Loss{Path: path, What: fmt.Sprintf("the second %s is not made", kind),
				Why: "the builder makes one of a kind, and makes that of " + first})
			continue
		}
		if !a.serve(d) {
			continue
		}
		a.out.path[kind] = path
		a.out.served = append(a.out.served, d)
	}
	if v := a.plan.Validation; a.out.any() && v != nil && !v.SourceOnly {
		a.lose(Loss{Path: "properties.validate", What: "the image is distributed before it is validated",
			Why: "the builder distributes at the end of the build"})
	}
}

// serve takes one destination for the builder, if it can.
func (a *azure) serve(d plan.Destination) bool {
	path := d.Origin.Path
	switch {
	case d.ManagedImage != nil:
		id := parseID(d.ManagedImage.ID)
		if !id.is("images") || !named(imageName, id.part("images")) || !named(groupName, id.group()) {
			a.lose(Loss{Path: path + ".imageId", What: "the managed image is not made",
				Why: fmt.Sprintf("%q is not an id that the builder takes", d.ManagedImage.ID)})
			return false
		}
		a.out.managed = d.ManagedImage
	case d.SharedImage != nil:
		if !parseID(d.SharedImage.DefinitionID).is("galleries", "images") {
			a.lose(Loss{Path: path + ".galleryImageId", What: "the gallery image version is not made",
				Why: fmt.Sprintf("%q is not the id of an image definition", d.SharedImage.DefinitionID)})
			return false
		}
		a.out.gallery = d.SharedImage
	case d.VHD != nil:
		return a.serveVHD(path, d.VHD)
	default:
		panic("emit: destination " + d.ID + " has no type")
	}
	return true
}

// distribution writes what the builder makes itself.
func (a *azure) distribution(f fields, limit string) {
	switch m := a.out.managed; {
	case m != nil:
		a.managedImage(f, m)
	case a.needsManaged():
		f.say("A managed image is made on the way: the builder makes nothing else directly of a managed image.")
		f.ref("managed_image_resource_group_name", "var", imageGroupVar)
		f.ref("managed_image_name", "var", imageNameVar)
		a.lose(Loss{Path: sourceImagePath, What: "a managed image is left beside what was asked for",
			Why: "the builder makes nothing else directly of a managed image", Fix: "az image delete"})
	}
	if g := a.out.gallery; g != nil {
		a.gallery(f, g, limit)
	}
	if a.out.vhd != nil {
		a.vhd(f)
	}
}

// needsManaged reports whether the builder wants to make a managed image, which nobody asked for.
func (a *azure) needsManaged() bool { return a.plan.Source.ManagedImage != nil && a.out.managed == nil }

func (a *azure) managedImage(f fields, m *plan.ManagedImage) {
	path := a.out.path["ManagedImage"]
	f.section(path)
	id := parseID(m.ID)
	f.str("managed_image_resource_group_name", id.group())
	f.str("managed_image_name", id.part("images"))
	if !strings.EqualFold(id.subscription(), a.home) {
		a.lose(Loss{Path: path + ".imageId", What: "the managed image is not made in the subscription " + id.subscription(),
			Why: "the builder makes it in the subscription that it builds in, " + a.home})
	}
	if m.Location != "" && a.plan.Azure.Location != "" && m.Location != a.plan.Azure.Location {
		a.lose(Loss{Path: path + ".location", What: "the managed image is not made in " + m.Location,
			Why: "the builder makes it in the region that it builds in, " + a.plan.Azure.Location})
	}
	a.lose(Loss{Path: path + ".imageId", What: "a managed image of that name is not replaced", Why: "the builder stops when there is one",
		Fix: "packer build -force"})
}

// gallery writes the one gallery image version.
func (a *azure) gallery(f fields, g *plan.SharedImage, limit string) {
	path := a.out.path["SharedImage"]
	f.section(path)
	if g.ExcludeFromLatest {
		f.setTrue(path+".excludeFromLatest", "shared_gallery_image_version_exclude_from_latest")
	}
	f.text(path, "shared_image_gallery_timeout", limit)
	blocks := a.fields.Attribute("shared_image_gallery_destination", "target_region", "replicas") != ""
	if !blocks && len(g.Regions) > 0 {
		if n := a.sameReplicas(g, path); n > 1 {
			f.number(path+".targetRegions", "shared_image_gallery_replica_count", n)
		}
	}
	f.blank()
	id := parseID(g.DefinitionID)
	d := f.nested("shared_image_gallery_destination")
	d.block.text("subscription", id.subscription())
	d.block.text("resource_group", id.group())
	d.block.text("gallery_name", id.part("galleries"))
	d.block.text("image_name", id.part("images"))
	d.ref("image_version", "var", imageVersionVar)
	a.regions(d, g, path, blocks)
	if g.Version == "" {
		a.lose(Loss{Path: path + ".versioning", What: "the version number is not " + schemeText(g.Scheme),
			Why: "the builder wants it before the build", Fix: "-var " + imageVersionVar + "=1.0.0"})
	}
	a.lose(Loss{Path: path, What: "a region that fails is not tried again", Why: "the builder asks for all regions at once and waits"})
}

// schemeText says what a scheme makes a version number of.
func schemeText(s plan.VersionScheme) string {
	switch s {
	case plan.SchemeLatest:
		return "made the next after the highest"
	case plan.SchemeSource:
		return "taken from the source"
	default:
		return "made of the time"
	}
}

// regions writes where the version goes: in blocks, or for older releases, which have one number of replicas for all, by name.
// Without any the builder takes its own region.
func (a *azure) regions(d fields, g *plan.SharedImage, path string, blocks bool) {
	if len(g.Regions) == 0 {
		return
	}
	a.storage(d, g, path)
	if strings.EqualFold(g.ReplicationMode, "Shallow") {
		if len(g.Regions) > 1 {
			a.lose(Loss{Path: path + ".replicationMode", What: "the replication is not shallow", Why: "the builder allows that with one region"})
		} else {
			d.setTrue(path+".replicationMode", "use_shallow_replication")
		}
	}
	var names []string
	for _, r := range g.Regions {
		names = append(names, r.Name)
		if blocks {
			d.blank()
			b := d.nested("target_region")
			b.block.text("name", r.Name)
			b.block.number("replicas", r.ReplicaCount)
		}
	}
	if !blocks {
		d.texts(path+".targetRegions", "replication_regions", names)
	}
	if home := a.plan.Azure.Location; home != "" && !slices.Contains(names, home) {
		a.lose(Loss{Path: path, What: "the gallery image version cannot be made unless the build is in one of its regions",
			Why: "the builder makes it in the region that it builds in, " + home, Fix: "-var " + locationVar + "=" + names[0]})
	}
}

// sameReplicas is the most replicas of any region.
func (a *azure) sameReplicas(g *plan.SharedImage, path string) int64 {
	most := slices.MaxFunc(g.Regions, func(x, y plan.TargetRegion) int { return int(x.ReplicaCount - y.ReplicaCount) }).ReplicaCount
	if slices.ContainsFunc(g.Regions, func(r plan.TargetRegion) bool { return r.ReplicaCount != most }) {
		since, _ := configspec.Since("shared_image_gallery_destination", "target_region", "replicas")
		a.lose(Loss{Path: path + ".targetRegions", What: fmt.Sprintf("regions do not differ in their replicas: all have %d", most),
			Why: fmt.Sprintf("the azure plugin %s has one number for all", a.wanted.Lowest), Fix: "--plugin-version " + since.String()})
	}
	return most
}

// storage writes the kind of storage, of which the builder has one for all regions.
func (a *azure) storage(d fields, g *plan.SharedImage, path string) {
	kind := g.Regions[0].StorageAccountType
	if slices.ContainsFunc(g.Regions, func(r plan.TargetRegion) bool { return r.StorageAccountType != kind }) {
		a.lose(Loss{Path: path + ".targetRegions", What: "regions do not differ in their storage: all have " + kind,
			Why: "the builder has one storage account type for all"})
	}
	if !slices.Contains([]string{"Standard_LRS", "Standard_ZRS", "Premium_LRS"}, kind) {
		a.lose(Loss{Path: path + ".targetRegions", What: fmt.Sprintf("the storage account type %q is not set", kind),
			Why: "the builder does not know it"})
		return
	}
	d.text(path+".targetRegions", "storage_account_type", kind)
}

// outputTags joins the tags of all that the builder makes, since it knows only one set. The path is where they come from.
func (a *azure) outputTags() (map[string]string, string) {
	tags, path := maps.Clone(a.plan.Azure.ResourceTags), "properties.managedResourceTags"
	if tags == nil {
		tags = map[string]string{}
	}
	sets := 0
	if len(tags) > 0 {
		sets++
	}
	for _, d := range a.out.served {
		if len(d.Tags) == 0 {
			continue
		}
		sets++
		path = d.Origin.Path + ".artifactTags"
		maps.Copy(tags, d.Tags)
	}
	if sets > 0 {
		a.lose(Loss{Path: path, What: "tags are not kept apart: all are on all that the build makes, its VM too",
			Why: "the builder has one set of tags"})
	}
	return tags, path
}

// distributionVariables are those of what the builder makes itself.
func (a *azure) distributionVariables(group, image variable) []variable {
	var all []variable
	if a.needsManaged() {
		group.description = "Existing resource group for a managed image."
		all = append(all, group, image)
	}
	if a.out.gallery != nil {
		all = append(all, a.versionVariable("Version of the gallery image: three numbers, and no version that exists."))
	}
	if a.out.vhd != nil {
		all = append(all, a.vhdVariables()...)
	}
	return all
}

func (a *azure) versionVariable(description string) variable {
	v := variable{name: imageVersionVar, typ: "string", description: description}
	if g := a.out.gallery.Version; versionForm.MatchString(g) {
		v.standard = cty.StringVal(g)
	}
	return v
}

// versionForm is what the builder takes, and looks at before anything else.
var versionForm = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)

// olderThan reports whether the oldest wanted release is.
func (a *azure) olderThan(major, minor, patch int) bool {
	return a.wanted.Lowest.Compare(configspec.Version{Major: major, Minor: minor, Patch: patch}) < 0
}
