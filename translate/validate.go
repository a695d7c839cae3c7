package translate

import (
	"slices"

	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/edit"
	"github.com/ingot-build/ingot/translate/script"
	"github.com/ingot-build/ingot/translate/template"
)

// Checked is one image template of a document, decoded and held against the rules.
type Checked struct {
	Name     string // as written; else made from the name of the file
	Path     string // where it stands in the document, as in deployment.ImageTemplate
	Template *template.ImageTemplate
	// Scripts are the scripts in it that are known, at a URI as far as Options.Check.Script gave them; nil when it could not be decoded.
	Scripts []*script.Script
	// Unknowns is what is not known of it before the deployment, and why. None of it is a finding: what a rule says, holds
	// whatever these values turn out to be.
	Unknowns []template.Unknown
}

// Validate reads src and checks every image template in it, or the one that opts names. There are none when the document itself has
// errors. Those that there are may have errors too: the list, which is sorted, has the findings of all.
func Validate(src Source, opts Options) ([]Checked, diag.List) {
	loaded, list := Load(src, opts)
	if list.HasErrors() {
		return nil, nothingToValidate(list)
	}
	var all []Checked
	var found diag.List
	for _, t := range loaded.ImageTemplates {
		c, more := validate(t, src, opts)
		all = append(all, c)
		found.Add(more...)
	}
	list.Add(loaded.Trace.Explain(found)...)
	list.Sort()
	edit.Settle(list, opts.files(src))
	return all, list
}

// files are the texts of all files that are known, by name.
func (o *Options) files(src Source) map[string][]byte {
	if o.Check.Files != nil {
		return o.Check.Files
	}
	files := map[string][]byte{src.File: src.Data}
	for _, f := range o.ParameterFiles {
		files[f.File] = f.Data
	}
	return files
}

// nothingToValidate takes it for no error that an example of the REST API is about something else: whoever validates all of them
// wants to hear of what is wrong.
func nothingToValidate(list diag.List) diag.List {
	for i := range list {
		if list[i].Code == deployment.CodeOtherExample {
			list[i].Severity = diag.Info
		}
	}
	return list
}

// validate decodes and checks one image template; only what could be decoded without an error is checked.
func validate(t deployment.ImageTemplate, src Source, opts Options) (Checked, diag.List) {
	c := Checked{Name: nameOf(t.Node), Path: t.Path, Unknowns: template.Unknowns(t.Node, "")}
	var list diag.List
	c.Template, list = template.Decode(t.Node)
	if opts.Ignore != nil {
		list = slices.DeleteFunc(list, func(d diag.Diagnostic) bool { return opts.Ignore(d.Code) })
	}
	if !list.HasErrors() {
		o := opts.Check
		o.Target, o.Files = opts.Target, opts.files(src)
		c.Scripts = script.Of(c.Template, o.Files, o.Script)
		o.Scripts = func() []*script.Script { return c.Scripts }
		list.Add(check.Check(c.Template, o)...)
	}
	return c, list
}
