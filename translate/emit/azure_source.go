package emit

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

const sourceImagePath = "properties.source"

// sourceImage says what the build VM's disk is made from.
func (a *azure) sourceImage(f fields) {
	if a.ofResult {
		f.section("the image that the build made")
		f.str("os_type", a.osType())
		a.resultImage(f)
		return
	}
	s := a.plan.Source
	f.section(s.Origin.Path)
	f.str("os_type", a.osType())
	switch {
	case s.PlatformImage != nil:
		a.platformImage(f, s)
	case s.ManagedImage != nil:
		id := parseID(exactID(s, s.ManagedImage.ID))
		f.block.text("custom_managed_image_resource_group_name", id.group())
		f.block.text("custom_managed_image_name", id.part("images"))
	case s.SharedImage != nil:
		f.blank()
		a.gallerySource(f.nested("shared_image_gallery"), exactID(s, s.SharedImage.ID))
	default:
		panic("emit: the source has no type")
	}
}

func (a *azure) osType() string {
	if a.windows() {
		return "Windows"
	}
	return "Linux"
}

// exactID prefers what the source resolved to.
func exactID(s plan.Source, id string) string {
	if s.Exact != nil && s.Exact.ID != "" {
		return s.Exact.ID
	}
	return id
}

func (a *azure) platformImage(f fields, s plan.Source) {
	p, version := s.PlatformImage, s.PlatformImage.Version
	if s.Exact != nil && s.Exact.Version != "" {
		version = s.Exact.Version
	}
	f.block.text("image_publisher", p.Publisher)
	f.block.text("image_offer", p.Offer)
	f.block.text("image_sku", p.SKU)
	f.block.text("image_version", version)
	if b := p.Plan; b != nil && f.has(sourceImagePath+".planInfo", "plan_info") {
		f.section(sourceImagePath + ".planInfo")
		info := f.nested("plan_info")
		info.block.text("plan_name", b.Name)
		info.block.text("plan_product", b.Product)
		info.block.text("plan_publisher", b.Publisher)
	}
}

// gallerySource names a version of a gallery of one's own, of one that is shared with the subscription, or of one that is for all.
func (a *azure) gallerySource(f fields, id string) {
	const property = sourceImagePath + ".imageVersionId"
	switch field := sharedGalleryField(id); field {
	case "":
		a.galleryImage(f, parseID(id))
	default:
		f.text(property, field, id)
	}
}

// sharedGalleryField is the field for the id of a version in somebody else's gallery; "" where it is in a resource group.
func sharedGalleryField(id string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(id, "/"), "/")
	switch strings.ToLower(first) {
	case "sharedgalleries":
		return "direct_shared_gallery_image_id"
	case "communitygalleries":
		return "community_gallery_image_id"
	default:
		return ""
	}
}

// galleryImage names a gallery image version by its parts, which every release takes. Without a version it is the latest.
func (a *azure) galleryImage(f fields, id resourceID) {
	f.block.text("subscription", id.subscription())
	f.block.text("resource_group", id.group())
	f.block.text("gallery_name", id.part("galleries"))
	f.block.text("image_name", id.part("images"))
	if v := id.part("versions"); !strings.EqualFold(v, "latest") {
		f.optional("image_version", v)
	}
}

// resultImage is what a validation VM is made from: the gallery image version or the managed image that the builder distributed, or
// else a managed image that has to be made of what it left.
func (a *azure) resultImage(f fields) {
	if g := a.out.gallery; g != nil && a.out.managed == nil {
		id := parseID(g.DefinitionID)
		f.blank()
		s := f.nested("shared_image_gallery")
		a.galleryImage(s, id)
		s.ref("image_version", "var", imageVersionVar)
		return
	}
	f.ref("custom_managed_image_resource_group_name", "var", imageGroupVar)
	f.ref("custom_managed_image_name", "var", imageNameVar)
}

// What the service takes when no size is asked for.
const (
	vmSizeGen1 = "Standard_D1_v2"
	vmSizeGen2 = "Standard_D2ds_v4"
)

// vmSize is the size asked for, or the service's own choice. That goes by the source's Hyper-V generation: before it is resolved, only
// names of marketplace images tell it.
func (a *azure) vmSize() string {
	switch {
	case a.plan.Azure.VMSize != "":
		return a.plan.Azure.VMSize
	case a.generation2():
		return vmSizeGen2
	default:
		return vmSizeGen1
	}
}

func (a *azure) generation2() bool {
	if x := a.plan.Source.Exact; x != nil && x.Generation != "" {
		return x.Generation == "V2"
	}
	p := a.plan.Source.PlatformImage
	if p == nil {
		return false
	}
	sku := strings.ToLower(p.SKU)
	return strings.Contains(sku, "gen2") || strings.HasSuffix(sku, "-g2") || strings.HasSuffix(sku, "_g2")
}

// security is the kind of machine that a source of Trusted Launch makes. What only supports it makes one without as well.
func (a *azure) security(f fields) {
	const property = sourceImagePath
	if x := a.plan.Source.Exact; x != nil && strings.EqualFold(x.SecurityType, "TrustedLaunch") {
		f.text(property, "security_type", "TrustedLaunch")
		f.setTrue(property, "secure_boot_enabled")
		f.setTrue(property, "vtpm_enabled")
	}
}

// maxTags is how many tags the builder takes; those of a purchase plan count.
func (a *azure) maxTags() int {
	n := 50
	if a.olderThan(2, 5, 1) {
		n = 15
	}
	if p := a.plan.Source.PlatformImage; p != nil && p.Plan != nil && !a.ofResult {
		n -= 4
	}
	return n
}

// tags go on everything that the builder makes: the builder knows only one set.
func (a *azure) tags(f fields) {
	const property = "properties.managedResourceTags"
	tags, property2 := a.plan.Azure.ResourceTags, property
	if a.out.any() && !a.validates {
		tags, property2 = a.outputTags()
	}
	if a.hosted != nil {
		tags = a.hosted.Tags
	}
	if most := a.maxTags(); len(tags) > most {
		a.lose(Loss{Path: property2, What: fmt.Sprintf("%d tags are not set", len(tags)),
			Why: fmt.Sprintf("the azure plugin %s takes no more than %d", a.wanted.Lowest, most)})
		return
	}
	f.textMap(property2, "azure_tags", tags)
}
