package template

import "github.com/ingot-build/ingot/translate/armjson"

func (d *decoder) distributors(into *List[Distributor]) reader {
	return list(d, into, func(n *armjson.Node, path string) (Distributor, bool) {
		return union(d, n, path, "distributor", "ImageTemplateDistributor", variants[Distributor]{
			"ImageTemplateManagedImageDistributor": func(n *armjson.Node, path string) Distributor { return d.toManagedImage(n, path) },
			"ImageTemplateSharedImageDistributor":  func(n *armjson.Node, path string) Distributor { return d.toSharedImage(n, path) },
			"ImageTemplateVhdDistributor":          func(n *armjson.Node, path string) Distributor { return d.toVHD(n, path) },
		}, func(n *armjson.Node, path string) Distributor { return d.unknownDistributor(n, path) })
	})
}

// unknownDistributor reads what every distributor has; for the rest the type is wanted.
func (d *decoder) unknownDistributor(n *armjson.Node, path string) *UnknownDistributor {
	c := &UnknownDistributor{}
	own := d.distribution(&c.Distribution, n, path)
	own["type"] = d.str(&c.Type)
	d.openObject(n, path, "a distributor", own, "runOutputName")
	return c
}

// distribution has the fields that all distributors have. The tags were called so before they were called artifactTags.
func (d *decoder) distribution(c *Distribution, n *armjson.Node, path string) fields {
	c.Path, c.Range = path, n.Range
	return fields{
		"runOutputName": d.str(&c.RunOutputName),
		"artifactTags":  d.tags(&c.ArtifactTags),
		"tags":          d.tags(&c.ArtifactTags),
	}
}

func (d *decoder) toManagedImage(n *armjson.Node, path string) *DistributeManagedImage {
	c := &DistributeManagedImage{}
	own := d.distribution(&c.Distribution, n, path)
	own["imageId"] = d.str(&c.ImageID)
	own["location"] = d.str(&c.Location)
	d.object(n, path, form{what: "a ManagedImage distributor", typ: "ImageTemplateManagedImageDistributor", fields: own})
	return c
}

func (d *decoder) toSharedImage(n *armjson.Node, path string) *DistributeSharedImage {
	c := &DistributeSharedImage{}
	own := d.distribution(&c.Distribution, n, path)
	own["galleryImageId"] = d.str(&c.GalleryImageID)
	own["replicationRegions"] = d.strings(&c.ReplicationRegions)
	own["storageAccountType"] = d.str(&c.StorageAccountType)
	own["targetRegions"] = list(d, &c.TargetRegions, d.targetRegion)
	own["excludeFromLatest"] = d.boolean(&c.ExcludeFromLatest)
	own["versioning"] = d.versioning(&c.Versioning)
	own["replicationMode"] = d.str(&c.ReplicationMode)
	d.object(n, path, form{what: "a SharedImage distributor", typ: "ImageTemplateSharedImageDistributor", fields: own})
	return c
}

func (d *decoder) targetRegion(n *armjson.Node, path string) (TargetRegion, bool) {
	r := TargetRegion{Written: written(n)}
	d.object(n, path, form{what: "a target region", typ: "TargetRegion", fields: fields{
		"name":               d.str(&r.Name),
		"replicaCount":       d.integer(&r.ReplicaCount),
		"storageAccountType": d.str(&r.StorageAccountType),
	}})
	return r, true
}

// versioning reads the one case that has something to read as the other one too, whatever the scheme: which schemes there are is
// for a rule to say.
func (d *decoder) versioning(into *Versioning) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		f := form{what: "versioning", typ: "DistributeVersionerLatest", fields: fields{
			"scheme": d.str(&into.Scheme),
			"major":  d.integer(&into.Major),
		}}
		if scheme := n.Get("scheme"); scheme != nil && scheme.Kind == armjson.String && scheme.Text == "Source" {
			f.what, f.typ = `versioning of the scheme "Source"`, "DistributeVersionerSource"
		}
		d.object(n, path, f)
	}
}

func (d *decoder) toVHD(n *armjson.Node, path string) *DistributeVHD {
	c := &DistributeVHD{}
	own := d.distribution(&c.Distribution, n, path)
	own["uri"] = d.str(&c.URI)
	d.object(n, path, form{what: "a VHD distributor", typ: "ImageTemplateVhdDistributor", fields: own})
	return c
}
