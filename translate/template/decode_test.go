package template_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
	"github.com/ingot-build/ingot/translate/template/templatetest"
)

func decode(t *testing.T, text string) (*template.ImageTemplate, diag.List) {
	t.Helper()
	n, list := armjson.Parse("t.json", []byte(text))
	if len(list) > 0 {
		t.Fatal(list)
	}
	return template.Decode(n)
}

// at is the place of the nth occurrence of part in text, which must be on one line.
func at(t *testing.T, text, part string) diag.Range {
	t.Helper()
	i := strings.Index(text, part)
	if i < 0 {
		t.Fatalf("%s is not in the text", part)
	}
	line := strings.Count(text[:i], "\n") + 1
	column := i - strings.LastIndexByte(text[:i], '\n')
	return diag.Range{File: "t.json",
		Start: diag.Pos{Line: line, Column: column, Byte: i},
		End:   diag.Pos{Line: line, Column: column + len(part), Byte: i + len(part)}}
}

const everything = `{
  "apiVersion": "2025-10-01", "name": "web", "location": "westeurope", "tags": {"team": "a"},
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "dependsOn": [],
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "p", "offer": "o", "sku": "s", "version": "v",
      "planInfo": {"planName": "n", "planProduct": "r", "planPublisher": "u"}},
    "customize": [
      {"type": "Shell", "name": "one", "inline": ["a", "b"]},
      {"type": "Shell", "scriptUri": "u1", "sha256Checksum": "c1"},
      {"type": "File", "sourceUri": "u2", "destination": "/tmp/x", "sha256Checksum": null},
      {"type": "PowerShell", "inline": [], "runElevated": true, "runAsSystem": false, "validExitCodes": [0, 3010]},
      {"type": "WindowsRestart", "restartTimeout": "5m"},
      {"type": "WindowsUpdate", "filters": ["f"], "updateLimit": 20}],
    "distribute": [
      {"type": "ManagedImage", "runOutputName": "m", "imageId": "i", "location": "l", "artifactTags": {"k": "v"}},
      {"type": "SharedImage", "runOutputName": "s", "galleryImageId": "g", "replicationMode": "Full", "excludeFromLatest": true,
        "targetRegions": [{"name": "r", "replicaCount": 2, "storageAccountType": "t"}],
        "versioning": {"scheme": "Latest", "major": 1}},
      {"type": "VHD", "runOutputName": "d", "uri": "x"}],
    "buildTimeoutInMinutes": 90, "autoRun": {"state": "Enabled"}, "errorHandling": {"onCustomizerError": "abort"},
    "vmProfile": {"vmSize": "z", "osDiskSizeGB": 30, "vnetConfig": {"subnetId": "n"}, "userAssignedIdentities": ["w"]},
    "optimize": {"vmBoot": {"state": "Enabled"}, "workload": {"state": "Disabled"}},
    "validate": {"sourceValidationOnly": false, "inVMValidations": [{"type": "Shell", "inline": ["t"]}]},
    "stagingResourceGroup": "g", "additionalDataDisks": [{"sizeGB": 1}]
  }
}`

func TestDecodeEverything(t *testing.T) {
	got, list := decode(t, everything)
	if len(list) > 0 {
		t.Fatalf("findings: %v", list)
	}
	s := func(v string) template.String { return template.String{Value: v} }
	ss := func(v ...template.String) template.List[template.String] {
		return template.List[template.String]{Value: v}
	}
	tags := func(v ...template.Tag) template.List[template.Tag] { return template.List[template.Tag]{Value: v} }
	i := func(v int64) template.Int { return template.Int{Value: v} }
	b := func(v bool) template.Bool { return template.Bool{Value: v} }
	c := func(n int, name string) template.Common {
		return template.Common{Name: s(name), Path: fmt.Sprintf("properties.customize[%d]", n)}
	}
	d := func(n int, name string) template.Distribution {
		return template.Distribution{RunOutputName: s(name), Path: fmt.Sprintf("properties.distribute[%d]", n)}
	}
	managed := d(0, "m")
	managed.ArtifactTags = tags(template.Tag{Key: s("k"), Value: s("v")})
	want := &template.ImageTemplate{
		Name: s("web"), APIVersion: s("2025-10-01"), Location: s("westeurope"),
		Tags:     tags(template.Tag{Key: s("team"), Value: s("a")}),
		Identity: template.Identity{Type: s("UserAssigned"), UserAssigned: ss(s("/id"))},
		Source: &template.PlatformImage{Publisher: s("p"), Offer: s("o"), SKU: s("s"), Version: s("v"),
			PlanInfo: template.PlanInfo{Name: s("n"), Product: s("r"), Publisher: s("u")}},
		Customize: template.List[template.Customizer]{Value: []template.Customizer{
			&template.Shell{Common: c(0, "one"), Script: template.Script{Inline: ss(s("a"), s("b"))}},
			&template.Shell{Common: c(1, ""), Script: template.Script{ScriptURI: s("u1"), SHA256Checksum: s("c1")}},
			&template.File{Common: c(2, ""), SourceURI: s("u2"), Destination: s("/tmp/x")},
			&template.PowerShell{Common: c(3, ""), RunElevated: b(true), RunAsSystem: b(false),
				ValidExitCodes: template.List[template.Int]{Value: []template.Int{i(0), i(3010)}}},
			&template.WindowsRestart{Common: c(4, ""), RestartTimeout: s("5m")},
			&template.WindowsUpdate{Common: c(5, ""), Filters: ss(s("f")), UpdateLimit: i(20)},
		}},
		Distribute: template.List[template.Distributor]{Value: []template.Distributor{
			&template.DistributeManagedImage{Distribution: managed, ImageID: s("i"), Location: s("l")},
			&template.DistributeSharedImage{Distribution: d(1, "s"), GalleryImageID: s("g"), ReplicationMode: s("Full"),
				ExcludeFromLatest: b(true), Versioning: template.Versioning{Scheme: s("Latest"), Major: i(1)},
				TargetRegions: template.List[template.TargetRegion]{Value: []template.TargetRegion{
					{Name: s("r"), ReplicaCount: i(2), StorageAccountType: s("t")}}}},
			&template.DistributeVHD{Distribution: d(2, "d"), URI: s("x")},
		}},
		BuildTimeout: i(90), AutoRunState: s("Enabled"),
		ErrorHandling: template.ErrorHandling{OnCustomizerError: s("abort")},
		VMProfile: template.VMProfile{VMSize: s("z"), OSDiskSizeGB: i(30), UserAssignedIdentity: ss(s("w")),
			VNetConfig: template.VNetConfig{SubnetID: s("n")}},
		Optimize: template.Optimize{VMBootState: s("Enabled"), WorkloadState: s("Disabled")},
		Validate: template.Validate{SourceValidationOnly: b(false),
			InVMValidations: template.List[template.Validator]{Value: []template.Validator{
				&template.Shell{Common: template.Common{Path: "properties.validate.inVMValidations[0]"}, Script: template.Script{Inline: ss(s("t"))}}}}},
		StagingResourceGroup: s("g"), DataDisks: template.List[template.DataDisk]{Value: []template.DataDisk{{SizeGB: i(1)}}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(diag.Range{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("model (-want +got):\n%s", diff)
	}
}

// Every value says where it was written; what was not written says so.
func TestDecodePlaces(t *testing.T) {
	got, _ := decode(t, everything)
	shell, file := got.Customize.Value[0].(*template.Shell), got.Customize.Value[2].(*template.File)
	for _, tt := range []struct {
		name string
		got  diag.Range
		want string
	}{
		{"name", got.Name.Range, `"web"`},
		{"tag key", got.Tags.Value[0].Key.Range, `"team"`},
		{"identity key", got.Identity.UserAssigned.Value[0].Range, `"/id"`},
		{"customizer", shell.Range, `{"type": "Shell", "name": "one", "inline": ["a", "b"]}`},
		{"inline", shell.Inline.Range, `["a", "b"]`},
		{"inline line", shell.Inline.Value[1].Range, `"b"`},
		{"number", got.BuildTimeout.Range, "90"},
		{"data disks", got.DataDisks.Range, `[{"sizeGB": 1}]`},
	} {
		if diff := cmp.Diff(at(t, everything, tt.want), tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if shell.ScriptURI.IsSet() || file.SHA256Checksum.IsSet() {
		t.Error("a property that was not written, or as null, says that it was")
	}
	if got.Validate.SourceValidationOnly.IsSet() != true {
		t.Error("false was written, and the model says it was not")
	}
}

// A wrongly cased property is read before 2024-02-01; beside the right one it is nothing.
func TestDecodeCase(t *testing.T) {
	old, list := decode(t, `{"apiVersion": "2022-07-01", "Location": "x", "properties": {
		"source": {"type": "SharedImageVersion", "imageVersionID": "a", "imageVersionId": "b"}, "distribute": []}}`)
	if old.Location.Value != "x" || old.Source.(*template.SharedImageVersion).ImageVersionID.Value != "b" {
		t.Errorf("got %+v", old)
	}
	if list.HasErrors() || list.Count(diag.Warning) != 2 {
		t.Errorf("findings: %v", list)
	}
}

// Whatever the JSON is, Decode returns a model and findings that lie in the file.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte(`{"apiVersion": "?", "properties": {"source": "?object", "customize": ["?", {"type": "?"}], "?": 1, "distribute": "?array"}}`))
	f.Add([]byte(`{"properties": [], "identity": {"userAssignedIdentities": [1]}}`))
	f.Add([]byte(`{"properties": {"source": {"type": 1}, "customize": [null, {"type": "Shell", "inline": {}}], "distribute": {}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, _ := armjson.Parse("f.json", data)
		if n == nil {
			return
		}
		got, list := template.Decode(n)
		if got == nil {
			t.Fatal("no model")
		}
		unknown, more := template.Decode(templatetest.Replace(n))
		if list.Add(more...); unknown == nil {
			t.Fatal("no model of what is not known")
		}
		for _, d := range list {
			if d.Subject.File != "f.json" || d.Subject.End.Byte > len(data) || d.Summary == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}
