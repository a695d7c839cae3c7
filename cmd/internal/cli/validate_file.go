package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"

	"github.com/ingot-build/ingot/cmd/internal/config"
	"github.com/ingot-build/ingot/cmd/internal/gather"
	"github.com/ingot-build/ingot/cmd/internal/shellcheck"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
)

// fileResult is what came of one file.
type fileResult struct {
	report view.FileReport
	passed bool         // it holds no image template, and need not
	config *config.File // the settings that count for it, or nil

	before, after []byte // its text, and the mended one; the same without --fix
	mended        int    // findings
}

// file checks one file. The error is about the program or the world; what is wrong with the file is in the result.
func (v *validator) file(ctx context.Context, f gather.File) (fileResult, error) {
	if f.Err != nil {
		return unreadable(f.Name, f.Err), nil
	}
	var r fileResult
	var err error
	if r.config, err = v.config.Find(f.Name); err != nil {
		return r, err
	}
	settings := r.config.For(f.Name)
	sel := v.o.selection(settings)

	in := v.around.clone()
	if in.template, err = in.readFile(ctx, v.env.Stdin, f.Name); err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			return unreadable(f.Name, path.Err), nil
		}
		return r, err
	}
	r.report = view.FileReport{File: in.template.File, FailOn: sel.failOn}
	found := !f.Named || v.o.skipOther
	if len(in.refused) > 0 { // Azure takes no file of that size
		r.passed = found
		r.report.List = in.refused
		return r, nil
	}
	scripts := v.scripts.of(f.Name, orSetting(v.o.scripts, settings.Scripts))
	in.options.Check.Script = scripts.read
	in.options.Check.Skip = func(rule check.Rule) bool { return !sel.wants(rule.Code) }
	in.options.Ignore = func(code diag.Code) bool { return !sel.wants(code) }
	in.options.Target = orSetting(in.options.Target, settings.Target)
	if v.o.place.followLinks {
		in.options.Params.Linked = in.follow(ctx, f.Name)
	}

	var list diag.List
	checked, err := await(ctx, func() (all []translate.Checked, err error) {
		if !v.o.fix {
			all, list = translate.Validate(in.template, in.options)
			return all, nil
		}
		fixed := translate.Fix(in.template, in.options)
		r.before, r.after, r.mended = in.template.Data, fixed.Text, len(fixed.Mended)
		in.sources[in.template.File], in.template.Data = fixed.Text, fixed.Text
		list = fixed.Left
		return fixed.Checked, nil
	})
	if err != nil {
		return r, err
	}
	if found {
		if list, r.passed = other(in.template, checked, list); r.passed {
			return r, nil
		}
	}
	list.Add(scripts.tooLarge(checked)...)
	if mode := orSetting(v.o.shellcheck, settings.Shellcheck); mode != shellcheck.Off && sel.wants(translate.CodeShellcheck) {
		var all []*script.Script
		for _, c := range checked {
			all = append(all, c.Scripts...)
		}
		more, err := v.checker.Check(ctx, all, list, mode == shellcheck.Required)
		if err != nil {
			return r, err
		}
		list.Add(more...)
	}
	list.Sort()
	v.describe(&r.report, in, checked, sel.filter(list))
	return r, nil
}

// describe fills in the report, without secrets.
func (v *validator) describe(report *view.FileReport, in *input, checked []translate.Checked, list diag.List) {
	// What is not known goes the same way as findings, since its expressions may hold secrets.
	all := slices.Clone(list)
	for _, c := range checked {
		t := view.TemplateReport{Name: c.Name, Path: c.Path, Summary: describe(c)}
		if v.o.explainUnknown {
			t.Unknowns = []view.Unknown{}
			for _, u := range c.Unknowns {
				all.Add(diag.Diagnostic{Path: u.Path, Summary: u.Missing.Form, Why: u.Missing.Why, Fix: u.Missing.Fix})
			}
		}
		report.Templates = append(report.Templates, t)
	}
	for _, c := range checked {
		for _, s := range c.Scripts {
			if s.File() != "" {
				in.sources[s.File()] = s.Source()
			}
		}
	}
	all = in.hideSecrets(all)
	report.List, report.Sources = all[:len(list)], in.sources
	rest := all[len(list):]
	for i, c := range checked {
		if v.o.explainUnknown {
			for range c.Unknowns {
				u := rest[0]
				report.Templates[i].Unknowns = append(report.Templates[i].Unknowns, view.Unknown{Path: u.Path, Expression: u.Summary, Why: u.Why, Fix: u.Fix})
				rest = rest[1:]
			}
		}
	}
}

// unreadable is a file that nobody can look into.
func unreadable(name string, err error) fileResult {
	return fileResult{report: view.FileReport{File: name, FailOn: diag.Error, List: diag.List{{
		Severity: diag.Error, Code: translate.CodeUnreadable, Subject: diag.Range{File: name}, Summary: "it cannot be read", Why: err.Error(),
	}}}}
}

// hint is what a file has in it that is about an image template, however broken.
var hint = regexp.MustCompile(`(?i)Microsoft\.VirtualMachineImages|"(?:PlatformImage|SharedImageVersion|runOutputName)"`)

// other reports whether a file that was found, not named, is something else than an image template, and gives what is left to say when
// it is one.
func other(src translate.Source, checked []translate.Checked, list diag.List) (diag.List, bool) {
	if len(checked) > 0 {
		return list, false
	}
	rest := slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		switch d.Code {
		case deployment.CodeNoImageTemplate, deployment.CodeOtherExample, translate.CodeNoSuchName:
			return true
		default:
			return false
		}
	})
	relevant := slices.ContainsFunc(rest, func(d diag.Diagnostic) bool { return d.Severity == diag.Error || d.Code == deployment.CodeCondition })
	if !relevant || !hint.Match(src.Data) {
		return nil, true
	}
	return rest, false
}

func orSetting(flag, setting string) string {
	if flag != "" {
		return flag
	}
	return setting
}

// clone is the same input for another template.
func (in *input) clone() *input {
	c := *in
	c.sources, c.refused = maps.Clone(in.sources), slices.Clone(in.refused)
	return &c
}

// sized words a number of bytes, rounded up.
func sized(n int64) string { return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20) }
