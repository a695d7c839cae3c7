package lower_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/lower"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
	"github.com/ingot-build/ingot/translate/template/templatetest"
)

// full has every property that a template of a Linux image may have.
const full = `{
  "apiVersion": "2025-10-01", "name": "web", "location": "westeurope", "tags": {"team": "a"},
  "identity": {"type": "UserAssigned", "userAssignedIdentities":
    {"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest",
      "planInfo": {"planName": "n", "planProduct": "r", "planPublisher": "u"}},
    "customize": [
      {"type": "Shell", "name": "one", "inline": ["a", "b"]},
      {"type": "Shell", "scriptUri": "https://a.example/x.sh", "sha256Checksum": ""},
      {"type": "File", "sourceUri": "site/index.html", "destination": "/tmp/index.html", "sha256Checksum": ""}],
    "distribute": [
      {"type": "ManagedImage", "runOutputName": "m", "location": "westeurope", "artifactTags": {"k": "v", "l": "w"},
        "imageId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.Compute/images/web"},
      {"type": "SharedImage", "runOutputName": "s", "replicationMode": "Full", "excludeFromLatest": true,
        "galleryImageId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/web",
        "targetRegions": [{"name": "westeurope", "replicaCount": 2, "storageAccountType": "Standard_ZRS"}, {"name": "eastus"}],
        "versioning": {"scheme": "Latest", "major": 1}},
      {"type": "SharedImage", "runOutputName": "o", "replicationRegions": ["westeurope", "eastus"], "storageAccountType": "Standard_LRS",
        "galleryImageId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/old"},
      {"type": "VHD", "runOutputName": "d", "uri": ""}],
    "buildTimeoutInMinutes": 90, "autoRun": {"state": "Disabled"},
    "errorHandling": {"onCustomizerError": "cleanup", "onValidationError": "cleanup"},
    "vmProfile": {"vmSize": "z", "osDiskSizeGB": 30, "vnetConfig":
      {"subnetId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n"}, "userAssignedIdentities":
      ["/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/w"]},
    "optimize": {"vmBoot": {"state": "Enabled"}, "workload": {"state": "Disabled"}},
    "validate": {"continueDistributeOnFailure": true, "sourceValidationOnly": false, "inVMValidations": [
      {"type": "Shell", "name": "three", "inline": ["c"]},
      {"type": "File", "sourceUri": "site/index.html", "destination": "/tmp/wanted.html"}]},
    "stagingResourceGroup": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/staging", "managedResourceTags": {"a": "b"}, "additionalDataDisks": [{"sizeGB": 8}]
  }
}`

// windows has what only a template of a Windows image may have.
const windows = `{
  "apiVersion": "2025-10-01", "name": "win", "location": "westeurope",
  "identity": {"type": "UserAssigned", "userAssignedIdentities":
    {"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
  "properties": {
    "source": {"type": "SharedImageVersion", "imageVersionId":
      "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/base/versions/latest"},
    "customize": [
      {"type": "PowerShell", "name": "one", "inline": ["a"], "runElevated": true, "runAsSystem": true, "validExitCodes": [0, 3010]},
      {"type": "PowerShell", "scriptUri": "https://a.example/x.ps1", "sha256Checksum": ""},
      {"type": "WindowsRestart", "restartCommand": "r", "restartCheckCommand": "c", "restartTimeout": "10m"},
      {"type": "WindowsUpdate", "searchCriteria": "IsInstalled=0", "filters": ["include:$true"], "updateLimit": 20},
      {"type": "File", "sourceUri": "a.txt", "destination": "c:\\a.txt"}],
    "distribute": [{"type": "VHD", "runOutputName": "d"}],
    "errorHandling": {"onCustomizerError": "abort", "onValidationError": "abort"},
    "validate": {"inVMValidations": [{"type": "PowerShell", "inline": ["b"], "runElevated": true}]}
  }
}`

func parse(t *testing.T, text string) *armjson.Node {
	t.Helper()
	n, list := armjson.Parse("t.json", []byte(text))
	if len(list) > 0 {
		t.Fatal(list)
	}
	return n
}

// lowerNode decodes, checks and lowers a template that has no errors before.
func lowerNode(t *testing.T, n *armjson.Node) (*plan.Plan, diag.List) {
	t.Helper()
	tmpl, list := template.Decode(n)
	if list.Add(check.Check(tmpl, check.Options{Target: check.Azure, Translate: true})...); list.HasErrors() {
		t.Fatal(list)
	}
	return lower.Lower(tmpl)
}

// TestUnknownNeverChangesAPlan takes every value for unknown, one at a time. Then there is an error and no plan, or the plan is
// the same but for what is left out with a warning.
func TestUnknownNeverChangesAPlan(t *testing.T) {
	refused, same := 0, 0
	for _, text := range []string{full, windows} {
		unknownNeverChanges(t, parse(t, text), &refused, &same)
	}
	if refused < 100 || same < 10 {
		t.Errorf("%d plans refused, %d the same: the templates do not cover much", refused, same)
	}
}

func unknownNeverChanges(t *testing.T, root *armjson.Node, refused, same *int) {
	t.Helper()
	want, list := lowerNode(t, root)
	if len(list) > 0 {
		t.Fatal(list)
	}
	templatetest.Each(root, func(path string, kind armjson.Kind, changed *armjson.Node) {
		got, list := lowerNode(t, changed)
		switch {
		case list.HasErrors():
			*refused++
			if got != nil {
				t.Errorf("%s is not known: a plan in spite of %v", path, list)
			}
		case len(list) > 0:
			for _, d := range list {
				if d.Code != lower.CodeLeftOut && d.Code != lower.CodeAzureLeftOut || !within(d.Path, path) {
					t.Errorf("%s is not known: findings %v at %s", path, list, d.Path)
				}
			}
			if diff := cmp.Diff(want, got, labels, recorded); diff != "" {
				t.Errorf("%s is not known: more is missing than what is recorded (-want +got):\n%s", path, diff)
			}
			if cmp.Equal(want, got, labels) {
				t.Errorf("%s is not known and said to be left out, and the plan has all", path)
			}
		default:
			*same++
			if diff := cmp.Diff(want, got, labels); diff != "" {
				t.Errorf("%s is not known: another plan, and no word of it (-want +got):\n%s", path, diff)
			}
		}
	})
}

// What check would refuse, were it known, is not let pass because it is not known.
func TestUnknownIsNotLetPass(t *testing.T) {
	wanted := map[string]bool{}
	for _, path := range []string{"errorHandling.onCustomizerError", "errorHandling.onValidationError", "optimize.vmBoot.state",
		"optimize.workload.state", "validate.sourceValidationOnly", "validate.inVMValidations", "autoRun.state", "additionalDataDisks"} {
		wanted["properties."+path] = true
	}
	templatetest.Each(parse(t, full), func(path string, _ armjson.Kind, changed *armjson.Node) {
		if !wanted[path] {
			return
		}
		if _, list := lowerNode(t, changed); len(list) != 1 || list[0].Code != lower.CodeNotKnown || list[0].Path != path {
			t.Errorf("%s is not known: findings %v", path, list)
		}
		wanted[path+" was tried"] = true
	})
	if len(wanted) != 16 {
		t.Errorf("not all were tried: %v", wanted)
	}
}

// labels ignores what only names things: the caller names a plan, and a step without a label goes by its place.
var labels = cmp.Options{
	cmpopts.IgnoreFields(plan.Plan{}, "Name"), cmpopts.IgnoreFields(plan.Step{}, "Name"), cmpopts.IgnoreFields(plan.Content{}, "FileName"),
}

// recorded ignores what is recorded with an image and decides nothing, and what has a meaning in Azure only.
var recorded = cmp.Options{
	cmpopts.IgnoreFields(plan.Destination{}, "Tags"), cmpopts.IgnoreFields(plan.ManagedImage{}, "Location"),
	cmpopts.IgnoreFields(plan.SharedImage{}, "Regions", "ReplicationMode"),
	cmpopts.IgnoreFields(plan.Plan{}, "Azure"), cmpopts.IgnoreFields(plan.PlatformImage{}, "Plan"),
}

// within reports whether one of two paths leads to the other.
func within(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

func TestNotKnown(t *testing.T) {
	at := func(line int) diag.Range {
		return diag.Range{File: "t.json", Start: diag.Pos{Line: line, Column: 5, Byte: line * 10}}
	}
	unknown := func(line int, m armjson.Missing) template.String {
		return template.String{Written: template.Written{Range: at(line), Unknown: &m}}
	}
	token := armjson.Missing{Form: "parameters('token')", Why: `parameter "token" has no value`, Fix: "add --param token=…"}
	other := token
	other.Form = "concat('https://', parameters('token'))"
	storage := armjson.Missing{Form: "reference('storage').primaryEndpoints.blob", Why: "reference() asks for a deployed resource"}

	tmpl, list := template.Decode(parse(t, full))
	if list.HasErrors() {
		t.Fatal(list)
	}
	tmpl.Source.(*template.PlatformImage).Version = unknown(1, token)
	tmpl.Customize.Value[0].(*template.Shell).Inline.Value[1] = unknown(2, other)
	tmpl.Customize.Value[1].(*template.Shell).ScriptURI = unknown(3, storage)
	tmpl.Distribute.Value[0].(*template.DistributeManagedImage).Location = unknown(4, token)
	tmpl.Location = unknown(5, token)
	_, got := lower.Lower(tmpl)
	want := diag.List{
		{Severity: diag.Error, Code: lower.CodeNotKnown, Subject: at(1), Path: "properties.source.version",
			Summary: `"version" is not known before the deployment`, Why: token.Why, Fix: token.Fix,
			Related: []diag.Note{{Message: `so is "inline[1]"`, Range: at(2)}}},
		{Severity: diag.Error, Code: lower.CodeNotKnown, Subject: at(3), Path: "properties.customize[1].scriptUri",
			Summary: `"scriptUri" is not known before the deployment`, Why: storage.Why, Fix: "write the value in its place"},
		{Severity: diag.Warning, Code: lower.CodeLeftOut, Subject: at(4), Path: "properties.distribute[0].location",
			Summary: `"location" is not known before the deployment, and left out`, Why: token.Why, Fix: token.Fix},
		{Severity: diag.Warning, Code: lower.CodeAzureLeftOut, Subject: at(5), Path: "location",
			Summary: `"location" is not known before the deployment, and left out`, Why: token.Why, Fix: token.Fix},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// An object that is not known is one cause, however much of it the build needs.
func TestNotKnownObject(t *testing.T) {
	n := parse(t, strings.Replace(full, `{"onCustomizerError": "cleanup", "onValidationError": "cleanup"}`, `"?"`, 1))
	_, list := lowerNode(t, templatetest.Replace(n))
	if len(list) != 1 || list[0].Path != "properties.errorHandling.onCustomizerError" || len(list[0].Related) > 0 {
		t.Errorf("got %+v", list)
	}
}
