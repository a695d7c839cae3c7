package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/cmd/internal/codes"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/hcltext"
)

// The blocks of a file.
const (
	blockAll  = "validate"
	blockPath = "path"
)

// Shellcheck lists the values of the setting of that name.
var Shellcheck = []string{"auto", "off", "required"}

// Severities lists the words for severities, the worst first.
var Severities = []string{diag.Error.String(), diag.Warning.String(), diag.Info.String()}

// attributes are the settings by name. Each reads its value into s.
var attributes = map[string]func(f *File, a *hclsyntax.Attribute, s *Settings){
	"severity": func(f *File, a *hclsyntax.Attribute, s *Settings) { f.severity(a, &s.Severity) },
	"fail_on":  func(f *File, a *hclsyntax.Attribute, s *Settings) { f.severity(a, &s.FailOn) },
	"rules":    func(f *File, a *hclsyntax.Attribute, s *Settings) { s.Rules = f.codes(a) },
	"disable":  func(f *File, a *hclsyntax.Attribute, s *Settings) { s.Disable = f.codes(a) },
	"target":   func(f *File, a *hclsyntax.Attribute, s *Settings) { s.Target = f.oneOf(a, check.QEMU) },
	"shellcheck": func(f *File, a *hclsyntax.Attribute, s *Settings) {
		s.Shellcheck = f.oneOf(a, Shellcheck...)
	},
	"scripts": func(f *File, a *hclsyntax.Attribute, s *Settings) {
		switch folder := f.text(a.Expr); {
		case folder == "":
		case !filepath.IsLocal(folder): // whoever writes the file may not be who runs the check
			f.add(a.Expr.Range(), fmt.Sprintf("the folder %q is not below the one of this file", folder), "findings show lines of scripts",
				"name it on the command line, with --scripts")
		default:
			s.Scripts = shown(filepath.Join(f.folder, folder))
		}
	},
}

// parse reads the text.
func (f *File) parse() {
	file, wrong := hcltext.Parse(f.Data, f.Name)
	f.fromHCL(wrong)
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		panic("config: hclsyntax gave a body of another syntax")
	}
	for _, a := range sorted(body.Attributes) {
		fix := fmt.Sprintf("write it inside a block: %s { … } or %s \"PATTERN\" { … }", blockAll, blockPath)
		if attributes[a.Name] == nil {
			fix = diag.KnownNames(a.Name, []string{blockAll, blockPath})
		}
		f.add(a.NameRange, fmt.Sprintf("%q stands outside of a block", a.Name), "", fix)
	}
	var first *hclsyntax.Block
	for _, b := range body.Blocks {
		switch {
		case b.Type == blockPath:
			f.path(b)
		case b.Type != blockAll:
			f.add(b.TypeRange, fmt.Sprintf("there is no block %q", b.Type), "", diag.KnownNames(b.Type, []string{blockAll, blockPath}))
		case len(b.Labels) > 0:
			f.add(b.LabelRanges[0], fmt.Sprintf("the block %q has no label", blockAll), "it is about all image templates",
				fmt.Sprintf("for some of them, write: %s %q { … }", blockPath, b.Labels[0]))
		case first != nil:
			f.add(b.TypeRange, fmt.Sprintf("the block %q is there twice", blockAll), fmt.Sprintf("the first one is in line %d",
				first.TypeRange.Start.Line), "make one block of both")
		default:
			first = b
			f.all = f.settings(b.Body)
		}
	}
	f.Findings.Sort()
}

// path reads a block path "PATTERN".
func (f *File) path(b *hclsyntax.Block) {
	switch {
	case len(b.Labels) != 1:
		f.add(b.TypeRange, fmt.Sprintf("the block %q has %d labels", blockPath, len(b.Labels)), "it has one: a pattern for paths of files",
			fmt.Sprintf("write: %s \"examples/**\" { … }", blockPath))
	case !doublestar.ValidatePattern(b.Labels[0]):
		f.add(b.LabelRanges[0], fmt.Sprintf("%q is not a pattern", b.Labels[0]),
			"* stands for any text without a slash, ** for any folders, ? for one character, [a-z] and {a,b} for one of several", "")
	case strings.HasPrefix(b.Labels[0], "/") || strings.HasPrefix(b.Labels[0], "../") || strings.HasPrefix(b.Labels[0], "./"):
		f.add(b.LabelRanges[0], fmt.Sprintf("the pattern %q matches nothing", b.Labels[0]),
			"paths start in the folder of this file, without ./ and the like", "")
	default:
		f.paths = append(f.paths, pathBlock{b.Labels[0], f.settings(b.Body)})
	}
}

// settings reads the inside of a block.
func (f *File) settings(body *hclsyntax.Body) Settings {
	var s Settings
	for _, a := range sorted(body.Attributes) {
		read := attributes[a.Name]
		if read == nil {
			f.add(a.NameRange, fmt.Sprintf("there is no setting %q", a.Name), "", diag.KnownNames(a.Name, slices.Collect(maps.Keys(attributes))))
			continue
		}
		read(f, a, &s)
	}
	for _, b := range body.Blocks {
		f.add(b.TypeRange, fmt.Sprintf("there is no block %q inside of a block", b.Type), "", "")
	}
	return s
}

func sorted(attributes hclsyntax.Attributes) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(attributes), func(a, b *hclsyntax.Attribute) int {
		return a.SrcRange.Start.Byte - b.SrcRange.Start.Byte
	})
}

// text reads a string; "" when it is none, and that was said.
func (f *File) text(e hclsyntax.Expression) string {
	var text string
	f.fromHCL(gohcl.DecodeExpression(e, nil, &text))
	return text
}

func (f *File) oneOf(a *hclsyntax.Attribute, known ...string) string {
	found := len(f.Findings)
	text := f.text(a.Expr)
	if len(f.Findings) > found || slices.Contains(known, text) {
		return text
	}
	f.add(a.Expr.Range(), fmt.Sprintf("%q is %q", a.Name, text), "", diag.KnownNames(text, known))
	return ""
}

func (f *File) severity(a *hclsyntax.Attribute, to *diag.Severity) {
	if text := f.oneOf(a, Severities...); text != "" {
		_ = to.UnmarshalText([]byte(text)) // it is one of the words
	}
}

// codes reads a list of codes. Those that are none are reported, and the others count.
func (f *File) codes(a *hclsyntax.Attribute) codes.Set {
	list, wrong := hcl.ExprList(a.Expr)
	if f.fromHCL(wrong); wrong.HasErrors() {
		return nil
	}
	set := codes.Set{}
	for _, e := range list {
		var text string
		wrong := gohcl.DecodeExpression(e, nil, &text)
		if f.fromHCL(wrong); wrong.HasErrors() {
			continue
		}
		some, err := codes.Parse([]string{text})
		if unknown, ok := err.(*codes.UnknownError); ok {
			f.add(e.Range(), unknown.Error(), "", unknown.Fix())
			continue
		}
		maps.Copy(set, some)
	}
	return set
}

func (f *File) add(at hcl.Range, summary, why, fix string) {
	f.Findings.Add(diag.Diagnostic{Severity: diag.Error, Code: translate.CodeSettings, Subject: f.place(at), Summary: summary, Why: why, Fix: fix})
}

// fromHCL takes over what the parser or the evaluation says.
func (f *File) fromHCL(wrong hcl.Diagnostics) {
	for _, d := range wrong {
		at := hcl.Range{Filename: f.Name, Start: hcl.InitialPos, End: hcl.InitialPos}
		if d.Subject != nil {
			at = *d.Subject
		}
		f.add(at, hcltext.LowerFirst(strings.TrimSuffix(d.Summary, ".")), d.Detail, "")
	}
}

// place counts columns in code points; HCL counts what a reader takes for one character.
func (f *File) place(r hcl.Range) diag.Range {
	pos := func(p hcl.Pos) diag.Pos {
		at := min(p.Byte, len(f.Data))
		start := strings.LastIndexByte(string(f.Data[:at]), '\n') + 1
		return diag.Pos{Line: p.Line, Column: 1 + utf8.RuneCount(f.Data[start:at]), Byte: at}
	}
	return diag.Range{File: f.Name, Start: pos(r.Start), End: pos(r.End)}
}
