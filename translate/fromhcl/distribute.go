package fromhcl

import (
	"fmt"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// The distributors of an image template.
type (
	toManagedImage struct {
		Type          string `json:"type"`
		RunOutputName string `json:"runOutputName"`
		ImageID       text   `json:"imageId"`
		Location      text   `json:"location"`
		ArtifactTags  any    `json:"artifactTags,omitempty"`
	}
	toSharedImage struct {
		Type              string         `json:"type"`
		RunOutputName     string         `json:"runOutputName"`
		GalleryImageID    text           `json:"galleryImageId"`
		TargetRegions     []targetRegion `json:"targetRegions,omitempty"`
		Replication       any            `json:"replicationRegions,omitempty"`
		StorageAccount    any            `json:"storageAccountType,omitempty"`
		ExcludeFromLatest any            `json:"excludeFromLatest,omitempty"`
		ReplicationMode   string         `json:"replicationMode,omitempty"`
		ArtifactTags      any            `json:"artifactTags,omitempty"`
	}
	targetRegion struct {
		Name               text `json:"name"`
		ReplicaCount       any  `json:"replicaCount,omitempty"`
		StorageAccountType any  `json:"storageAccountType,omitempty"`
	}
	toVHD struct {
		Type          string `json:"type"`
		RunOutputName string `json:"runOutputName"`
		URI           any    `json:"uri,omitempty"`
		ArtifactTags  any    `json:"artifactTags,omitempty"`
	}
)

// distribute reads where the image goes.
func (m *importing) distribute(s *block, name string, tags any) []any {
	all := []any{}
	location := location(s)
	if s.hosts("managed_image_resource_group_name") { // the builder has to make something; the image template does not ask for it
		s.ignore("managed_image_resource_group_name", "managed_image_name")
	} else if image, set := s.text("managed_image_name"); set {
		group, _ := s.text("managed_image_resource_group_name")
		d := toManagedImage{Type: "ManagedImage", RunOutputName: plainName(name + "-image"), Location: location, ArtifactTags: tags,
			ImageID: m.id(s, text{}, group, text{literal: "Microsoft.Compute/images"}, image)}
		all = append(all, d)
	}
	exclude, replicas := s.yes("shared_gallery_image_version_exclude_from_latest"), s.number("shared_image_gallery_replica_count")
	for i, b := range s.nested("shared_image_gallery_destination") {
		d := m.sharedImage(s, b, replicas)
		d.RunOutputName, d.ExcludeFromLatest, d.ArtifactTags = plainName(name+"-gallery"), exclude, tags
		if i > 0 {
			d.RunOutputName = plainName(fmt.Sprintf("%s-gallery-%d", name, i+1))
		}
		all = append(all, d)
	}
	if m.own && s.take("capture_container_name") != nil && s.hosts("storage_account") {
		s.ignore("storage_account", "resource_group_name", "capture_name_prefix")
		all = append(all, toVHD{Type: "VHD", RunOutputName: plainName(name + "-vhd"), ArtifactTags: tags})
	} else if prefix, set := s.text("capture_name_prefix"); set {
		container, _ := s.text("capture_container_name")
		account, _ := s.text("storage_account")
		s.ignore("resource_group_name")
		uri := joined(text{literal: "https://"}, account, text{literal: ".blob.core.windows.net/"}, container, text{literal: "/"}, prefix,
			text{literal: ".vhd"})
		all = append(all, toVHD{Type: "VHD", RunOutputName: plainName(name + "-vhd"), URI: uri, ArtifactTags: tags})
		m.other(s.rangeOf("capture_name_prefix"), "the VHD has another name",
			"Packer makes one of the prefix and a number; the service writes to the address it is given", "")
	}
	if s.known("skip_create_image") {
		m.other(s.rangeOf("skip_create_image"), "the service always makes an image", "", "remove distributors that are not wanted")
	}
	if len(all) == 0 {
		m.other(s.rng, "the image goes nowhere", "an image template wants a distributor", "add one to \"distribute\"")
	}
	return all
}

// sharedImage reads a destination in a gallery.
func (m *importing) sharedImage(s *block, b *hclsyntax.Block, replicas any) toSharedImage {
	g := m.open("block \"shared_image_gallery_destination\"", b.DefRange(), b.Body)
	defer g.end()
	d := toSharedImage{Type: "SharedImage"}
	var version *text
	if g.hosts("image_version") {
		g.ignore("image_version") // the service makes one
	} else if v, set := g.text("image_version"); set {
		version = &v
	}
	d.GalleryImageID = m.inGallery(s, g, version)
	storage, hasStorage := g.text("storage_account_type")
	var storageType any
	if hasStorage {
		storageType = storage
	}
	if g.known("use_shallow_replication") {
		d.ReplicationMode = "Shallow"
	}
	if g.known("specialized") {
		m.other(g.rangeOf("specialized"), "the image is generalized", "the service makes no specialized images", "")
	}
	for _, r := range g.nested("target_region") {
		region := m.open("block \"target_region\"", r.DefRange(), r.Body)
		t := targetRegion{StorageAccountType: storageType, ReplicaCount: region.number("replicas")}
		if t.Name, _ = region.text("name"); t.ReplicaCount == nil {
			t.ReplicaCount = replicas
		}
		d.TargetRegions = append(d.TargetRegions, t)
		region.end()
	}
	regions := g.texts("replication_regions")
	switch list, written := regions.([]text); {
	case len(d.TargetRegions) > 0: // which win, as in the plugin
	case written && replicas != nil:
		for _, name := range list {
			d.TargetRegions = append(d.TargetRegions, targetRegion{Name: name, ReplicaCount: replicas, StorageAccountType: storageType})
		}
	case regions != nil:
		d.Replication, d.StorageAccount = regions, storageType
	case m.own: // the image template has none
	default: // the plugin replicates to the location of the build
		d.TargetRegions = []targetRegion{{Name: location(s), ReplicaCount: replicas, StorageAccountType: storageType}}
	}
	return d
}

// pairs gives the strings of a map that is written out.
func (m *importing) pairs(expr hclsyntax.Expression) (map[string]text, bool) {
	object, ok := expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return nil, false
	}
	all := map[string]text{}
	for _, item := range object.Items {
		key, found := item.KeyExpr.Value(m.eval.scope(item.ValueExpr))
		if found.HasErrors() || !key.IsKnown() || key.IsNull() || key.Type() != cty.String {
			return nil, false
		}
		value, ok := m.convert(item.ValueExpr, 0)
		if !ok {
			return nil, false
		}
		all[key.AsString()] = value
	}
	return all, true
}
