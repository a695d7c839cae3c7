package template_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
	"github.com/ingot-build/ingot/translate/template/templatetest"
)

// decodeUnknowns reads a text in which "?" stands for an unknown value: see templatetest.Replace.
func decodeUnknowns(t *testing.T, text string) (*template.ImageTemplate, diag.List) {
	t.Helper()
	n, list := armjson.Parse("t.json", []byte(text))
	if len(list) > 0 {
		t.Fatal(list)
	}
	return template.Decode(templatetest.Replace(n))
}

func TestWritten(t *testing.T) {
	known := template.String{Value: "x", Written: template.Written{Range: diag.Range{File: "f"}}}
	unknown := func(kind armjson.Kind) template.String {
		return template.String{Written: template.Written{Range: known.Range, Unknown: &armjson.Missing{Kind: kind}}}
	}
	for _, tt := range []struct {
		name                    string
		in                      template.String
		set, absent, known, got bool
	}{
		{"absent", template.String{}, false, true, true, false},
		{"known", known, true, false, true, true},
		{"known to be empty", template.String{Written: known.Written}, true, false, true, true},
		{"a text that is not known", unknown(armjson.String), true, false, false, false},
		{"anything, perhaps null", unknown(0), false, false, false, false},
	} {
		_, got := tt.in.Get()
		if tt.in.IsSet() != tt.set || tt.in.IsAbsent() != tt.absent || tt.in.IsKnown() != tt.known || got != tt.got {
			t.Errorf("%s: set %v, absent %v, known %v, value %v", tt.name, tt.in.IsSet(), tt.in.IsAbsent(), tt.in.IsKnown(), got)
		}
	}
}

// Unknown values are part of the model, and no finding.
func TestDecodeUnknowns(t *testing.T) {
	got, list := decodeUnknowns(t, `{
  "apiVersion": "2024-02-01", "name": "?string", "location": "?", "tags": {"team": "?", "a": "b"}, "identity": "?object",
  "properties": {
    "source": {"type": "?string", "imageId": "x", "offer": 3},
    "customize": ["?", {"type": "?", "name": "n", "anything": 1}, {"type": "Shell", "inline": ["a", "?"]},
      {"type": "File", "sourceUri": "?", "destination": "?string"}],
    "distribute": [{"type": "?", "runOutputName": "o"}, {"type": "SharedImage", "runOutputName": "p", "galleryImageId": "?",
      "targetRegions": "?array", "versioning": "?", "excludeFromLatest": "?bool"}],
    "buildTimeoutInMinutes": "?int", "vmProfile": "?", "validate": {"inVMValidations": ["?"]}, "optimize": {"vmBoot": "?"}
  }
}`)
	if len(list) > 0 {
		t.Fatalf("findings: %v", list)
	}
	unknown := func(what string, w template.Written) {
		t.Helper()
		if w.IsKnown() || w.IsAbsent() || w.Range.IsZero() || w.Unknown.Why != templatetest.Why {
			t.Errorf("%s: %+v", what, w)
		}
	}
	unknown("name", got.Name.Written)
	unknown("tag", got.Tags.Value[0].Value.Written)
	unknown("identity", got.Identity.Written)
	unknown("property of an unknown object", got.Identity.UserAssigned.Written)
	unknown("number in an unknown object", got.VMProfile.OSDiskSizeGB.Written)
	unknown("object in an unknown object", got.VMProfile.VNetConfig.Written)
	unknown("state in an unknown object", got.Optimize.VMBootState.Written)
	unknown("source", got.Source.(*template.UnknownSource).Type.Written)
	whole, typeless := got.Customize.Value[0].(*template.UnknownCustomizer), got.Customize.Value[1].(*template.UnknownCustomizer)
	unknown("customizer", whole.Type.Written)
	unknown("name in an unknown customizer", whole.Name.Written)
	unknown("type of a customizer", typeless.Type.Written)
	unknown("element", got.Customize.Value[2].(*template.Shell).Inline.Value[1].Written)
	unknown("type of a distributor", got.Distribute.Value[0].(*template.UnknownDistributor).Type.Written)
	gallery := got.Distribute.Value[1].(*template.DistributeSharedImage)
	unknown("array", gallery.TargetRegions.Written)
	unknown("versioning", gallery.Versioning.Written)
	unknown("boolean", gallery.ExcludeFromLatest.Written)
	unknown("timeout", got.BuildTimeout.Written)
	unknown("validator", got.Validate.InVMValidations.Value[0].(*template.UnknownValidator).Type.Written)

	if !got.Name.IsSet() || got.Location.IsSet() || got.Identity.UserAssigned.IsSet() {
		t.Error("what may be null counts as set, or what cannot be does not")
	}
	if typeless.Name.Value != "n" || got.Distribute.Value[0].Base().RunOutputName.Value != "o" {
		t.Error("what every customizer and distributor has is not read without the type")
	}
}

// What is wrong whatever the unknown values are is found all the same.
func TestDecodeUnknownsFindings(t *testing.T) {
	const frame = `{"apiVersion": "2024-02-01", "location": "l", "properties": {
		"source": {"type": "ManagedImage", "imageId": "x"}, "distribute": []%s}}`
	for _, tt := range []struct{ name, text, want string }{
		{"wrong type", strings.Replace(frame, "%s", `, "buildTimeoutInMinutes": "?string"`, 1),
			`t.json:2:98: error: "buildTimeoutInMinutes" is a string where a number is wanted [ING2001]`},
		{"object for an array", strings.Replace(frame, "%s", `, "customize": "?object"`, 1),
			`t.json:2:86: error: "customize" is an object where an array is wanted [ING2001]`},
		{"text for a customizer", strings.Replace(frame, "%s", `, "customize": ["?string"]`, 1),
			`t.json:2:87: error: "customize[0]" is a string where an object is wanted [ING2001]`},
		{"type that is a number", strings.Replace(frame, "%s", `, "customize": [{"type": "?int"}]`, 1),
			`t.json:2:96: error: "type" is a number where a string is wanted [ING2001]`},
		{"wrong name", strings.Replace(frame, "%s", `, "vmprofile": "?"`, 1),
			`t.json:2:73: error: property "vmProfile" is spelled "vmprofile" [ING2004]`},
		{"distributor without a name", `{"apiVersion": "2024-02-01", "location": "l", "properties": {"source": "?", "distribute": [{"type": "?"}]}}`,
			`t.json:1:92: error: a distributor needs the property "runOutputName" [ING2002]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, list := decodeUnknowns(t, tt.text)
			if len(list) != 1 || list[0].String() != tt.want {
				t.Errorf("got %v\nwant %s", list, tt.want)
			}
		})
	}
}

// Without the api-version, only what every one of them refuses is an error.
func TestDecodeUnknownVersion(t *testing.T) {
	got, list := decodeUnknowns(t, `{"apiVersion": "?string", "location": "l", "Tags": {}, "frobnicate": 1, "properties": {
		"source": {"type": "ISO", "sourceURI": "u", "sha256Checksum": "c"},
		"customize": [{"type": "shell", "script": "s"}, {"type": "Shell", "scriptUri": "s"}, {"type": "WindowsUpdate"}, {"type": "Shel"}],
		"distribute": [{"type": "VHD", "runOutputName": "v", "tags": {}, "uri": "x"}, {"type": "SharedImage", "runOutputName": "g"}],
		"autoRun": {"state": "Enabled"}}}`)
	var lines []string
	for _, d := range list {
		lines = append(lines, d.String())
	}
	want := []string{
		`t.json:1:44: warning: property "tags" is spelled "Tags" [ING2004]`,
		`t.json:1:56: warning: an image template has no property "frobnicate" [ING2003]`,
		`t.json:3:124: error: unknown customizer "Shel" [ING2006]`,
		`t.json:4:81: error: a SharedImage distributor needs the property "galleryImageId" [ING2002]`,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if got.Since("2018-02-01-preview") || got.Before("2025-10-01") || got.EffectiveAPIVersion() != "" {
		t.Error("the api-version is not known, and the template says something about it")
	}
}

// A name that is not known may be any: also one that is required.
func TestDecodeUnknownNames(t *testing.T) {
	got, list := decodeUnknowns(t, `{"apiVersion": "2024-02-01", "location": "l", "tags": {"?a": "x", "b": "y"},
		"identity": {"type": "UserAssigned", "userAssignedIdentities": {"?a": {}, "?b": {}}},
		"properties": {"source": {"type": "ManagedImage", "?a": 1}, "distribute": []}}`)
	if len(list) > 0 {
		t.Errorf("findings: %v", list)
	}
	ids := got.Identity.UserAssigned.Value
	if len(ids) != 2 || ids[0].IsKnown() || ids[0].Value != "" || got.Tags.Value[0].Key.IsKnown() || got.Tags.Value[1].Key.Value != "b" {
		t.Errorf("got %+v and %+v", ids, got.Tags)
	}
}

func TestUnknowns(t *testing.T) {
	n, _ := armjson.Parse("t.json", []byte(`{"a": "?", "b": {"c": [1, "?int", {"d": "?object"}], "e": "x"}, "?f": 1}`))
	var got []string
	for _, u := range template.Unknowns(templatetest.Replace(n), "") {
		got = append(got, u.Range.String()+" "+u.Path+" "+u.Missing.Form)
	}
	want := []string{"t.json:1:7 a reference('x')", "t.json:1:27 b.c[1] reference('x')", "t.json:1:41 b.c[2].d reference('x')",
		"t.json:1:65 ?f reference('x')"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n, _ := armjson.Parse("t.json", []byte(`{"a": [1]}`)); template.Unknowns(n, "") != nil {
		t.Error("something is not known of a document without unknown values")
	}
}
