package check

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// download is a file that the service fetches when a template is submitted.
type download struct {
	uri, checksum template.String
	path          string // of what it is for: properties.customize[2]
	property      string // scriptUri, sourceUri
	label         string // that, in a message
}

// downloads returns the files that customizers, validators and the workload of optimize name.
func downloads(t *template.ImageTemplate) []download {
	var all []download
	add := func(c any) {
		switch c := c.(type) {
		case *template.Shell:
			all = append(all, download{c.ScriptURI, c.SHA256Checksum, c.Path, scriptProperty(t), label(c.Common)})
		case *template.PowerShell:
			all = append(all, download{c.ScriptURI, c.SHA256Checksum, c.Path, scriptProperty(t), label(c.Common)})
		case *template.File:
			all = append(all, download{c.SourceURI, c.SHA256Checksum, c.Path, "sourceUri", label(c.Common)})
		}
	}
	for _, c := range t.Customize.Value {
		add(c)
	}
	for _, v := range t.Validate.InVMValidations.Value {
		add(v)
	}
	w := t.Optimize.Workload
	return append(all, download{w.ScriptURI, w.SHA256Checksum, "properties.optimize.workload", "scriptUri", "optimize.workload"})
}

// at is the path of the URI.
func (d download) at() string { return d.path + "." + d.property }

// remote parses a URI that is fetched over the network. ok is false for one that is not known, not filled in, or a
// path.
func (d download) remote() (u *url.URL, ok bool) {
	text, ok := d.uri.Get()
	if !ok || inURI(text) != "" {
		return nil, false
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, false
	}
	return u, true
}

// region is a place that a template is distributed to.
type region struct {
	name template.String
	path string
}

// regionsOf returns the regions that a gallery version is replicated to, of both ways to write them.
func regionsOf(s *template.DistributeSharedImage) []region {
	var all []region
	for i, name := range s.ReplicationRegions.Value {
		all = append(all, region{name, fmt.Sprintf("%s.replicationRegions[%d]", s.Path, i)})
	}
	for i, t := range s.TargetRegions.Value {
		all = append(all, region{t.Name, fmt.Sprintf("%s.targetRegions[%d].name", s.Path, i)})
	}
	return all
}

// id is a resource id with its place.
type id struct {
	template.String
	path string
}

// ids returns every resource id of a template that is known and filled in.
func ids(t *template.ImageTemplate) []id {
	var all []id
	add := func(s template.String, path string) {
		if v, ok := s.Get(); ok && v != "" && template.Placeholder(v) == "" {
			all = append(all, id{s, path})
		}
	}
	for _, given := range t.Identity.UserAssigned.Value {
		add(given, "identity.userAssignedIdentities")
	}
	switch s := t.Source.(type) {
	case *template.ManagedImage:
		add(s.ImageID, "properties.source.imageId")
	case *template.SharedImageVersion:
		add(s.ImageVersionID, "properties.source.imageVersionId")
	}
	for i, given := range t.VMProfile.UserAssignedIdentity.Value {
		add(given, fmt.Sprintf("properties.vmProfile.userAssignedIdentities[%d]", i))
	}
	add(t.VMProfile.VNetConfig.SubnetID, "properties.vmProfile.vnetConfig.subnetId")
	add(t.VMProfile.VNetConfig.ContainerInstanceSubnetID, "properties.vmProfile.vnetConfig.containerInstanceSubnetId")
	add(t.StagingResourceGroup, "properties.stagingResourceGroup")
	for _, d := range t.Distribute.Value {
		switch d := d.(type) {
		case *template.DistributeManagedImage:
			add(d.ImageID, d.Path+".imageId")
		case *template.DistributeSharedImage:
			add(d.GalleryImageID, d.Path+".galleryImageId")
		}
	}
	return all
}

// segment returns what follows a name in a resource id: segment(id, "resourceGroups") is the name of the group. "" if
// the id does not have the name.
func segment(id, name string) string {
	parts := strings.Split(strings.Trim(id, "/"), "/")
	for i := 0; i+1 < len(parts); i += 2 {
		if strings.EqualFold(parts[i], name) {
			return parts[i+1]
		}
	}
	return ""
}

// sameID compares resource ids as the Resource Manager does.
func sameID(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "/"), strings.TrimSuffix(b, "/"))
}
