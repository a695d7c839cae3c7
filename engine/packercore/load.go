package packercore

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Template is a Packer template whose blocks are read and whose variables have values. Its components are not prepared yet.
type Template struct {
	Name string // of the build block; may be ""

	dir          string
	variables    map[string]*variable
	source       *sourceBlock // the one that the build uses
	provisioners []*provisionerBlock
	origins      origins
}

// sourceBlock is a source: the configuration of a builder.
type sourceBlock struct {
	kind, name string
	body       hcl.Body
	rng        hcl.Range
}

func (s *sourceBlock) ref() string { return "source." + s.kind + "." + s.name }

// provisionerBlock is one provisioner of the build: the attributes that are the core's, and the body that is the component's.
type provisionerBlock struct {
	kind, name           string
	pauseBefore, timeout time.Duration // 0: none
	maxRetries           int
	body                 hcl.Body
	rng                  hcl.Range
}

// title is what a person reads for the provisioner.
func (p *provisionerBlock) title() string {
	if p.name != "" {
		return p.name
	}
	return p.kind
}

// Load reads the *.pkr.hcl files of opts.Dir, in the order of their names, and gives the variables their values. The error joins
// every *TemplateError found.
func Load(reg Registry, opts Options) (*Template, error) {
	switch opts.OnError {
	case "", OnErrorCleanup, OnErrorAbort:
	default:
		return nil, fmt.Errorf("on-error %q: allowed are %q and %q", opts.OnError, OnErrorCleanup, OnErrorAbort)
	}
	l := &loader{
		reg:     reg,
		t:       &Template{dir: opts.Dir, variables: map[string]*variable{}},
		parser:  hclparse.NewParser(),
		sources: map[string]*sourceBlock{},
	}
	names, err := templateFiles(opts.Dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := l.file(name); err != nil {
			return nil, err
		}
	}
	if l.errs == nil { // of a file that does not parse, half the blocks would be missed: that is noise, not news
		l.blocks()
	}
	if l.errs == nil {
		l.assign(opts.Vars, opts.Mask)
	}
	if l.errs != nil {
		slices.SortStableFunc(l.errs, func(a, b *TemplateError) int {
			return cmp.Or(strings.Compare(a.Range.File, b.Range.File), a.Range.Start.Byte-b.Range.Start.Byte)
		})
		return nil, joinTemplateErrors(l.errs)
	}
	return l.t, nil
}

// templateFiles lists the files of the folder that make up the template, sorted by name. Files that Packer would read as well,
// and this package cannot, are an error: leaving them out would run another template than the one in the folder.
func templateFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read Packer template: %w", err)
	}
	var names []string
	for _, e := range entries { // sorted by ReadDir
		switch name := e.Name(); {
		case e.IsDir():
		case strings.HasSuffix(name, ".pkr.hcl"):
			names = append(names, filepath.Join(dir, name))
		case strings.HasSuffix(name, ".pkr.json"), strings.HasSuffix(name, ".auto.pkrvars.hcl"),
			strings.HasSuffix(name, ".auto.pkrvars.json"):
			return nil, fmt.Errorf("%s: Packer would read this file too, and only *.pkr.hcl files are supported",
				filepath.Join(dir, name))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("folder %s has no *.pkr.hcl file", dir)
	}
	return names, nil
}

// loader collects the blocks of all files before any of them is understood: they may come in any order, as Packer allows.
type loader struct {
	reg     Registry
	t       *Template
	parser  *hclparse.Parser
	bodies  []*hclsyntax.Body
	sources map[string]*sourceBlock
	errs    []*TemplateError
}

// fail notes a fault at a place.
func (l *loader) fail(rng hcl.Range, format string, args ...any) {
	l.errs = append(l.errs, l.t.errorAt(rng, fmt.Errorf(format, args...)))
}

// diagnose notes the errors among the findings of HCL and reports whether there were any.
func (l *loader) diagnose(diags hcl.Diagnostics) bool {
	l.errs = append(l.errs, l.t.diagErrors(diags)...)
	return diags.HasErrors()
}

// file parses one file. The error is one of reading; what is wrong in the text is noted.
func (l *loader) file(name string) error {
	src, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read Packer template: %w", err)
	}
	f, diags := l.parser.ParseHCL(src, name)
	if l.diagnose(diags) {
		return nil
	}
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		panic(fmt.Sprintf("packercore: HCL syntax parsed to a %T", f.Body))
	}
	l.t.origins.read(name, src, body)
	l.bodies = append(l.bodies, body)
	return nil
}

// blocks understands the top-level blocks, in the order in which they depend on each other.
func (l *loader) blocks() {
	var builds []*hclsyntax.Block
	for _, body := range l.bodies {
		l.check(body, topLevel)
		for _, b := range body.Blocks {
			if !l.labels(b) {
				continue
			}
			switch b.Type {
			case "packer":
				l.packerBlock(b)
			case "variable":
				l.variableBlock(b)
			case "source":
				l.sourceBlock(b)
			case "build":
				builds = append(builds, b)
			}
		}
	}
	switch len(builds) {
	case 1:
		l.buildBlock(builds[0])
	case 0:
		l.errs = append(l.errs, &TemplateError{Err: fmt.Errorf("the Packer template in %s has no build block", l.t.dir)})
	default:
		l.fail(builds[1].DefRange(), "a second build block; one template makes one image (the first one is at %s)",
			toRange(builds[0].DefRange()))
	}
}

// sourceBlock notes a source by its reference.
func (l *loader) sourceBlock(b *hclsyntax.Block) {
	s := &sourceBlock{kind: b.Labels[0], name: b.Labels[1], body: b.Body, rng: b.DefRange()}
	if first, ok := l.sources[s.ref()]; ok {
		l.fail(s.rng, "%s is defined twice (the first one is at %s)", s.ref(), toRange(first.rng))
		return
	}
	if _, ok := l.reg.Builders[s.kind]; !ok {
		l.fail(b.LabelRanges[0], "no builder is called %q; %s", s.kind, known(s.kind, l.reg.Builders))
	}
	l.sources[s.ref()] = s
}

// literal evaluates an expression that may use no variable and no function, and converts it to what target points at.
func (l *loader) literal(attr *hclsyntax.Attribute, want cty.Type) (cty.Value, bool) {
	if attr == nil {
		return cty.NilVal, false
	}
	v, diags := attr.Expr.Value(nil)
	if l.diagnose(diags) {
		return cty.NilVal, false
	}
	v, err := convertTo(v, want)
	if err != nil {
		l.fail(attr.Expr.Range(), "%s: %v", attr.Name, err)
		return cty.NilVal, false
	}
	if v.IsNull() || !v.IsWhollyKnown() {
		l.fail(attr.Expr.Range(), "%s is null", attr.Name)
		return cty.NilVal, false
	}
	return v, true
}
