package check_test

import (
	"fmt"
	"testing"

	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
)

const (
	inSubscription = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/"
	inGroup        = inSubscription + "images/providers/"
	gallery        = inGroup + "Microsoft.Compute/galleries/shared/images/"
	network        = inSubscription + "network/providers/Microsoft.Network/virtualNetworks/"
)

// TestEdges has what is just beyond the examples on the pages: how many findings of a rule there are.
func TestEdges(t *testing.T) {
	shared := func(more string) string {
		return `{"properties": {"distribute": [{"type": "SharedImage", "runOutputName": "v", "galleryImageId": "` + gallery + `web"` + more + `}]}}`
	}
	customize := func(list string) string { return `{"properties": {"customize": [` + list + `]}}` }
	gallerySource := `"source": {"type": "SharedImageVersion", "imageVersionId": "` + gallery + `web/versions/%s"}`
	vnet := func(members string) string { return `{"properties": {"vmProfile": {"vnetConfig": {` + members + `}}}}` }
	update := func(members string) string { return customize(`{"type": "WindowsUpdate"` + members + `}`) }
	restart := func(members string) string { return customize(`{"type": "WindowsRestart"` + members + `}`) }
	script := func(members string) string { return customize(`{"type": "Shell", ` + members + `}`) }
	tags := func(n int) string {
		list := ""
		for i := range n {
			list += fmt.Sprintf(`"t%d": "", `, i)
		}
		return `{"tags": {` + list[:len(list)-2] + `}}`
	}
	for _, tc := range []struct {
		name string
		code diag.Code
		want int
		part string
	}{
		{"mixed systems on a marketplace image", check.CodeMixedSystems, 0,
			customize(`{"type": "Shell", "inline": ["a"]}, {"type": "PowerShell", "inline": ["a"]}`)},
		{"one finding for many mixed customizers", check.CodeMixedSystems, 1, `{"properties": {` + fmt.Sprintf(gallerySource, "1.0.0") +
			`, "customize": [{"type": "Shell", "inline": ["a"]}, {"type": "WindowsRestart"}, {"type": "WindowsRestart"}]}}`},
		{"files go with both systems", check.CodeMixedSystems, 0, `{"properties": {` + fmt.Sprintf(gallerySource, "1.0.0") +
			`, "customize": [{"type": "File", "sourceUri": "a", "destination": "/tmp/a"}, {"type": "WindowsRestart"}]}}`},
		{"a validator beside mixed customizers", check.CodeValidatorSystem, 0, `{"properties": {` + fmt.Sprintf(gallerySource, "1.0.0") +
			`, "customize": [{"type": "Shell", "inline": ["a"]}, {"type": "WindowsRestart"}],
			 "validate": {"inVMValidations": [{"type": "PowerShell", "inline": ["a"]}]}}}`},
		{"a validator unlike the customizers", check.CodeValidatorSystem, 1, `{"properties": {` + fmt.Sprintf(gallerySource, "1.0.0") +
			`, "customize": [{"type": "WindowsRestart"}], "validate": {"inVMValidations": [{"type": "Shell", "inline": ["a"]}]}}}`},
		{"validate is an empty object", check.CodeValidateNothing, 1, `{"properties": {"validate": {}}}`},
		{"there is no validate", check.CodeValidateNothing, 0, `{"properties": {}}`},
		{"only the source, and no customizers", check.CodeSourceValidationOnly, 0, `{"properties": {"validate": {"sourceValidationOnly": true}}}`},
		{"a workload that is off, with its script", check.CodeWorkloadScript, 1,
			`{"apiVersion": "2025-10-01", "properties": {"optimize": {"workload": {"state": "Disabled", "scriptUri": "https://example.com/a"}}}}`},
		{"as the system, and elevated is false", check.CodeRunAsSystem, 1,
			customize(`{"type": "PowerShell", "inline": ["a"], "runAsSystem": true, "runElevated": false}`)},
		{"a validator as the system", check.CodeRunAsSystem, 1,
			`{"properties": {"validate": {"inVMValidations": [{"type": "PowerShell", "inline": ["a"], "runAsSystem": true}]}}}`},
		{"not as the system", check.CodeRunAsSystem, 0, customize(`{"type": "PowerShell", "inline": ["a"], "runAsSystem": false}`)},
		{"a validator with both scripts", check.CodeShellOneScript, 1, `{"properties": {"validate": {"inVMValidations": [
			{"type": "Shell", "inline": ["a"], "scriptUri": "https://example.com/a"}]}}}`},
		{"a validator with a wrong checksum", check.CodeChecksum, 1, `{"properties": {"validate": {"inVMValidations": [
			{"type": "File", "sourceUri": "https://example.com/a", "destination": "/tmp/a", "sha256Checksum": "ab"}]}}}`},
		{"a validator with a file elsewhere", check.CodeFileDestination, 1, `{"properties": {"validate": {"inVMValidations": [
			{"type": "File", "sourceUri": "https://example.com/a", "destination": "/etc/a"}]}}}`},
		{"a workload with a wrong checksum", check.CodeChecksum, 1, `{"apiVersion": "2025-10-01", "properties": {"optimize": {"workload":
			{"state": "Enabled", "scriptUri": "https://example.com/a", "sha256Checksum": "ab"}}}}`},
		{"60 minutes for Windows", check.CodeTimeoutWindows, 0, `{"properties": {"buildTimeoutInMinutes": 60, "customize": [{"type": "WindowsRestart"}]}}`},
		{"the default timeout for Windows", check.CodeTimeoutWindows, 0, `{"properties": {"buildTimeoutInMinutes": 0, "customize": [{"type": "WindowsRestart"}]}}`},
		{"no timeout at all is another rule", check.CodeTimeoutWindows, 0, `{"properties": {"buildTimeoutInMinutes": 3, "customize": [{"type": "WindowsRestart"}]}}`},
		{"latest, and the results do not count", check.CodeSameDefinition, 0, `{"properties": {` + fmt.Sprintf(gallerySource, "latest") +
			`, "distribute": [{"type": "SharedImage", "runOutputName": "v", "galleryImageId": "` + gallery + `web", "excludeFromLatest": true}]}}`},
		{"latest, in another case", check.CodeSameDefinition, 1, `{"properties": {` + fmt.Sprintf(gallerySource, "Latest") +
			`, "distribute": [{"type": "SharedImage", "runOutputName": "v", "galleryImageId": "` + gallery + `WEB/versions/2.0.0"}]}}`},
		{"a version of the same definition", check.CodeSameDefinition, 0, `{"properties": {` + fmt.Sprintf(gallerySource, "1.0.0") +
			`, "distribute": [{"type": "SharedImage", "runOutputName": "v", "galleryImageId": "` + gallery + `web"}]}}`},
		{"an empty subnet", check.CodeSubnetID, 0, vnet(`"subnetId": ""`)},
		{"a subnet to be filled in", check.CodeSubnetID, 0, vnet(`"subnetId": "<subnet>"`)},
		{"a subnet in another case, with a slash at the end", check.CodeSubnetID, 0,
			vnet(`"subnetId": "` + inSubscription + `NETWORK/providers/microsoft.network/VirtualNetworks/a/Subnets/b/"`)},
		{"a container without a build subnet, which is empty", check.CodeACISubnetAlone, 1,
			vnet(`"subnetId": "", "containerInstanceSubnetId": "` + network + `a/subnets/b"`)},
		{"one subnet for both", check.CodeACISubnetPlace, 1,
			vnet(`"subnetId": "` + network + `a/subnets/b", "containerInstanceSubnetId": "` + network + `a/Subnets/B"`)},
		{"two subnets of a network in another case", check.CodeACISubnetPlace, 0,
			vnet(`"subnetId": "` + network + `a/subnets/b", "containerInstanceSubnetId": "` + network + `A/subnets/c"`)},
		{"no proxy, said by an empty text", check.CodeACIProxy, 0, vnet(`"subnetId": "` + network + `a/subnets/b", "proxyVmSize": "",
			"containerInstanceSubnetId": "` + network + `a/subnets/c"`)},
		{"a group of the service's making", check.CodeStagingID, 0, `{"properties": {"stagingResourceGroup": ""}}`},
		{"a group whose name ends in a dot", check.CodeStagingID, 1, `{"properties": {"stagingResourceGroup": "` + inSubscription + `a."}}`},
		{"a resource in place of a group", check.CodeStagingID, 1, `{"properties": {"stagingResourceGroup": "` + inGroup + `A/b/c"}}`},
		{"the group of the network", check.CodeStagingNotEmpty, 1, `{"properties": {"stagingResourceGroup": "` + inSubscription +
			`Network", "vmProfile": {"vnetConfig": {"subnetId": "` + network + `a/subnets/b"}}}}`},
		{"the group of the image to make", check.CodeStagingNotEmpty, 0, `{"properties": {"stagingResourceGroup": "` + inSubscription +
			`a", "distribute": [{"type": "ManagedImage", "runOutputName": "i", "location": "westeurope", "imageId": "` + inSubscription +
			`a/providers/Microsoft.Compute/images/b"}]}}`},
		{"50 tags", check.CodeTagLimits, 0, tags(50)},
		{"51 tags", check.CodeTagLimits, 1, tags(51)},
		{"a tag to be filled in", check.CodeTagLimits, 0, `{"tags": {"<name>": "a"}}`},
		{"the tags of a VHD", check.CodeTagLimits, 0,
			`{"properties": {"distribute": [{"type": "VHD", "runOutputName": "v", "artifactTags": {"a/b": "c"}}]}}`},
		{"a region in other words", check.CodeRegionTwice, 1, shared(`, "replicationRegions": ["West Europe", "westeurope"]`)},
		{"a region with blanks", check.CodeLocation, 0, `{"location": "West US 2"}`},
		{"no region", check.CodeLocation, 1, `{"location": ""}`},
		{"a region to be filled in", check.CodeLocation, 0, `{"location": "$(region)"}`},
		{"a region of Azure without image templates", check.CodeRegionSpelling, 0, shared(`, "targetRegions": [{"name": "spaincentral"}]`)},
		{"a region that is like none", check.CodeRegionSpelling, 0, shared(`, "targetRegions": [{"name": "atlantis"}]`)},
		{"old regions before there were others", check.CodeRegionsOld, 0,
			`{"apiVersion": "2020-02-14", "properties": {"distribute": [{"type": "SharedImage", "runOutputName": "v", "galleryImageId": "` + gallery +
				`web", "replicationRegions": ["westeurope"]}]}}`},
		{"a trigger on a managed image", check.CodeTriggerSource, 1, `{"resources": [{"type": "triggers", "apiVersion": "2024-02-01", "name": "a",
			"properties": {"kind": "SourceImage"}}], "properties": {"source": {"type": "ManagedImage", "imageId": "` + inGroup + `Microsoft.Compute/images/a"}}}`},
		{"a trigger on its own results", check.CodeTriggerTarget, 1, `{"resources": [{"type": "triggers", "apiVersion": "2024-02-01", "name": "a",
			"properties": {"kind": "SourceImage"}}], "properties": {` + fmt.Sprintf(gallerySource, "latest") +
			`, "distribute": [{"type": "SharedImage", "runOutputName": "v", "galleryImageId": "` + gallery + `web"}]}}`},
		{"two automatic versions", check.CodeTargetTwice, 1, `{"properties": {"distribute": [
			{"type": "SharedImage", "runOutputName": "a", "galleryImageId": "` + gallery + `web"},
			{"type": "SharedImage", "runOutputName": "b", "galleryImageId": "` + gallery + `Web/"}]}}`},
		{"two VHDs in the staging account", check.CodeTargetTwice, 0, `{"properties": {"distribute": [
			{"type": "VHD", "runOutputName": "a"}, {"type": "VHD", "runOutputName": "b", "uri": ""}]}}`},
		{"a container for a VHD", check.CodeVHDURI, 0,
			`{"properties": {"distribute": [{"type": "VHD", "runOutputName": "a", "uri": "https://a.blob.core.windows.net/disks"}]}}`},
		{"filters that include", check.CodeUpdateNone, 0, update(`, "filters": ["include:$_.Title -like '*Security*'"]`)},
		{"no filters", check.CodeUpdateNone, 0, update(`, "filters": []`)},
		{"criteria of the documentation", check.CodeUpdateCriteria, 0, update(`, "searchCriteria": "BrowseOnly=0 and IsInstalled=0"`)},
		{"criteria in parentheses", check.CodeUpdateCriteria, 0,
			update(`, "searchCriteria": "(IsInstalled=0 and Type='Software') or (DeploymentAction = 'Uninstallation' AND CategoryIDs contains 'a b')"`)},
		{"criteria with a parenthesis too many", check.CodeUpdateCriteria, 1, update(`, "searchCriteria": "(IsInstalled=0"`)},
		{"criteria that are a sentence", check.CodeUpdateCriteria, 1, update(`, "searchCriteria": "all updates"`)},
		{"updates, then a script", check.CodeUpdateRestart, 0, customize(`{"type": "WindowsUpdate"}, {"type": "PowerShell", "inline": ["a"]}`)},
		{"a negative limit", check.CodeSizes, 1, update(`, "updateLimit": -1`)},
		{"a timeout of an hour and a half", check.CodeRestartTimeout, 0, restart(`, "restartTimeout": "1h30m"`)},
		{"a timeout without a unit", check.CodeRestartTimeout, 1, restart(`, "restartTimeout": "5"`)},
		{"a timeout of nothing", check.CodeRestartTimeout, 1, restart(`, "restartTimeout": "0s"`)},
		{"a restart with a dash", check.CodeRestartCommand, 0, restart(`, "restartCommand": "shutdown.exe -R -t 0"`)},
		{"a restart by PowerShell", check.CodeRestartCommand, 0, restart(`, "restartCommand": "powershell Restart-Computer"`)},
		{"no valid exit codes", check.CodeExitCodes, 0, customize(`{"type": "PowerShell", "inline": ["a"], "validExitCodes": []}`)},
		{"the largest exit code", check.CodeExitCodeRange, 0, customize(`{"type": "PowerShell", "inline": ["a"], "validExitCodes": [0, 2147483647]}`)},
		{"an empty checksum", check.CodeChecksumMissing, 1, script(`"scriptUri": "https://example.com/a", "sha256Checksum": ""`)},
		{"a path has no checksum to miss", check.CodeChecksumMissing, 0, script(`"scriptUri": "a.sh"`)},
		{"plain http with a checksum", check.CodeURIHTTP, 0, script(`"scriptUri": "http://example.com/a", "sha256Checksum": "ab"`)},
		{"a password", check.CodeURISecret, 1, script(`"scriptUri": "https://me:secret@example.com/a"`)},
		{"a user without a password", check.CodeURISecret, 0, script(`"scriptUri": "https://me@example.com/a"`)},
		{"a signature to be filled in", check.CodeURISecret, 0, script(`"scriptUri": "https://a.blob.core.windows.net/b?sig=xxxx"`)},
		{"a folder of GitHub", check.CodeURIPage, 0, script(`"scriptUri": "https://github.com/a/b/tree/main/c"`)},
		{"a page that is asked for raw", check.CodeURIPage, 0, script(`"scriptUri": "https://github.com/a/b/blob/main/c.sh?raw=true"`)},
		{"a release of GitHub", check.CodeURIPage, 0, script(`"scriptUri": "https://github.com/a/b/releases/download/v1/c.sh"`)},
		{"a blob with a signature", check.CodeURIBlob, 0, script(`"scriptUri": "https://abc.blob.core.windows.net/b?sig=c2ln"`)},
		{"a file in place of the script for Windows", check.CodeDeprovisionPath, 1,
			customize(`{"type": "File", "sourceUri": "https://example.com/a", "destination": "C:\\DeprovisioningScript.ps1"}`)},
		{"a validator named as a customizer", check.CodeNameTwice, 0, `{"properties": {"customize": [{"type": "Shell", "name": "a", "inline": ["a"]}],
			"validate": {"inVMValidations": [{"type": "Shell", "name": "a", "inline": ["a"]}]}}}`},
		{"a definition with a dash", check.CodeResourceNames, 0, shared(``)},
		{"a definition that begins with a dash", check.CodeResourceNames, 1,
			`{"properties": {"distribute": [{"type": "SharedImage", "runOutputName": "v", "galleryImageId": "` + gallery + `-web"}]}}`},
		{"a subscription to be filled in", check.CodeSubscriptionID, 0,
			`{"properties": {"stagingResourceGroup": "/subscriptions/<subscription>/resourceGroups/a"}}`},
		{"a size in lower case", check.CodeVMSize, 0, `{"properties": {"vmProfile": {"vmSize": "standard_d2s_v3"}}}`},
		{"an old size", check.CodeVMSize, 0, `{"properties": {"vmProfile": {"vmSize": "Basic_A1"}}}`},
		{"a small disk of Windows", check.CodeDiskShrinks, 0, `{"properties": {"vmProfile": {"osDiskSizeGB": 64}, "source": {"type": "PlatformImage",
			"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-smalldisk-g2", "version": "latest"}}}`},
		{"a disk of a size that is not known", check.CodeDiskShrinks, 0, `{"properties": {"vmProfile": {"osDiskSizeGB": 8}}}`},
		{"latest in capitals", check.CodeVersionForm, 0, `{"properties": {"source": {"type": "PlatformImage", "publisher": "a", "offer": "b", "sku": "c",
			"version": "Latest"}}}`},
		{"four parts", check.CodeVersionForm, 1, `{"properties": {"source": {"type": "PlatformImage", "publisher": "a", "offer": "b", "sku": "c",
			"version": "1.2.3.4"}}}`},
		{"an api-version without identity, and not retired", check.CodeVersionRetired, 0, `{"apiVersion": "2019-05-01-preview"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found := editable(t, tc.part)
			got := 0
			for _, d := range found {
				if d.Code == tc.code {
					got++
				}
			}
			if got != tc.want {
				t.Errorf("%d findings %s, want %d:\n%s", got, tc.code, tc.want, render(found))
			}
		})
	}
}
