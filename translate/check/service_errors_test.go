package check_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// serviceError is one thing that the service says, as people meet it.
type serviceError struct {
	says  string // what to look for in its message
	means string
	codes []diag.Code // the findings that say so before; none if it cannot be known from the template
	rest  string      // what of it cannot be known from the template, and why
}

// atSubmission are the errors of sending a template.
var atSubmission = []serviceError{
	{"`ValidationFailed`, `Field '…' has a bad value: '…'`", "a value has the wrong form, or cannot be used",
		[]diag.Code{check.CodeSourceID, check.CodePlatformImage, check.CodeRunOutputName, check.CodeManagedImageID,
			check.CodeGalleryImageID, check.CodeVersioning, check.CodeVersionAndScheme, check.CodeRegions, check.CodeKnownValue,
			check.CodeSizes, check.CodeChecksum, check.CodeRunAsSystem, check.CodeSubnetID, check.CodeACISubnetAlone,
			check.CodeACISubnetPlace, check.CodeACIProxy, check.CodeVMIdentityID, check.CodeVHDURI, check.CodeResourceNames,
			check.CodePlaceholder, check.CodeSubscriptionID}, "whether a resource with such an id exists"},
	{"`Field 'distribute[0].type' has a bad value: ''`", "the type is unknown, or written in the wrong case",
		[]diag.Code{template.CodeUnknownType}, ""},
	{"`'ImageTemplate': Missing field 'identity'`", "there is no identity", []diag.Code{check.CodeIdentity, check.CodeNoIdentityOld}, ""},
	{"`'ImageTemplate.properties.distribute[0]': Missing field …`", "a required property is not there",
		[]diag.Code{template.CodeMissingProperty}, ""},
	{"`Unmarshalling entity encountered error`, `unknown field \"…\"`", "a property is unknown, in the wrong case, or of the wrong type",
		[]diag.Code{template.CodeUnknownProperty, template.CodePropertyCase, template.CodePropertyVersion, template.CodeWrongType}, ""},
	{"`NoCustomizerScript`, `NoValidatorScript`", "there is nothing to run", []diag.Code{check.CodeShellOneScript}, ""},
	{"`UnsupportedCustomizerType`", "a customizer is for another system than the source",
		[]diag.Code{check.CodeShellOnWindows, check.CodeWindowsOnLinux, check.CodeMixedSystems}, "the system of a gallery or managed image"},
	{"`UnsupportedValidatorType`", "a validator is for another system than the source",
		[]diag.Code{check.CodeValidatorSystem}, "the system of a gallery or managed image"},
	{"`BadPIRSource`", "the marketplace has no such image", []diag.Code{check.CodePlatformImage, check.CodeVersionForm},
		"which images there are"},
	{"`BadStagingResourceGroup`", "the staging group is not empty, in another region or subscription, another template's, or closed " +
		"to the identity", []diag.Code{check.CodeStagingID, check.CodeStagingNotEmpty, check.CodeSubscriptions},
		"what else is in the group, where it is, its tags, and the roles of the identity"},
	{"`authorization` on `Microsoft.Compute/disks/write` for `proxyVmDiskWin_…`",
		"the service itself needs a role on a staging group of yours, for Windows in a virtual network",
		[]diag.Code{check.CodeStagingProxy}, "whether it has the role"},
	{"`Downloading external file (…) … failed`", "the address cannot be reached, wants a right, or has ciphers that the service has not",
		[]diag.Code{check.CodePlaceholder, check.CodeURILocal, check.CodeURIBlob}, "whether it can be reached from Azure"},
	{"`'Conflict'. Details: Update/Upgrade of image templates is currently not supported`", "there is a template of this name, failed perhaps",
		nil, "which templates there are"},
	{"`The assigned managed identity cannot be used.`", "the identity was removed", nil, "the state of the identity"},
	{"`Not authorized to access the resource: …`", "the identity lacks a role", nil, "who has which role"},
	{"`ResourceDeploymentFailure`, `InternalOperationError`", "mostly a role is missing, or the staging group is another template's",
		nil, "who has which role, and the tags of the group"},
	{"`Build (Managed Image) step failed`, `StatusCode=403`", "the identity cannot read the source", nil, "who has which role"},
	{"`Build (Shared Image Version) step failed`, `404`", "the version is not there, or not in the region of the template", nil,
		"which versions there are, and where"},
	{"`Distribute target with Runoutput name … not found in the update request.`", "an update leaves a distributor out", nil,
		"what the template was before"},
	{"`ServerError`", "a fault of the service", nil, "it is not about the template"},
	{"`TooManyRequests`", "too many runs of the subscription are running or waiting", nil, "it is not about the template"},
}

// inTheRun are the errors of a run.
var inTheRun = []serviceError{
	{"`PackerBuildFailed`, `Packer build command has failed: exit status 1`", "a customizer failed",
		[]diag.Code{check.CodeFileDestination, check.CodeExitCodes, check.CodeURIPage, check.CodeHardenedSource, check.CodeUpdateCriteria,
			check.CodeUpdateRestart}, "most of what scripts do; rules ING22xx and ING23xx look into them"},
	{"`client_jwt will expire within 5 minutes`", "the build timeout is 1 to 5", []diag.Code{check.CodeBuildTimeout}, ""},
	{"`Timeout waiting for microservice to complete: 'context deadline exceeded'`", "the build timeout is over",
		[]diag.Code{check.CodeTimeoutWindows, check.CodeTimeoutOptimize, check.CodeRestartCommand}, "how long scripts take"},
	{"`Failed in distributing 1 images out of total 1`", "the replication outlived the timeout, or a target cannot be written",
		[]diag.Code{check.CodeTargetIsSource, check.CodeTargetTwice, check.CodeRegionSpelling, check.CodeRegionTwice, check.CodeTagLimits},
		"how long a replication takes, and which versions exist"},
	{"`Timeout waiting for machine to restart.`", "the restart takes longer than restartTimeout",
		[]diag.Code{check.CodeRestart2016, check.CodeRestartTimeout}, "how long a restart takes"},
	{"`Build 'azure-arm' errored: unexpected EOF`", "the VM is too small for Windows Update", []diag.Code{check.CodeUpdateVMSize}, ""},
	{"`Cancelling build after receiving terminated`", "the connection to the VM was lost, or the timeout is over",
		[]diag.Code{check.CodeTimeoutWindows, check.CodeTimeoutOptimize}, "what scripts do to the firewall: rules ING22xx and ING23xx"},
	{"`RequestDisallowedByPolicy`", "a policy of the subscription", nil, "the policies"},
	{"`Azure Container Instances provider not registered`, `quota exceeded`", "the subscription lacks something", nil,
		"the state of the subscription"},
}

// TestServiceErrors keeps docs/service-errors.md equal to the tables above. That the findings are found is shown by the
// pages of the rules, and by testdata/err.
func TestServiceErrors(t *testing.T) {
	known := map[diag.Code]bool{}
	for _, e := range ownCodes() {
		known[e.Code] = true
	}
	var b bytes.Buffer
	b.WriteString(`# What the service says, and which rule says it before

What people meet when they send an image template to the service or run it there, and the findings of ` + "`ingot validate`" + ` that tell
of the same fault before. Some faults are not in the template, and cannot be known from it; the last column says which.
` + "`ingot explain CODE`" + ` has more about each finding. This page is made from a table beside the rules; after a change run
` + "`go test ./translate/check -run ServiceErrors -update`" + `.
`)
	section := func(title string, rows []serviceError) {
		fmt.Fprintf(&b, "\n## %s\n\n| the service says | it means | found by | not known from the template |\n| --- | --- | --- | --- |\n", title)
		for _, row := range rows {
			var codes []string
			for _, code := range row.codes {
				if !known[code] {
					t.Errorf("%s: %s is not a finding about image templates", row.says, code)
				}
				codes = append(codes, string(code))
			}
			if len(codes) == 0 && row.rest == "" {
				t.Errorf("%s: neither a finding, nor why there is none", row.says)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.says, row.means, strings.Join(codes, ", "), row.rest)
		}
	}
	section("When a template is sent", atSubmission)
	section("When it runs", inTheRun)
	file := filepath.Join("..", "..", "docs", "service-errors.md")
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("docs/service-errors.md is not up to date (-want +got):\n%s", diff)
	}
}
