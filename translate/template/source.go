package template

import "github.com/ingot-build/ingot/translate/armjson"

func (d *decoder) source(into *Source) reader {
	return func(n *armjson.Node, path string) {
		s, ok := union(d, n, path, "source", []variant[Source]{
			{name: "PlatformImage", read: func(n *armjson.Node, path string) Source { return d.platformImage(n, path) }},
			{name: "ManagedImage", since: v20190201, read: func(n *armjson.Node, path string) Source {
				s := &ManagedImage{Range: n.Range}
				d.object(n, path, "a ManagedImage source", []property{
					{name: "type", read: ignored},
					{name: "imageId", required: true, read: d.str(&s.ImageID)},
				})
				return s
			}},
			{name: "SharedImageVersion", since: v20190501, read: func(n *armjson.Node, path string) Source {
				s := &SharedImageVersion{Range: n.Range}
				d.object(n, path, "a SharedImageVersion source", []property{
					{name: "type", read: ignored},
					{name: "imageVersionId", required: true, read: d.str(&s.ImageVersionID)},
					{name: "exactVersion", since: v20220701, readOnly: true},
				})
				return s
			}},
			{name: "ISO", until: v20190501, read: func(n *armjson.Node, path string) Source {
				s := &ISO{Range: n.Range}
				d.object(n, path, "an ISO source", []property{
					{name: "type", read: ignored},
					{name: "sourceURI", until: v20190201, required: true, instead: "sourceUri", read: d.str(&s.SourceURI)},
					{name: "sourceUri", since: v20190501, required: true, read: d.str(&s.SourceURI)},
					{name: "sha256Checksum", required: true, read: d.str(&s.SHA256Checksum)},
				})
				return s
			}},
		}, func(n *armjson.Node, path string) Source {
			s := &UnknownSource{Range: n.Range}
			d.openObject(n, path, "a source", []property{{name: "type", read: d.str(&s.Type)}})
			return s
		})
		if ok {
			*into = s
		}
	}
}

// platformImage reads a marketplace image. The published shape requires none of the four names; the service cannot do without.
func (d *decoder) platformImage(n *armjson.Node, path string) *PlatformImage {
	s := &PlatformImage{Range: n.Range}
	d.object(n, path, "a PlatformImage source", []property{
		{name: "type", read: ignored},
		{name: "publisher", required: true, read: d.str(&s.Publisher)},
		{name: "offer", required: true, read: d.str(&s.Offer)},
		{name: "sku", required: true, read: d.str(&s.SKU)},
		{name: "version", required: true, read: d.str(&s.Version)},
		{name: "exactVersion", since: v20211001, readOnly: true},
		{name: "planInfo", since: v20200214, read: func(n *armjson.Node, path string) {
			s.PlanInfo.Written = written(n)
			d.object(n, path, "a purchase plan", []property{
				{name: "planName", required: true, read: d.str(&s.PlanInfo.Name)},
				{name: "planProduct", required: true, read: d.str(&s.PlanInfo.Product)},
				{name: "planPublisher", required: true, read: d.str(&s.PlanInfo.Publisher)},
			})
		}},
	})
	return s
}
