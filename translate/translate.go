package translate

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/lower"
	"github.com/ingot-build/ingot/translate/plan"
)

// Translate reads src and makes the plan of the image template in it. A stage starts only when the ones before it found no
// errors. The plan is nil when the list has errors; the list is sorted, and may have warnings either way.
//
// The plan has all of the image template, whatever the target. What the target cannot build yet is an error, unless
// Options.Check.Translate says that nothing is to be built; what has a meaning in Azure only is not spoken of for another target.
//
// Validate finds the same, but for three things that only a plan asks for: a target, one image template, and values that are known.
// What is good to know of a template is left to it: a build would say so every time.
func Translate(src Source, opts Options) (*plan.Plan, diag.List) {
	loaded, list := Load(src, opts)
	if list.HasErrors() {
		return nil, list
	}
	chosen := one(loaded.ImageTemplates, &list)
	if chosen == nil {
		return nil, list
	}
	opts.Target = cmp.Or(opts.Target, check.QEMU)
	skip := opts.Check.Skip
	opts.Check.Skip = func(r check.Rule) bool { return r.Severity == diag.Info || skip != nil && skip(r) }
	p, found := translate(*chosen, src, opts)
	list.Add(loaded.Trace.Explain(found)...)
	list.Sort()
	return p, list
}

func translate(t deployment.ImageTemplate, src Source, opts Options) (*plan.Plan, diag.List) {
	c, list := validate(t, src, opts)
	if list.HasErrors() {
		return nil, list
	}
	p, more := lower.Lower(c.Template)
	for _, d := range more {
		if d.Code != lower.CodeAzureLeftOut || opts.Target == check.Azure {
			list.Add(d)
		}
	}
	if p != nil {
		p.Name = c.Name
	}
	return p, list
}

// one returns the only image template; nil, with a finding, when there are several.
func one(found []deployment.ImageTemplate, list *diag.List) *deployment.ImageTemplate {
	if len(found) == 1 {
		return &found[0]
	}
	var names []string
	for _, t := range found {
		if name := nameOf(t.Node); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	summary, fix := fmt.Sprintf("the file has %d image templates", len(found)), "choose by name; "+diag.KnownNames("", names)
	if len(names) == 1 {
		summary, fix = fmt.Sprintf("%s named %q", summary, names[0]), "give them names that differ and are known"
	}
	list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeSeveral, Subject: nameRange(found[1].Node), Summary: summary,
		Why: "one run builds one of them", Fix: fix,
		Related: []diag.Note{{Message: "the first one", Range: nameRange(found[0].Node)}},
	})
	return nil
}

// named returns the image templates of the given name, in any case; with a finding when there is none.
func named(found []deployment.ImageTemplate, name string, list *diag.List) []deployment.ImageTemplate {
	var chosen []deployment.ImageTemplate
	var names []string
	for _, t := range found {
		is := nameOf(t.Node)
		if strings.EqualFold(is, name) {
			chosen = append(chosen, t)
		}
		names = append(names, is)
	}
	if len(chosen) == 0 {
		list.Add(diag.Diagnostic{
			Severity: diag.Error, Code: CodeNoSuchName, Subject: nameRange(found[0].Node),
			Summary: fmt.Sprintf("the file has no image template named %q", name),
			Fix:     diag.KnownNames(name, names),
		})
	}
	return chosen
}

// nameOf is the name as written in the resource. A bare body may have none, since the service takes it from the URL, and a name may
// not be known before the deployment; then the file gives it one.
func nameOf(n *armjson.Node) string {
	if name := n.Get("name"); name != nil && name.Kind == armjson.String && name.Text != "" {
		return name.Text
	}
	return nameFromFile(n.Range.File)
}

// nameRange is where to point for an image template as a whole: at its name, where it has one.
func nameRange(n *armjson.Node) diag.Range {
	if name := n.Get("name"); name != nil {
		return name.Range
	}
	return diag.Range{File: n.Range.File, Start: n.Range.Start, End: n.Range.Start}
}

// maxName is the longest name that the service gives an image template.
const maxName = 64

// nameFromFile names a bare body: the file's name without folder and extension, in the characters of a resource name.
func nameFromFile(file string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	base = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, strings.TrimSuffix(base, path.Ext(base)))
	if base = strings.Trim(base[:min(len(base), maxName)], "-."); base == "" {
		return "image"
	}
	return base
}
