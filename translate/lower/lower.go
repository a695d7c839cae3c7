// Package lower turns an image template into a plan: the same build, with every default written out and every script given a
// file name, and without the many ways the wire format has of saying one thing.
//
// Lower expects a template that passed translate/check and does not check it again. It is pure and leaves wants as wants:
// "latest" stays "latest", a URI stays a URI.
package lower

import (
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

// A pass reads one part of the template and adds to the plan.
type pass struct {
	name string
	run  func(*lowering)
}

// passes is the whole translation, in order.
var passes = []pass{
	{"os", lowerOS},                  // first: it decides how the image is generalized, and by which paths
	{"source", lowerSource},          // what the build VM starts from
	{"machine", lowerMachine},        // what the build VM needs beyond its source
	{"azure", lowerAzure},            // where the build VM is, if it is in Azure
	{"prepare", lowerPrepare},        // hidden first step: before the customizers, so that one of them can overwrite its file
	{"customize", lowerCustomizers},  // template order is run order
	{"generalize", lowerGeneralize},  // hidden last step: the build user may be gone afterwards
	{"optimize", lowerOptimize},      // of the finished image
	{"validate", lowerValidate},      // on a machine of its own
	{"distribute", lowerDistribute},  // template order; every distributor gets the same disk
	{"timeout", lowerTimeout},        // covers all of the above
	{"errors", lowerErrors},          // what is left standing
	{"source only", lowerSourceOnly}, // last: takes away what such a run does not do
}

// lowering is what the passes share.
type lowering struct {
	t     *template.ImageTemplate
	p     *plan.Plan
	diags diag.List

	unknowns []unknown // found by known
}

// Lower makes the plan of t; it is nil when the list has errors. Its Name is empty when t has none: a bare body is named by the
// caller, who knows the file.
//
// Values of t that are not known before the deployment are an error where the build needs them: see known.go.
//
// It panics when t holds what check refuses, such as a source of a type that no longer exists: nothing of a template is left out in
// silence. What each property of a template becomes is listed in docs/mapping.md, and held by the tests of translate/mapping.
func Lower(t *template.ImageTemplate) (*plan.Plan, diag.List) {
	l := &lowering{t: t, p: &plan.Plan{Name: t.Name.Value, APIVersion: t.APIVersion.Value}}
	if l.known(); l.diags.HasErrors() {
		return nil, l.diags // the passes read values without asking whether they are known
	}
	for _, pass := range passes {
		pass.run(l)
	}
	if l.diags.HasErrors() {
		return nil, l.diags
	}
	return l.p, l.diags
}
