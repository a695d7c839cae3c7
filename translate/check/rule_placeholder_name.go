package check

import (
	"fmt"
	"regexp"

	"github.com/ingot-build/ingot/translate/template"
)

// placeholderName refuses placeholders where they cannot be filled in later: the rules about the form of names and ids have left those
// to the person who fills them in. A build on this machine makes names of them, and a Packer template for Azure names a resource by the
// parts of its id.
func placeholderName(t *template.ImageTemplate, r *report) {
	switch {
	case r.target == Azure:
		placeholderIDs(t, r)
	case !r.translate:
		placeholderNames(t, r)
	}
}

func (r *report) refusePlaceholder(s template.String, path, what string) {
	if found := template.Placeholder(s.Value); found != "" {
		r.add(finding{at: s.Range, path: path, summary: fmt.Sprintf("nothing can be built with %s in the %s", found, what),
			why: "it marks what is to be filled in", fix: "write the value in its place"})
	}
}

// placeholderIDs refuses those that leave nothing to take the parts from.
func placeholderIDs(t *template.ImageTemplate, r *report) {
	refuse := func(s template.String, path, what string, form *regexp.Regexp) {
		if id, ok := s.Get(); ok && !form.MatchString(id) {
			r.refusePlaceholder(s, path, what)
		}
	}
	switch s := t.Source.(type) {
	case *template.ManagedImage:
		refuse(s.ImageID, "properties.source.imageId", "id of the source", imageID)
	case *template.SharedImageVersion:
		refuse(s.ImageVersionID, "properties.source.imageVersionId", "id of the source", versionID)
	}
	refuse(t.VMProfile.VNetConfig.SubnetID, "properties.vmProfile.vnetConfig.subnetId", "subnetId", subnetID)
	for i, id := range t.VMProfile.UserAssignedIdentity.Value {
		refuse(id, fmt.Sprintf("properties.vmProfile.userAssignedIdentities[%d]", i), "id of the identity", identityID)
	}
	refuse(t.StagingResourceGroup, "properties.stagingResourceGroup", "stagingResourceGroup", groupID)
}

func placeholderNames(t *template.ImageTemplate, r *report) {
	r.refusePlaceholder(t.Name, "name", "name")
	switch s := t.Source.(type) {
	case *template.ManagedImage:
		r.refusePlaceholder(s.ImageID, "properties.source.imageId", "id of the source")
	case *template.SharedImageVersion:
		r.refusePlaceholder(s.ImageVersionID, "properties.source.imageVersionId", "id of the source")
	}
	for _, d := range t.Distribute.Value {
		r.refusePlaceholder(d.Base().RunOutputName, d.Base().Path+".runOutputName", "runOutputName")
		switch d := d.(type) {
		case *template.DistributeManagedImage:
			r.refusePlaceholder(d.ImageID, d.Path+".imageId", "imageId")
		case *template.DistributeSharedImage:
			r.refusePlaceholder(d.GalleryImageID, d.Path+".galleryImageId", "galleryImageId")
		}
	}
}
