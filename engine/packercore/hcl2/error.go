package hcl2

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/hcltext"
)

// Error says that a Packer template is wrong at one place. Several of them are joined; Errors takes them apart.
type Error struct {
	Range diag.Range // in a file of the template; the zero Range when the fault is in no file
	Path  string     // of the image template, properties.customize[0], when a comment at the block tells it; else ""
	Err   error
}

// Error gives place, fault and, where known, the path in the image template.
func (e *Error) Error() string {
	text := e.Err.Error()
	if place := e.Range.String(); place != "" {
		text = place + ": " + text
	}
	if e.Path != "" {
		text += " (from " + e.Path + ")"
	}
	return text
}

// Unwrap returns the fault without its place.
func (e *Error) Unwrap() error { return e.Err }

// Errors returns every Error in the tree of err, in the order they were joined.
func Errors(err error) []*Error {
	var all []*Error
	var walk func(error)
	walk = func(err error) {
		switch e := err.(type) {
		case *Error:
			all = append(all, e)
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				walk(inner)
			}
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		}
	}
	walk(err)
	return all
}

// Join is errors.Join for a list of the one type, in the order of the places; nil for an empty list.
func Join(list []*Error) error {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *Error) int {
		return cmp.Or(strings.Compare(a.Range.File, b.Range.File), a.Range.Start.Byte-b.Range.Start.Byte)
	})
	errs := make([]error, len(list))
	for i, e := range list {
		errs[i] = e
	}
	return errors.Join(errs...)
}

// InputError says that an Input names something that cannot be read as a template or as values, whatever is in it.
type InputError struct{ text string }

// Error says what and why.
func (e *InputError) Error() string { return e.text }

// ErrorAt makes the error for a fault at a place.
func (o *Origins) ErrorAt(rng hcl.Range, err error) *Error {
	return &Error{Range: Range(rng), Path: o.at(rng), Err: err}
}

// Diagnosed turns the errors among HCL's findings into errors, in their order.
func (o *Origins) Diagnosed(diags hcl.Diagnostics) []*Error {
	var errs []*Error
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		var rng hcl.Range
		if d.Subject != nil {
			rng = *d.Subject
		} else if d.Context != nil {
			rng = *d.Context
		}
		text := hcltext.LowerFirst(d.Summary)
		if d.Detail != "" {
			text += ": " + hcltext.LowerFirst(strings.TrimSuffix(d.Detail, "."))
		}
		errs = append(errs, o.ErrorAt(rng, fmt.Errorf("%s", clip(text)+knownAttributes(d)+nearFunction(d))))
	}
	return errs
}

// nearFunction names the function that was probably meant, when a finding is that there is none of that name. HCL itself does so
// only where the scope has no other around it.
func nearFunction(d *hcl.Diagnostic) string {
	call, ok := d.Expression.(*hclsyntax.FunctionCallExpr)
	if !ok || d.Summary != "Call to unknown function" || strings.Contains(d.Detail, "Did you mean") {
		return ""
	}
	for scope := d.EvalContext; scope != nil; scope = scope.Parent() {
		if meant := diag.Near(call.Name, slices.Collect(maps.Keys(scope.Functions))); meant != "" {
			return fmt.Sprintf("; did you mean %q?", meant)
		}
	}
	return ""
}

// knownAttributes names what an object has, when a finding is that it lacks what was asked of it: HCL itself names only what is
// missing. "" for other findings.
func knownAttributes(d *hcl.Diagnostic) string {
	expr, ok := d.Expression.(*hclsyntax.ScopeTraversalExpr)
	if !ok || d.Summary != "Unsupported attribute" || d.EvalContext == nil {
		return ""
	}
	for i := 1; i < len(expr.Traversal); i++ {
		step, ok := expr.Traversal[i].(hcl.TraverseAttr)
		if !ok {
			return ""
		}
		holder, diags := expr.Traversal[:i].TraverseAbs(d.EvalContext)
		if diags.HasErrors() || !holder.Type().IsObjectType() {
			return ""
		}
		if names := attributeNames(holder.Type()); !holder.Type().HasAttribute(step.Name) {
			return near(step.Name, names)
		}
	}
	return ""
}

func attributeNames(t cty.Type) []string {
	var names []string
	for name := range t.AttributeTypes() {
		names = append(names, name)
	}
	return names
}

// near renders the names that would have been right; "" when there are none.
func near(given string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; " + diag.KnownNames(given, names)
}

// longest is the most that a message repeats of a template: a value may have a megabyte.
const longest = 600

// clip cuts a text that is too long for a message.
func clip(text string) string {
	if len(text) <= longest {
		return text
	}
	cut := longest
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes more)", text[:cut], len(text)-cut)
}

// Range is rng in the terms of the contracts.
func Range(rng hcl.Range) diag.Range { return hcltext.Range(rng) }
