package lower

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// known refuses a template when the build needs a value that is not known before the deployment.
//
// The build needs what decides the image, where it goes and how it is found, and whatever translate/check might have to refuse:
// "Enabled" of an optimization that no Packer template can do is refused, so it has to be known that it is not "Enabled".
//
// Two kinds of values are left out when they are not known, with a warning, since a guess would be wrong. What is recorded with an
// image and decides nothing (regions, artifact tags, the replication mode). And what only has a meaning in Azure (location,
// identities, staging group and managed tags of the image template; size, network and identities of the build VM; the purchase plan):
// whoever builds elsewhere need not hear of it, so it has a code of its own.
//
// Tags of the image template are of no effect on an image. The label of a customizer names a step, which goes by its place without
// one. The caller names the plan, so the name of the image template may be missing too.
func (l *lowering) known() {
	t := l.t
	l.need(t.APIVersion.Written, "apiVersion") // it decides how everything else is read
	l.needSource()
	l.need(t.Customize.Written, "properties.customize")
	for _, c := range t.Customize.Value {
		l.needStep(c, c.Base().Path)
	}
	l.need(t.Distribute.Written, "properties.distribute")
	for _, d := range t.Distribute.Value {
		l.needDistributor(d)
	}
	l.need(t.BuildTimeout.Written, "properties.buildTimeoutInMinutes")
	l.need(t.VMProfile.OSDiskSizeGB.Written, "properties.vmProfile.osDiskSizeGB")
	l.need(t.DataDisks.Written, "properties.additionalDataDisks")
	for i, d := range t.DataDisks.Value {
		l.need(d.SizeGB.Written, fmt.Sprintf("properties.additionalDataDisks[%d].sizeGB", i))
	}
	l.need(t.ErrorHandling.OnCustomizerError.Written, "properties.errorHandling.onCustomizerError")
	l.need(t.ErrorHandling.OnValidationError.Written, "properties.errorHandling.onValidationError")
	l.need(t.Optimize.VMBootState.Written, "properties.optimize.vmBoot.state")
	l.need(t.Optimize.WorkloadState.Written, "properties.optimize.workload.state")
	l.needValidation()
	l.need(t.AutoRunState.Written, "properties.autoRun.state") // a build on this machine refuses "Enabled"
	l.azure()
	l.reportUnknowns()
}

func (l *lowering) needValidation() {
	v := l.t.Validate
	l.need(v.SourceValidationOnly.Written, "properties.validate.sourceValidationOnly")
	l.need(v.InVMValidations.Written, "properties.validate.inVMValidations")
	for _, validator := range v.InVMValidations.Value {
		l.needStep(validator, validator.Base().Path)
	}
	if len(v.InVMValidations.Value) > 0 {
		l.need(v.ContinueDistributeOnFailure.Written, "properties.validate.continueDistributeOnFailure")
	}
}

// azure notes what of lowerAzure and of the purchase plan is not known.
func (l *lowering) azure() {
	t, vm, network := l.t, l.t.VMProfile, l.t.VMProfile.VNetConfig
	l.azureOnly(t.Location.Written, "location")
	l.azureOnly(t.Identity.Type.Written, "identity.type")
	l.azureList(t.Identity.UserAssigned, "identity.userAssignedIdentities")
	l.azureOnly(vm.VMSize.Written, "properties.vmProfile.vmSize")
	l.azureList(vm.UserAssignedIdentity, "properties.vmProfile.userAssignedIdentities")
	l.azureOnly(network.SubnetID.Written, "properties.vmProfile.vnetConfig.subnetId")
	l.azureOnly(network.ContainerInstanceSubnetID.Written, "properties.vmProfile.vnetConfig.containerInstanceSubnetId")
	l.azureOnly(network.ProxyVMSize.Written, "properties.vmProfile.vnetConfig.proxyVmSize")
	l.azureOnly(network.Name.Written, "properties.vmProfile.vnetConfig.name")
	l.azureOnly(network.SubnetName.Written, "properties.vmProfile.vnetConfig.subnetName")
	l.azureOnly(network.ResourceGroupName.Written, "properties.vmProfile.vnetConfig.resourceGroupName")
	l.azureOnly(t.StagingResourceGroup.Written, "properties.stagingResourceGroup")
	l.azureOnly(t.ManagedResourceTags.Written, "properties.managedResourceTags")
	for _, tag := range t.ManagedResourceTags.Value {
		l.azureOnly(tag.Key.Written, "properties.managedResourceTags")
		l.azureOnly(tag.Value.Written, "properties.managedResourceTags."+tag.Key.Value)
	}
	if s, ok := t.Source.(*template.PlatformImage); ok {
		l.azureOnly(s.PlanInfo.Written, sourcePath+".planInfo")
		l.azureOnly(s.PlanInfo.Name.Written, sourcePath+".planInfo.planName")
		l.azureOnly(s.PlanInfo.Product.Written, sourcePath+".planInfo.planProduct")
		l.azureOnly(s.PlanInfo.Publisher.Written, sourcePath+".planInfo.planPublisher")
	}
}

func (l *lowering) azureList(list template.List[template.String], path string) {
	l.azureOnly(list.Written, path)
	for i, s := range list.Value {
		l.azureOnly(s.Written, fmt.Sprintf("%s[%d]", path, i))
	}
}

func (l *lowering) needSource() {
	property := func(name string) string { return sourcePath + "." + name }
	switch s := l.t.Source.(type) {
	case *template.PlatformImage:
		l.need(s.Publisher.Written, property("publisher"))
		l.need(s.Offer.Written, property("offer"))
		l.need(s.SKU.Written, property("sku"))
		l.need(s.Version.Written, property("version"))
	case *template.ManagedImage:
		l.need(s.ImageID.Written, property("imageId"))
	case *template.SharedImageVersion:
		l.need(s.ImageVersionID.Written, property("imageVersionId"))
	case *template.UnknownSource:
		l.need(s.Type.Written, sourcePath)
	}
}

// needStep is about a customizer or a validator.
func (l *lowering) needStep(c any, path string) {
	switch c := c.(type) {
	case *template.Shell:
		l.needScript(c.Script, path)
	case *template.PowerShell:
		l.needScript(c.Script, path)
		l.need(c.RunElevated.Written, path+".runElevated")
		l.need(c.RunAsSystem.Written, path+".runAsSystem")
		l.need(c.ValidExitCodes.Written, path+".validExitCodes")
		for i, code := range c.ValidExitCodes.Value {
			l.need(code.Written, fmt.Sprintf("%s.validExitCodes[%d]", path, i))
		}
	case *template.File:
		l.need(c.SourceURI.Written, path+".sourceUri")
		l.need(c.SHA256Checksum.Written, path+".sha256Checksum")
		l.need(c.Destination.Written, path+".destination")
	case *template.WindowsRestart:
		l.need(c.RestartCommand.Written, path+".restartCommand")
		l.need(c.RestartCheckCommand.Written, path+".restartCheckCommand")
		l.need(c.RestartTimeout.Written, path+".restartTimeout")
	case *template.WindowsUpdate:
		l.need(c.SearchCriteria.Written, path+".searchCriteria")
		l.need(c.Filters.Written, path+".filters")
		for i, filter := range c.Filters.Value {
			l.need(filter.Written, fmt.Sprintf("%s.filters[%d]", path, i))
		}
		l.need(c.UpdateLimit.Written, path+".updateLimit")
	case *template.UnknownCustomizer:
		l.need(c.Type.Written, path)
	case *template.UnknownValidator:
		l.need(c.Type.Written, path)
	}
}

func (l *lowering) needScript(s template.Script, path string) {
	l.need(s.Inline.Written, path+".inline")
	for i, line := range s.Inline.Value {
		l.need(line.Written, fmt.Sprintf("%s.inline[%d]", path, i))
	}
	l.need(s.ScriptURI.Written, path+".scriptUri")
	l.need(s.SHA256Checksum.Written, path+".sha256Checksum")
}

func (l *lowering) needDistributor(d template.Distributor) {
	path := d.Base().Path
	l.need(d.Base().RunOutputName.Written, path+".runOutputName")
	l.record(d.Base().ArtifactTags.Written, path+".artifactTags")
	for _, tag := range d.Base().ArtifactTags.Value {
		l.record(tag.Key.Written, path+".artifactTags")
		l.record(tag.Value.Written, path+".artifactTags."+tag.Key.Value)
	}
	switch d := d.(type) {
	case *template.DistributeManagedImage:
		l.need(d.ImageID.Written, path+".imageId")
		l.record(d.Location.Written, path+".location")
	case *template.DistributeSharedImage:
		l.need(d.GalleryImageID.Written, path+".galleryImageId")
		l.need(d.Versioning.Scheme.Written, path+".versioning.scheme")
		l.need(d.Versioning.Major.Written, path+".versioning.major")
		l.need(d.ExcludeFromLatest.Written, path+".excludeFromLatest") // it decides what "latest" means in the local gallery
		l.record(d.ReplicationMode.Written, path+".replicationMode")
		l.recordRegions(d)
	case *template.DistributeVHD:
		l.need(d.URI.Written, path+".uri")
	case *template.UnknownDistributor:
		l.need(d.Type.Written, path)
	}
}

func (l *lowering) recordRegions(d *template.DistributeSharedImage) {
	l.record(d.ReplicationRegions.Written, d.Path+".replicationRegions")
	for i, r := range d.ReplicationRegions.Value {
		l.record(r.Written, fmt.Sprintf("%s.replicationRegions[%d]", d.Path, i))
	}
	l.record(d.StorageAccountType.Written, d.Path+".storageAccountType")
	l.record(d.TargetRegions.Written, d.Path+".targetRegions")
	for i, r := range d.TargetRegions.Value {
		path := fmt.Sprintf("%s.targetRegions[%d]", d.Path, i)
		l.record(r.Name.Written, path+".name")
		l.record(r.ReplicaCount.Written, path+".replicaCount")
		l.record(r.StorageAccountType.Written, path+".storageAccountType")
	}
}

// unknown is a value that is not known, and wanted.
type unknown struct {
	template.Written
	path string
	code diag.Code // what comes of it
}

// need notes a value that there is no plan without.
func (l *lowering) need(w template.Written, path string) { l.want(w, path, CodeNotKnown) }

// record notes a value that is left out of the plan when it is not known.
func (l *lowering) record(w template.Written, path string) { l.want(w, path, CodeLeftOut) }

// azureOnly notes a value that is left out likewise, and has no meaning outside Azure.
func (l *lowering) azureOnly(w template.Written, path string) { l.want(w, path, CodeAzureLeftOut) }

func (l *lowering) want(w template.Written, path string, code diag.Code) {
	if !w.IsKnown() {
		l.unknowns = append(l.unknowns, unknown{w, path, code})
	}
}

// cause is why a value is not known. One finding speaks of all values that have the same cause.
type cause struct {
	code                diag.Code
	supplied, why, form string
	at                  diag.Range
}

// cause tells causes apart by what would supply the value, or, when nothing would, by the value itself.
func (u unknown) cause() cause {
	if m := u.Unknown; m.Fix == "" {
		return cause{code: u.code, why: m.Why, form: m.Form, at: m.At}
	}
	return cause{code: u.code, supplied: u.Unknown.Fix}
}

// reportUnknowns makes the findings about values that are not known.
func (l *lowering) reportUnknowns() {
	first := map[cause]int{} // index of the finding
	for _, u := range l.unknowns {
		c, name := u.cause(), u.path[strings.LastIndexByte(u.path, '.')+1:]
		if i, ok := first[c]; ok {
			d := &l.diags[i]
			if last := d.Related[max(len(d.Related)-1, 0):]; d.Subject != u.Range && (len(last) == 0 || last[0].Range != u.Range) {
				d.Related = append(d.Related, diag.Note{Message: fmt.Sprintf("so is %q", name), Range: u.Range})
			}
			continue
		}
		first[c] = len(l.diags)
		l.diags.Add(u.finding(name))
	}
}

// finding does not show the evaluated expression, since values of secure parameters may be in it. deployment.Trace adds the
// expression as it is written.
func (u unknown) finding(name string) diag.Diagnostic {
	d := diag.Diagnostic{
		Severity: diag.Error, Code: u.code, Subject: u.Range, Path: u.path,
		Summary: fmt.Sprintf("%q is not known before the deployment", name), Why: u.Unknown.Why,
		Fix: cmp.Or(u.Unknown.Fix, "write the value in its place"),
	}
	if u.code != CodeNotKnown {
		d.Severity, d.Summary = diag.Warning, fmt.Sprintf("%q is not known before the deployment, and left out", name)
	}
	return d
}
