package template

import (
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Decode reads an evaluated imageTemplates resource (see translate/deployment) into the model. The image template is never
// nil; when the findings have errors it holds what could be read. Findings are in file order.
//
// How strict the reading is depends on the api-version, as in the service: see Strict. Values that are not known before the
// deployment are no findings; the model says where they stand. Nothing is found in a template with unknown values that would not
// be found whatever they turn out to be.
func Decode(node *armjson.Node) (*ImageTemplate, diag.List) {
	t := &ImageTemplate{Range: node.Range}
	// The version decides how everything else is read, so it is looked at first, wherever it stands.
	d := &decoder{version: LatestAPIVersion}
	switch v := node.Get("apiVersion"); {
	case v == nil:
	case v.Kind == armjson.Unknown:
		d.version = ""
	case KnownAPIVersion(v.Text):
		d.version = v.Text
	}
	d.object(node, "", "an image template", []property{
		{name: "apiVersion", read: d.str(&t.APIVersion)},
		{name: "type", read: ignored},
		{name: "name", read: d.str(&t.Name)},
		{name: "location", required: true, read: d.str(&t.Location)},
		{name: "tags", read: d.tags(&t.Tags)},
		{name: "identity", since: v20190501, read: d.identity(&t.Identity)},
		{name: "properties", required: true, read: d.properties(t)},
		{name: "id", readOnly: true},
		{name: "systemData", since: v20211001, readOnly: true},
		// Most published bodies carry what belongs to a deployment template. It says nothing about the image.
		{name: "dependsOn", read: ignored},
		{name: "comments", read: ignored},
	})
	d.list.Sort()
	return t, d.list
}

func (d *decoder) properties(t *ImageTemplate) reader {
	return func(n *armjson.Node, path string) {
		d.object(n, path, "properties", []property{
			{name: "source", required: true, read: d.source(&t.Source)},
			{name: "customize", read: d.customizers(&t.Customize)},
			{name: "distribute", required: true, read: d.distributors(&t.Distribute)},
			{name: "buildTimeoutInMinutes", since: v20190501, read: d.integer(&t.BuildTimeout)},
			{name: "vmProfile", since: v20190501, read: d.vmProfile(&t.VMProfile)},
			{name: "errorHandling", since: v20230701, read: d.errorHandling(&t.ErrorHandling)},
			{name: "optimize", since: v20220701, read: d.optimize(&t.Optimize)},
			{name: "validate", since: v20220214, read: d.validate(&t.Validate)},
			{name: "autoRun", since: v20240201, read: d.state(&t.AutoRunState, "autoRun")},
			{name: "stagingResourceGroup", since: v20220214, read: d.str(&t.StagingResourceGroup)},
			{name: "managedResourceTags", since: v20240201, read: d.tags(&t.ManagedResourceTags)},
			{name: "additionalDataDisks", since: v20251001, read: func(n *armjson.Node, path string) {
				if d.kind(n, path, armjson.Array) && (n.Kind == armjson.Unknown || len(n.Items) > 0) {
					t.unhandled(n, path)
				}
			}},
			{name: "provisioningState", readOnly: true},
			{name: "provisioningError", readOnly: true},
			{name: "lastRunStatus", readOnly: true},
			{name: "exactStagingResourceGroup", since: v20220214, readOnly: true},
		})
	}
}

// unhandled keeps the place of a property that Ingot knows and does not act on; translate/check says what comes of it.
func (t *ImageTemplate) unhandled(n *armjson.Node, path string) {
	t.Unhandled = append(t.Unhandled, Property{Path: path, Written: written(n)})
}

func (d *decoder) identity(into *Identity) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, "identity", []property{
			{name: "type", read: d.str(&into.Type)},
			{name: "userAssignedIdentities", read: d.keys(&into.UserAssigned)},
			{name: "principalId", readOnly: true},
			{name: "tenantId", readOnly: true},
		})
	}
}
