package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// shellOnWindows is about a source whose system shows.
func shellOnWindows(t *template.ImageTemplate, r *report) {
	customizersFor(t, linux, windows, r, "use PowerShell customizers, or a Linux source")
}

func windowsOnLinux(t *template.ImageTemplate, r *report) {
	customizersFor(t, windows, linux, r, "use Shell customizers, or a Windows source")
}

// customizersFor reports the customizers for one system when the source has the other one.
func customizersFor(t *template.ImageTemplate, theirs, source system, r *report, fix string) {
	e, _ := sourceSystem(t)
	if e.system != source {
		return
	}
	for _, c := range t.Customize.Value {
		if systemOf(c) == theirs {
			r.add(finding{at: c.Base().Range, path: c.Base().Path,
				summary: fmt.Sprintf("a %s customizer cannot run on a %s image", typeOf(c), source), why: e.what, fix: fix,
				related: e.at, relatedMessage: "the source is here"})
		}
	}
}

// mixedSystems is about a source whose system does not show, such as a gallery image: whichever it is, some customizer
// is for the other one.
func mixedSystems(t *template.ImageTemplate, r *report) {
	if e, settled := sourceSystem(t); e.system != unknownSystem || !settled {
		return
	}
	var first template.Customizer
	for _, c := range t.Customize.Value {
		switch {
		case systemOf(c) == unknownSystem:
		case first == nil:
			first = c
		case systemOf(c) != systemOf(first):
			r.add(finding{at: c.Base().Range, path: c.Base().Path,
				summary: fmt.Sprintf("a %s customizer follows a %s customizer", typeOf(c), typeOf(first)),
				why:     fmt.Sprintf("the one runs on %s, the other on %s, and the image has one system", systemOf(c), systemOf(first)),
				fix:     "keep those of the system that the source has",
				related: first.Base().Range, relatedMessage: fmt.Sprintf("the %s customizer is here", typeOf(first))})
			return
		}
	}
}

// validatorSystem goes by the source, and by the customizers where the source does not show its system. It is a
// warning: published modules send such templates, and the service takes them until they run.
func validatorSystem(t *template.ImageTemplate, r *report) {
	e, settled := sourceSystem(t)
	if e.system == unknownSystem && settled && t.Customize.IsKnown() {
		e = customizerSystem(t)
	}
	if e.system == unknownSystem {
		return
	}
	for _, v := range t.Validate.InVMValidations.Value {
		if is := systemOf(v); is != unknownSystem && is != e.system {
			r.add(finding{at: v.Base().Range, path: v.Base().Path,
				summary: fmt.Sprintf("a %s validator cannot run on a %s image", typeOf(v), e.system), why: e.what,
				related: e.at, relatedMessage: "it shows here"})
		}
	}
}
