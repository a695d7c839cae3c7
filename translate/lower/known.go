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
// "abort" is refused, so it has to be known that onCustomizerError is not "abort".
//
// It does not need what only has a meaning in Azure: location, tags, identity and staging group of the image template, size,
// network and identities of the build VM, purchase plans. Nor the label of a customizer; without one a step is named by its place.
// The caller names the plan, so the name of the image template may be missing too. What is recorded with an image and decides
// nothing on this machine (regions, artifact tags, the replication mode) is left out, with a warning, since a guess would be wrong.
func (l *lowering) known() {
	t := l.t
	l.need(t.APIVersion.Written, "apiVersion") // it decides how everything else is read
	l.needSource()
	l.need(t.Customize.Written, "properties.customize")
	for _, c := range t.Customize.Value {
		l.needCustomizer(c)
	}
	l.need(t.Distribute.Written, "properties.distribute")
	for _, d := range t.Distribute.Value {
		l.needDistributor(d)
	}
	l.need(t.BuildTimeout.Written, "properties.buildTimeoutInMinutes")
	l.need(t.VMProfile.OSDiskSizeGB.Written, "properties.vmProfile.osDiskSizeGB")

	// What follows decides nothing as long as it has the values that check lets pass.
	l.need(t.ErrorHandling.OnCustomizerError.Written, "properties.errorHandling.onCustomizerError")
	l.need(t.ErrorHandling.OnValidationError.Written, "properties.errorHandling.onValidationError")
	l.need(t.Optimize.VMBootState.Written, "properties.optimize.vmBoot.state")
	l.need(t.Optimize.WorkloadState.Written, "properties.optimize.workload.state")
	l.need(t.Validate.SourceValidationOnly.Written, "properties.validate.sourceValidationOnly")
	l.need(t.Validate.InVMValidations.Written, "properties.validate.inVMValidations")
	l.need(t.AutoRunState.Written, "properties.autoRun.state")
	for _, p := range t.Unhandled {
		l.need(p.Written, p.Path)
	}
	l.reportUnknowns()
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

func (l *lowering) needCustomizer(c template.Customizer) {
	path := c.Base().Path
	switch c := c.(type) {
	case *template.Shell:
		l.need(c.Inline.Written, path+".inline")
		for i, line := range c.Inline.Value {
			l.need(line.Written, fmt.Sprintf("%s.inline[%d]", path, i))
		}
		l.need(c.ScriptURI.Written, path+".scriptUri")
		l.need(c.SHA256Checksum.Written, path+".sha256Checksum")
	case *template.File:
		l.need(c.SourceURI.Written, path+".sourceUri")
		l.need(c.SHA256Checksum.Written, path+".sha256Checksum")
		l.need(c.Destination.Written, path+".destination")
	case *template.UnknownCustomizer:
		l.need(c.Type.Written, path)
	}
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
	path     string
	severity diag.Severity
}

// need notes a value that there is no plan without.
func (l *lowering) need(w template.Written, path string) { l.want(w, path, diag.Error) }

// record notes a value that is left out of the plan when it is not known.
func (l *lowering) record(w template.Written, path string) { l.want(w, path, diag.Warning) }

func (l *lowering) want(w template.Written, path string, severity diag.Severity) {
	if !w.IsKnown() {
		l.unknowns = append(l.unknowns, unknown{w, path, severity})
	}
}

// cause is why a value is not known. One finding speaks of all values that have the same cause.
type cause struct {
	severity            diag.Severity
	supplied, why, form string
	at                  diag.Range
}

// cause tells causes apart by what would supply the value, or, when nothing would, by the value itself.
func (u unknown) cause() cause {
	if m := u.Unknown; m.Fix == "" {
		return cause{severity: u.severity, why: m.Why, form: m.Form, at: m.At}
	}
	return cause{severity: u.severity, supplied: u.Unknown.Fix}
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
		Severity: u.severity, Code: CodeNotKnown, Subject: u.Range, Path: u.path,
		Summary: fmt.Sprintf("%q is not known before the deployment", name), Why: u.Unknown.Why,
		Fix: cmp.Or(u.Unknown.Fix, "write the value in its place"),
	}
	if u.severity == diag.Warning {
		d.Code, d.Summary = CodeLeftOut, fmt.Sprintf("%q is not known before the deployment, and left out", name)
	}
	return d
}
