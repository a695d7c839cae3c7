package check

import (
	"fmt"
	"regexp"

	"github.com/ingot-build/ingot/translate/template"
)

// placeholder looks at what no placeholder can be part of when the template is sent: names, ids, regions. The rules about their form
// leave it to this one.
func placeholder(t *template.ImageTemplate, r *report) {
	in := func(s template.String, path, found string) {
		if v, ok := s.Get(); ok && v != "" && found != "" {
			r.add(finding{at: s.Range, path: path, summary: fmt.Sprintf("the placeholder %s was not filled in", found),
				why: "it is taken as it stands"})
		}
	}
	look := func(s template.String, path string) { in(s, path, template.Placeholder(s.Value)) }
	look(t.APIVersion, "apiVersion")
	look(t.Name, "name")
	look(t.Location, "location")
	look(t.Identity.Type, "identity.type")
	for _, id := range t.Identity.UserAssigned.Value {
		look(id, "identity.userAssignedIdentities")
	}
	sourcePlaceholder(t, look)
	look(t.VMProfile.VMSize, "properties.vmProfile.vmSize")
	look(t.VMProfile.VNetConfig.SubnetID, "properties.vmProfile.vnetConfig.subnetId")
	look(t.VMProfile.VNetConfig.ContainerInstanceSubnetID, "properties.vmProfile.vnetConfig.containerInstanceSubnetId")
	look(t.StagingResourceGroup, "properties.stagingResourceGroup")
	for _, d := range t.Distribute.Value {
		distributorPlaceholder(d, look)
	}
	scripts(t, func(c template.Common, s template.Script) {
		in(s.ScriptURI, c.Path+".scriptUri", inURI(s.ScriptURI.Value))
		look(s.SHA256Checksum, c.Path+".sha256Checksum")
	})
	for _, c := range t.Customize.Value {
		if f, ok := c.(*template.File); ok {
			in(f.SourceURI, f.Path+".sourceUri", inURI(f.SourceURI.Value))
			look(f.SHA256Checksum, f.Path+".sha256Checksum")
		}
	}
}

func sourcePlaceholder(t *template.ImageTemplate, look func(template.String, string)) {
	switch s := t.Source.(type) {
	case *template.PlatformImage:
		look(s.Publisher, "properties.source.publisher")
		look(s.Offer, "properties.source.offer")
		look(s.SKU, "properties.source.sku")
		look(s.Version, "properties.source.version")
	case *template.ManagedImage:
		look(s.ImageID, "properties.source.imageId")
	case *template.SharedImageVersion:
		look(s.ImageVersionID, "properties.source.imageVersionId")
	}
}

func distributorPlaceholder(d template.Distributor, look func(template.String, string)) {
	look(d.Base().RunOutputName, d.Base().Path+".runOutputName")
	switch d := d.(type) {
	case *template.DistributeManagedImage:
		look(d.ImageID, d.Path+".imageId")
		look(d.Location, d.Path+".location")
	case *template.DistributeSharedImage:
		look(d.GalleryImageID, d.Path+".galleryImageId")
		for i, region := range d.ReplicationRegions.Value {
			look(region, fmt.Sprintf("%s.replicationRegions[%d]", d.Path, i))
		}
		for i, region := range d.TargetRegions.Value {
			look(region.Name, fmt.Sprintf("%s.targetRegions[%d].name", d.Path, i))
		}
	}
}

// uriPlaceholder is the one form of placeholder that no URI can have in it.
var uriPlaceholder = regexp.MustCompile(`<[^<>]+>`)

func inURI(uri string) string { return uriPlaceholder.FindString(uri) }
