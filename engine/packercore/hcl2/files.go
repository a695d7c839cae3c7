package hcl2

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate/hcltext"
)

// The ends of the names that Packer knows files by.
const (
	hclSuffix          = ".pkr.hcl"
	jsonSuffix         = ".pkr.json"
	autoVarsSuffix     = ".auto.pkrvars.hcl"
	autoVarsJSONSuffix = ".auto.pkrvars.json"
)

// IsTemplate reports whether a file of that name is a Packer template of the kind this package reads.
func IsTemplate(name string) bool {
	return strings.HasSuffix(name, hclSuffix) || strings.HasSuffix(name, jsonSuffix)
}

// file is one file that was parsed.
type file struct {
	name   string
	body   hcl.Body
	native *hclsyntax.Body // nil for JSON
}

// templateFiles lists the files of a template, those in HCL first, as Packer reads them; and the files beside them that give
// variables values without being named.
func templateFiles(in Input) (templates, autoVars []string, err error) {
	if in.File != "" {
		if !IsTemplate(in.File) {
			return nil, nil, &InputError{fmt.Sprintf("%s is no Packer template: its name ends neither in %s nor in %s",
				in.File, hclSuffix, jsonSuffix)}
		}
		// Named by itself a file is all there is: Packer then leaves out even its automatic variable files.
		return []string{filepath.Join(in.Dir, in.File)}, nil, nil
	}
	entries, err := os.ReadDir(in.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("read Packer template: %w", err)
	}
	with := func(suffix string) (paths []string) {
		for _, e := range entries { // sorted by ReadDir
			if !e.IsDir() && strings.HasSuffix(e.Name(), suffix) {
				paths = append(paths, filepath.Join(in.Dir, e.Name()))
			}
		}
		return paths
	}
	templates = append(with(hclSuffix), with(jsonSuffix)...)
	if len(templates) == 0 {
		return nil, nil, &InputError{fmt.Sprintf("folder %s has no *%s file and no *%s", in.Dir, hclSuffix, jsonSuffix)}
	}
	return templates, append(with(autoVarsSuffix), with(autoVarsJSONSuffix)...), nil
}

// checkVariableFiles refuses files with values whose format nobody could tell.
func checkVariableFiles(names []string) error {
	for _, name := range names {
		if ext := filepath.Ext(name); ext != ".hcl" && ext != ".json" {
			return &InputError{fmt.Sprintf(
				`variable file %s: its name ends neither in ".hcl" nor in ".json", so its format is not known`, name)}
		}
	}
	return nil
}

// parseFile reads one file. The error is one of reading; what is wrong in the text is noted.
func (l *loader) parseFile(parser *hclparse.Parser, name string) (*file, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".json") {
		if err := tooDeepJSON(src); err != nil {
			l.fail(hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}, "%w", err)
			return nil, nil
		}
		f, diags := parser.ParseJSON(src, name)
		if l.diagnose(diags) {
			return nil, nil
		}
		return &file{name: name, body: f.Body}, nil
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos) // the parser says what is wrong with them
	if rng, err := hcltext.TooDeep(tokens); err != nil {
		l.fail(rng, "%w", err)
		return nil, nil
	}
	f, diags := parser.ParseHCL(src, name)
	if l.diagnose(diags) {
		return nil, nil
	}
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		panic(fmt.Sprintf("hcl2: native syntax parsed to a %T", f.Body))
	}
	l.read(tokens, body)
	return &file{name: name, body: body, native: body}, nil
}

// readFiles parses the template's files and those with values.
func (l *loader) readFiles() error {
	templates, auto, err := templateFiles(l.in)
	if err != nil {
		return err
	}
	if err := checkVariableFiles(l.in.VarFiles); err != nil {
		return err
	}
	parser := hclparse.NewParser()
	read := func(names []string) (files []*file, errs error) {
		for _, name := range names {
			f, err := l.parseFile(parser, name)
			if f != nil {
				files = append(files, f)
			}
			errs = errors.Join(errs, err)
		}
		return files, errs
	}
	var err1, err2 error
	l.files, err1 = read(templates)
	// A later file counts over an earlier one. Packer 1.9 has all JSON after all HCL, whoever named it; later ones have this order.
	l.valueFiles, err2 = read(slices.Concat(auto, l.in.VarFiles))
	return errors.Join(err1, err2)
}
