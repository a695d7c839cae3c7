package template

import (
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/schema"
)

// Decode reads an evaluated imageTemplates resource (see translate/deployment) into the model. The image template is never
// nil; when the findings have errors it holds what could be read. Findings are in file order.
//
// Which properties there are in which api-version is for translate/schema to say; all of them are held against their shape, also
// those that the model does not keep. How strict the reading is depends on the api-version, as in the service: see Strict. Values that are not known before the
// deployment are no findings; the model says where they stand. Nothing is found in a template with unknown values that would not
// be found whatever they turn out to be.
func Decode(node *armjson.Node) (*ImageTemplate, diag.List) {
	t := &ImageTemplate{Range: node.Range}
	// The version decides how everything else is read, so it is looked at first, wherever it stands.
	d := &decoder{version: LatestAPIVersion}
	switch v := node.Get("apiVersion"); {
	case v == nil:
	case v.Kind == armjson.Unknown, Placeholder(v.Text) != "":
		d.version = ""
	case KnownAPIVersion(v.Text):
		d.version = v.Text
	}
	free := []string{"apiVersion", "identity", "name", "type"}
	// Properties that stand alone had an object put around them, of which nothing was written.
	if m := node.Member("properties"); m != nil && m.KeyRange.Start == m.KeyRange.End && node.Get("location") == nil {
		t.PropertiesAlone, free = true, append(free, "location")
	}
	d.object(node, "", form{what: "an image template", typ: schema.Root, fields: fields{
		"apiVersion": d.str(&t.APIVersion),
		"name":       d.str(&t.Name),
		"location":   d.str(&t.Location),
		"tags":       d.tags(&t.Tags),
		"identity":   d.identity(&t.Identity),
		"properties": d.templateProperties(t),
		"resources":  d.triggers(&t.Triggers),

		"type":      ignored, // published bodies spell it in several ways, all of which the service takes
		"comments":  ignored,
		"dependsOn": ignored,
	}, free: free, also: d.ofEveryResource})
	d.list.Sort()
	return t, d.list
}

func (d *decoder) templateProperties(t *ImageTemplate) reader {
	return func(n *armjson.Node, path string) {
		d.object(n, path, form{what: "properties", typ: "ImageTemplateProperties", fields: fields{
			"source":                d.source(&t.Source),
			"customize":             d.customizers(&t.Customize),
			"distribute":            d.distributors(&t.Distribute),
			"buildTimeoutInMinutes": d.integer(&t.BuildTimeout),
			"vmProfile":             d.vmProfile(&t.VMProfile),
			"errorHandling":         d.errorHandling(&t.ErrorHandling),
			"optimize":              d.optimize(&t.Optimize),
			"validate":              d.validate(&t.Validate),
			"autoRun":               d.autoRun(&t.AutoRunState),
			"stagingResourceGroup":  d.str(&t.StagingResourceGroup),
			"managedResourceTags":   d.tags(&t.ManagedResourceTags),
			"additionalDataDisks":   list(d, &t.DataDisks, d.dataDisk),
		}})
	}
}

func (d *decoder) dataDisk(n *armjson.Node, path string) (DataDisk, bool) {
	disk := DataDisk{Written: written(n)}
	d.object(n, path, form{what: "a data disk", typ: "DataDisk", fields: fields{"sizeGB": d.integer(&disk.SizeGB)}})
	return disk, true
}

// triggers reads the resources that stand inside the image template. Triggers are all it can have.
func (d *decoder) triggers(into *List[Property]) reader {
	return list(d, into, func(n *armjson.Node, path string) (Property, bool) {
		d.object(n, path, form{what: "a trigger", typ: "imageTemplates_triggers_childResource",
			fields: fields{"comments": ignored, "dependsOn": ignored}, also: d.ofEveryResource})
		return Property{Path: path, Written: written(n)}, true
	})
}

func (d *decoder) identity(into *Identity) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, form{what: "identity", typ: "ImageTemplateIdentity", fields: fields{
			"type": d.str(&into.Type),
			"userAssignedIdentities": func(n *armjson.Node, path string) {
				d.keys(&into.UserAssigned)(n, path)
				for _, m := range n.Members {
					if m.Unknown == nil && !m.Value.IsNull() {
						d.object(m.Value, entry(path, m.Key), form{what: "an identity of the map", typ: "UserAssignedIdentity"})
					}
				}
			},
		}, also: d.ofEveryIdentity})
	}
}
