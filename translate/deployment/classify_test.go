package deployment_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/deployment"
)

// TestLoadFinds gives an image template in every wrapping that people keep them in.
func TestLoadFinds(t *testing.T) {
	const properties = `{"source": {"type": "PlatformImage"}, "distribute": [{"type": "VHD"}]}`
	const image = `{"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "img", "location": "here", "properties": ` +
		properties + `}`
	const template = `{"parameters": {"n": {"type": "string", "defaultValue": "img"}}, "resources": [{
		"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "[parameters('n')]"}]}`
	for _, tt := range []struct {
		name, text string
		want       []string // "path name: body"
	}{
		{"bare resource", image, []string{` img: ` + compactText(t, image)}},
		{"properties of a resource", `{"properties": ` + properties + `}`,
			[]string{` : {"properties":` + compactText(t, properties) + `}`}},
		{"inside of the properties", properties, []string{` : {"properties":` + compactText(t, properties) + `}`}},
		{"array", `[{"type": "Microsoft.Compute/galleries"}, ` + image + `]`,
			[]string{`[1] img: ` + compactText(t, image)}},
		{"list from the REST API", `{"value": [` + image + `]}`, []string{`value[0] img: ` + compactText(t, image)}},
		{"with its triggers", strings.TrimSuffix(image, "}") + `, "resources": []}`,
			[]string{` img: ` + compactText(t, strings.TrimSuffix(image, "}")+`, "resources": []}`)}},
		{"request of a REST example",
			`{"parameters": {"imageTemplateName": "img", "api-version": "2022-07-01", "parameters": {"location": "here", "properties": ` + properties +
				`}}, "responses": {"200": {"body": ` + image + `}}}`,
			[]string{`parameters.parameters img: {"name":"img","apiVersion":"2022-07-01","location":"here","properties":` + compactText(t, properties) + `}`}},
		{"answer of a REST example",
			`{"parameters": {"imageTemplateName": "img", "api-version": "2022-07-01"}, "responses": {"404": {}, "200": {"body": ` +
				image + `}}}`, []string{`responses.200.body img: ` + compactText(t, image)}},
		{"list in a REST example",
			`{"parameters": {"api-version": "2022-07-01"}, "responses": {"200": {"body": {"value": [` + image + `, ` +
				image + `]}}}}`,
			[]string{`responses.200.body.value[0] img: ` + compactText(t, image),
				`responses.200.body.value[1] img: ` + compactText(t, image)}},
		{"exported resource",
			`{"id": "/x", "kind": null, "sku": null, "resourceGroup": "rg", "type": "Microsoft.VirtualMachineImages/imageTemplates", "name": "img",
			"properties": ` + properties + `}`, []string{` img: {"id":"/x","type":"Microsoft.VirtualMachineImages/imageTemplates","name":"img","properties":` +
				compactText(t, properties) + `}`}},
		{"flat export", `{"id": "/x", "buildTimeoutInMinutes": 5, "name": "img", "resourceGroup": "rg", "source": {"type": "PlatformImage"}, "distribute": [],
			"tags": null, "type": "Microsoft.VirtualMachineImages/imageTemplates"}`,
			[]string{` img: {"id":"/x","name":"img","type":"Microsoft.VirtualMachineImages/imageTemplates",` +
				`"properties":{"buildTimeoutInMinutes":5,"source":{"type":"PlatformImage"},"distribute":[]}}`}},
		{"deployment template", template,
			[]string{`resources[0] img: {"type":"Microsoft.VirtualMachineImages/imageTemplates","apiVersion":"2024-02-01","name":"img"}`}},
		{"template spec", `{"properties": {"mainTemplate": ` + template + `}}`,
			[]string{`properties.mainTemplate.resources[0] img: {"type":"Microsoft.VirtualMachineImages/imageTemplates","apiVersion":"2024-02-01","name":"img"}`}},
		{"exported template", `{"template": ` + template + `}`,
			[]string{`template.resources[0] img: {"type":"Microsoft.VirtualMachineImages/imageTemplates","apiVersion":"2024-02-01","name":"img"}`}},
		{"body of a deployment", `{"properties": {"mode": "Incremental", "template": ` + template +
			`, "parameters": {"n": {"value": "given"}}}}`,
			[]string{`properties.template.resources[0] given: {"type":"Microsoft.VirtualMachineImages/imageTemplates","apiVersion":"2024-02-01","name":"given"}`}},
		{"array from a template",
			`[{"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "[concat('i', 'mg')]"}]`,
			[]string{`[0] img: {"type":"Microsoft.VirtualMachineImages/imageTemplates","apiVersion":"2024-02-01","name":"img"}`}},
		{"object by symbolic name",
			`{"gallery": {"type": "Microsoft.Compute/galleries", "apiVersion": "2022-08-03", "name": "g"}, "img": ` +
				`{"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "[concat('i', 'mg')]"}}`,
			[]string{`img img: {"type":"Microsoft.VirtualMachineImages/imageTemplates","apiVersion":"2024-02-01","name":"img"}`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			loaded, list := deployment.Load(file(t, tt.text), deployment.Params{})
			if len(list) > 0 {
				t.Fatal(list)
			}
			var got []string
			for _, found := range loaded.ImageTemplates {
				got = append(got, found.Path+" "+found.Name+": "+compact(found.Node))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func compactText(t *testing.T, text string) string {
	t.Helper()
	return compact(file(t, text))
}

// TestLoadRefuses gives documents that are something else, and wants them called by their name.
func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"text", `"x"`, "it is a string"},
		{"numbers", `[1]`, "it is an array"},
		{"other resources", `[{"type": "A.B/c"}, {"type": "A.B/d"}]`,
			"it is an array of resources of the types A.B/c, A.B/d"},
		{"other resource", `{"type": "A.B/c", "properties": {"source": {}}}`, `it is a resource of type "A.B/c"`},
		{"trigger", `{"location": "x", "properties": {"kind": "SourceImage"}}`, `it is a trigger`},
		{"other properties", `{"location": "x", "properties": {"kind": "V2"}}`, `it is a resource without a type`},
		{"parameter file", `{"parameters": {"a": {"value": 1}}}`, "it is a parameter file"},
		{"parameter file by schema", `{"$schema": "https://x/2019-04-01/deploymentParameters.json#"}`,
			"it is a parameter file"},
		{"bare parameter file", `{"a": {"value": 1}, "b": {"reference": {}}}`, "it is a parameter file"},
		{"change of an image template",
			`{"parameters": {"api-version": "x", "parameters": {"tags": {}}}, "responses": {}}`, `it has "tags" only`},
		{"change of the distributors",
			`{"parameters": {"parameters": {"properties": {"distribute": []}}}, "responses": {}}`,
			`it has "properties.distribute" only`},
		{"creation of a trigger",
			`{"parameters": {"parameters": {"properties": {"kind": "SourceImage"}}}, "responses": {}}`,
			`it has "properties.kind" only`},
		{"REST example of something else", `{"parameters": {"api-version": "x"}, "responses": {"204": {}}}`,
			"neither its request nor its answers"},
		{"old Packer template", `{"builders": []}`, "it is an old Packer template in JSON"},
		{"package", `{"name": "left-pad"}`, "it is an object without resources, type or properties"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			loaded, list := deployment.Load(file(t, tt.text), deployment.Params{})
			if len(loaded.ImageTemplates) > 0 || len(list) != 1 || list[0].Code != deployment.CodeNoImageTemplate &&
				(list[0].Code != deployment.CodeOtherExample || !strings.Contains(tt.text, "responses")) {
				t.Fatalf("%d image templates, findings: %v", len(loaded.ImageTemplates), list)
			}
			if !strings.Contains(list[0].Summary, tt.want) {
				t.Errorf("got %q, want %q in it", list[0].Summary, tt.want)
			}
		})
	}
}
