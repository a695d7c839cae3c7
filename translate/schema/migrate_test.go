package schema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/schema"
)

// TestReplacementsAreInTables makes sure that what replaced what begins and ends as the tables say.
func TestReplacementsAreInTables(t *testing.T) {
	for _, r := range schema.Replacements() {
		typ := schema.Lookup(r.Type)
		i := slices.Index(schema.Versions(), r.Since)
		if typ == nil || i < 1 {
			t.Errorf("%+v: no such type or version", r)
			continue
		}
		before := schema.Versions()[i-1]
		for _, old := range r.Old {
			if !slices.Contains(typ.Names(before), old) {
				t.Errorf("%s %q is not in %s", r.Type, old, before)
			}
			if slices.Contains(typ.Names(r.Since), old) != r.Both {
				t.Errorf("%s %q in %s: want %v", r.Type, old, r.Since, r.Both)
			}
		}
		if !slices.Contains(typ.Names(r.Since), r.New) {
			t.Errorf("%s %q is not in %s", r.Type, r.New, r.Since)
		}
	}
}

// line shows a change, without the names' prefix that all types have.
func line(c schema.Change) string {
	where := strings.TrimPrefix(c.Type, "ImageTemplate") + "." + c.Name
	if c.Variant {
		where = strings.TrimPrefix(c.Type, "ImageTemplate") + " " + c.Name
	}
	what := map[schema.ChangeKind]string{schema.Added: "+ ", schema.Removed: "- ", schema.Renamed: "> ", schema.Altered: "~ "}[c.Kind]
	s := what + where
	if c.NewName != "" {
		s += " to " + c.NewName
	}
	if c.Kind == schema.Altered && c.Before.Required != c.After.Required {
		s += fmt.Sprintf(" required %v", c.After.Required)
	}
	if c.Kind == schema.Added && c.After != nil && c.After.Required {
		s += " required"
	}
	if c.Kind == schema.Altered && len(c.Before.OneOf) != len(c.After.OneOf) {
		s += fmt.Sprintf(" %d to %d values", len(c.Before.OneOf), len(c.After.OneOf))
	}
	return s
}

// TestChanges walks through the versions, one step at a time. The lists were written from the history of the API.
func TestChanges(t *testing.T) {
	steps := map[string]string{
		"2019-02-01-preview": `
> Customizer shell to Shell
+ Customizer PowerShell
+ Customizer WindowsRestart
> Distributor managedImage to ManagedImage
> Distributor sharedImage to SharedImage
+ Distributor VHD
+ ShellCustomizer.inline
+ Source ManagedImage`,
		"2019-05-01-preview": `
+ Customizer File
+ Customizer WindowsUpdate
> IsoSource.sourceURI to sourceUri
> ManagedImageDistributor.tags to artifactTags
~ ManagedImageDistributor.runOutputName
+ PowerShellCustomizer.runElevated
> PowerShellCustomizer.script to scriptUri
+ PowerShellCustomizer.sha256Checksum
+ Properties.buildTimeoutInMinutes
+ Properties.vmProfile
> SharedImageDistributor.tags to artifactTags
~ SharedImageDistributor.runOutputName
> ShellCustomizer.script to scriptUri
+ ShellCustomizer.sha256Checksum
+ Source SharedImageVersion
> VhdDistributor.tags to artifactTags
~ VhdDistributor.runOutputName
+ imageTemplates.identity
~ imageTemplates.name`,
		"2020-02-14": `
+ PlatformImageSource.planInfo
+ PowerShellCustomizer.runAsSystem
+ SharedImageDistributor.excludeFromLatest
+ SharedImageDistributor.storageAccountType
- Source ISO
- VirtualNetworkConfig.name
- VirtualNetworkConfig.resourceGroupName
+ VirtualNetworkConfig.subnetId
- VirtualNetworkConfig.subnetName
~ imageTemplates.identity required true`,
		"2021-10-01": `
+ VirtualNetworkConfig.proxyVmSize
+ VmProfile.userAssignedIdentities`,
		"2022-02-14": `
+ Properties.stagingResourceGroup
+ Properties.validate`,
		"2022-07-01": `
+ InVMValidator File
+ Properties.optimize
~ SharedImageDistributor.replicationRegions required false
~ SharedImageDistributor.storageAccountType 2 to 3 values
+ SharedImageDistributor.targetRegions
+ SharedImageDistributor.versioning
+ VhdDistributor.uri
+ imageTemplates.resources`,
		"2023-07-01": `
+ Properties.errorHandling`,
		"2024-02-01": `
+ Properties.autoRun
+ Properties.managedResourceTags
+ VirtualNetworkConfig.containerInstanceSubnetId`,
		"2025-10-01": `
+ Properties.additionalDataDisks
+ PropertiesOptimize.workload
+ SharedImageDistributor.replicationMode`,
	}
	versions := schema.Versions()
	for i, to := range versions[1:] {
		t.Run(to, func(t *testing.T) {
			var got []string
			for _, c := range schema.Changes(versions[i], to) {
				got = append(got, line(c))
			}
			want := strings.Split(strings.TrimPrefix(steps[to], "\n"), "\n")
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("since %s (-want +got):\n%s", versions[i], diff)
			}
		})
	}
}

// TestChangesBothWays: what a step adds, the step back removes. Tags are left out: the versions that had them take artifactTags as
// well, so that there is nothing to rename on the way back.
func TestChangesBothWays(t *testing.T) {
	opposite := map[schema.ChangeKind]schema.ChangeKind{
		schema.Added: schema.Removed, schema.Removed: schema.Added, schema.Renamed: schema.Renamed, schema.Altered: schema.Altered,
	}
	for _, from := range schema.Versions() {
		for _, to := range schema.Versions() {
			var there, back []string
			for _, c := range schema.Changes(from, to) {
				if c.NewName == "artifactTags" {
					continue
				}
				there = append(there, fmt.Sprint(c.Kind, c.Type, c.Name, c.NewName))
			}
			for _, c := range schema.Changes(to, from) {
				if c.NewName == "artifactTags" {
					continue
				}
				if c.Kind == schema.Renamed {
					c.Name, c.NewName = c.NewName, c.Name
				}
				back = append(back, fmt.Sprint(opposite[c.Kind], c.Type, c.Name, c.NewName))
			}
			slices.Sort(there)
			slices.Sort(back)
			if diff := cmp.Diff(there, back); diff != "" {
				t.Errorf("%s to %s, and back:\n%s", from, to, diff)
			}
			if from == to && len(there) > 0 {
				t.Errorf("%s differs from itself: %q", from, there)
			}
		}
	}
}
