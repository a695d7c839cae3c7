package template

import "github.com/ingot-build/ingot/translate/armjson"

func (d *decoder) distributors(into *List[Distributor]) reader {
	return list(d, into, func(n *armjson.Node, path string) (Distributor, bool) {
		return union(d, n, path, "distributor", []variant[Distributor]{
			{name: "ManagedImage", read: func(n *armjson.Node, path string) Distributor { return d.toManagedImage(n, path) }},
			{name: "SharedImage", read: func(n *armjson.Node, path string) Distributor { return d.toSharedImage(n, path) }},
			{name: "VHD", since: v20190201, read: func(n *armjson.Node, path string) Distributor { return d.toVHD(n, path) }},
		}, func(n *armjson.Node, path string) Distributor { return d.unknownDistributor(n, path) })
	})
}

// unknownDistributor reads what every distributor has; for the rest the type is wanted.
func (d *decoder) unknownDistributor(n *armjson.Node, path string) *UnknownDistributor {
	c := &UnknownDistributor{}
	table := d.distribution(&c.Distribution, n, path)
	table[0].read = d.str(&c.Type)
	d.openObject(n, path, "a distributor", table)
	return c
}

// distribution makes the table of a distributor: what all have, the type first, and its own rows.
func (d *decoder) distribution(c *Distribution, n *armjson.Node, path string, own ...property) []property {
	c.Path, c.Range = path, n.Range
	return append([]property{
		{name: "type", read: ignored},
		{name: "runOutputName", required: true, read: d.str(&c.RunOutputName)},
		{name: "artifactTags", since: v20190501, read: d.tags(&c.ArtifactTags)},
		{name: "tags", until: v20190201, instead: "artifactTags", read: d.tags(&c.ArtifactTags)},
	}, own...)
}

func (d *decoder) toManagedImage(n *armjson.Node, path string) *DistributeManagedImage {
	c := &DistributeManagedImage{}
	d.object(n, path, "a ManagedImage distributor", d.distribution(&c.Distribution, n, path,
		property{name: "imageId", required: true, read: d.str(&c.ImageID)},
		property{name: "location", required: true, read: d.str(&c.Location)},
	))
	return c
}

func (d *decoder) toSharedImage(n *armjson.Node, path string) *DistributeSharedImage {
	c := &DistributeSharedImage{}
	d.object(n, path, "a SharedImage distributor", d.distribution(&c.Distribution, n, path,
		property{name: "galleryImageId", required: true, read: d.str(&c.GalleryImageID)},
		property{name: "replicationRegions", requiredUntil: v20220214, read: d.strings(&c.ReplicationRegions)},
		property{name: "storageAccountType", since: v20200214, read: d.str(&c.StorageAccountType)},
		property{name: "targetRegions", since: v20220701, read: list(d, &c.TargetRegions, d.targetRegion)},
		property{name: "excludeFromLatest", since: v20200214, read: d.boolean(&c.ExcludeFromLatest)},
		property{name: "versioning", since: v20220701, read: func(n *armjson.Node, path string) {
			c.Versioning.Written = written(n)
			d.object(n, path, "versioning", []property{
				{name: "scheme", required: true, read: d.str(&c.Versioning.Scheme)},
				{name: "major", read: d.integer(&c.Versioning.Major)},
			})
		}},
		property{name: "replicationMode", since: v20251001, read: d.str(&c.ReplicationMode)},
	))
	return c
}

func (d *decoder) targetRegion(n *armjson.Node, path string) (TargetRegion, bool) {
	r := TargetRegion{Written: written(n)}
	d.object(n, path, "a target region", []property{
		{name: "name", required: true, read: d.str(&r.Name)},
		{name: "replicaCount", read: d.integer(&r.ReplicaCount)},
		{name: "storageAccountType", read: d.str(&r.StorageAccountType)},
	})
	return r, true
}

func (d *decoder) toVHD(n *armjson.Node, path string) *DistributeVHD {
	c := &DistributeVHD{}
	d.object(n, path, "a VHD distributor", d.distribution(&c.Distribution, n, path,
		property{name: "uri", since: v20220701, read: d.str(&c.URI)},
	))
	return c
}
