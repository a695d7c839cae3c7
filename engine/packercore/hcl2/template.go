package hcl2

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty/function"
)

// The first and the last version of Packer whose behaviour this package has. Templates and components are told the first.
const (
	CoreVersion   = "1.9.4"
	NewestVersion = "1.16.0"
)

// Input is a template and everything from outside that it may see.
type Input struct {
	Dir      string            // folder of the template; what path.root is, and what relative paths start from
	File     string            // name of the one file in it to read; "" for all of the folder
	Vars     map[string]string // values of variables, as typed after -var
	VarFiles []string          // files with values, as named after -var-file
	Env      []string          // the environment, for env() and PKR_VAR_name; nil for none
	Now      func() time.Time  // the clock of timestamp() and the like
	// Secret is told every sensitive text, before any message or value could hold it. Not nil.
	Secret func(string)
}

// Document is a template whose files are read. Nothing in it is evaluated yet.
type Document struct {
	Plugins []PluginRequirement // what required_plugins asks for, in the order of the files

	loader *loader
}

// Template is a template whose variables, locals and data sources have values, and whose builds are known.
type Template struct {
	Builds    []*Build
	Variables []Variable // in the order of the files
	Warnings  []*Error   // what Packer passes over in silence and is mostly a mistake
	*Origins

	scope *hcl.EvalContext // of everything but source and build
}

// loader collects what the files hold.
type loader struct {
	in         Input
	now        time.Time // when loading began: the time that the legacy functions tell
	files      []*file
	valueFiles []*file // .pkrvars.*
	funcs      map[string]function.Function

	plugins   []PluginRequirement
	variables map[string]*variable
	locals    map[string]*local
	data      map[dataRef]*dataBlock
	around    *hcl.EvalContext // what locals may refer to beside locals; nil after it changed

	Origins
	errs     []*Error
	warnings []*Error
}

// fail notes a fault at a place.
func (l *loader) fail(rng hcl.Range, format string, args ...any) {
	l.errs = append(l.errs, l.ErrorAt(rng, fmt.Errorf(format, args...)))
}

// diagnose notes the errors among the findings of HCL and reports whether there were any.
func (l *loader) diagnose(diags hcl.Diagnostics) bool {
	l.errs = append(l.errs, l.Diagnosed(diags)...)
	return diags.HasErrors()
}

// Parse reads the files, checks the shape of every block of the core's, and reads what the packer blocks require. The error joins
// every *Error found; it is an *InputError, or another one when a file cannot be read.
func Parse(in Input) (*Document, error) {
	if in.Now == nil {
		in.Now = time.Now
	}
	l := &loader{
		in: in, now: in.Now().UTC(),
		variables: map[string]*variable{}, locals: map[string]*local{}, data: map[dataRef]*dataBlock{},
	}
	l.funcs = Functions(in.Dir, in.Now, l.now)
	if err := l.readFiles(); err != nil {
		return nil, err
	}
	// Of a file that does not parse half the blocks would be missed: more faults than one would be noise, not news.
	if l.errs != nil {
		return nil, Join(l.errs)
	}
	for _, f := range l.files {
		if f.native != nil {
			l.check(f.native, topLevel)
		}
		if content, ok := l.content(f.body, topLevel); ok {
			for _, b := range content.Blocks {
				l.topBlock(b)
			}
		}
	}
	if l.errs != nil {
		return nil, Join(l.errs)
	}
	return &Document{Plugins: l.plugins, loader: l}, nil
}

// topBlock notes the blocks that must be known before anything is evaluated. Sources and builds come later: dynamic blocks inside
// of them need the values.
func (l *loader) topBlock(b *hcl.Block) {
	switch b.Type {
	case "packer":
		l.packerBlock(b)
	case "variable":
		l.variableBlock(b)
	case "variables":
		l.variablesBlock(b)
	case "local":
		l.localBlock(b)
	case "locals":
		l.localsBlock(b)
	case "data":
		l.dataBlock(b)
	}
}

// Evaluate gives every variable, local and data source its value and understands the builds. data is asked for the value of each
// data block, after those it refers to. The error joins every *Error found.
func (d *Document) Evaluate(data DataFunc) (*Template, error) {
	l := d.loader
	l.errs, l.warnings = nil, nil
	l.assign()
	if l.errs == nil {
		l.evaluate(data)
	}
	t := &Template{Origins: &l.Origins, Variables: l.inputs(), scope: l.scope(l.scopeValues())}
	if l.errs == nil {
		t.Builds = l.builds(t.scope)
	}
	t.Warnings = l.warnings
	if l.errs != nil {
		return nil, Join(l.errs)
	}
	return t, nil
}
