package template

import "github.com/ingot-build/ingot/translate/armjson"

func (d *decoder) source(into *Source) reader {
	return func(n *armjson.Node, path string) {
		s, ok := union(d, n, path, "source", "ImageTemplateSource", variants[Source]{
			"ImageTemplatePlatformImageSource":      func(n *armjson.Node, path string) Source { return d.platformImage(n, path) },
			"ImageTemplateManagedImageSource":       func(n *armjson.Node, path string) Source { return d.managedImage(n, path) },
			"ImageTemplateSharedImageVersionSource": func(n *armjson.Node, path string) Source { return d.sharedImageVersion(n, path) },
			"ImageTemplateIsoSource":                func(n *armjson.Node, path string) Source { return d.iso(n, path) },
		}, func(n *armjson.Node, path string) Source {
			s := &UnknownSource{Range: n.Range}
			d.openObject(n, path, "a source", fields{"type": d.str(&s.Type)})
			return s
		})
		if ok {
			*into = s
		}
	}
}

// platformImage reads a marketplace image.
func (d *decoder) platformImage(n *armjson.Node, path string) *PlatformImage {
	s := &PlatformImage{Range: n.Range}
	d.object(n, path, form{what: "a PlatformImage source", typ: "ImageTemplatePlatformImageSource", fields: fields{
		"publisher": d.str(&s.Publisher),
		"offer":     d.str(&s.Offer),
		"sku":       d.str(&s.SKU),
		"version":   d.str(&s.Version),
		"planInfo": func(n *armjson.Node, path string) {
			s.PlanInfo.Written = written(n)
			d.object(n, path, form{what: "a purchase plan", typ: "PlatformImagePurchasePlan", fields: fields{
				"planName":      d.str(&s.PlanInfo.Name),
				"planProduct":   d.str(&s.PlanInfo.Product),
				"planPublisher": d.str(&s.PlanInfo.Publisher),
			}})
		},
	}, needs: []string{"publisher", "offer", "sku", "version"}})
	return s
}

func (d *decoder) managedImage(n *armjson.Node, path string) *ManagedImage {
	s := &ManagedImage{Range: n.Range}
	d.object(n, path, form{what: "a ManagedImage source", typ: "ImageTemplateManagedImageSource",
		fields: fields{"imageId": d.str(&s.ImageID)}})
	return s
}

func (d *decoder) sharedImageVersion(n *armjson.Node, path string) *SharedImageVersion {
	s := &SharedImageVersion{Range: n.Range}
	d.object(n, path, form{what: "a SharedImageVersion source", typ: "ImageTemplateSharedImageVersionSource",
		fields: fields{"imageVersionId": d.str(&s.ImageVersionID)}})
	return s
}

// iso reads an installer medium. Its address was spelled in two ways.
func (d *decoder) iso(n *armjson.Node, path string) *ISO {
	s := &ISO{Range: n.Range}
	d.object(n, path, form{what: "an ISO source", typ: "ImageTemplateIsoSource", fields: fields{
		"sourceURI":      d.str(&s.SourceURI),
		"sourceUri":      d.str(&s.SourceURI),
		"sha256Checksum": d.str(&s.SHA256Checksum),
	}})
	return s
}
