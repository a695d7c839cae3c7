package hcl2

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Build is a build block: what is done to the guest of each of its sources.
type Build struct {
	Name           string // may be ""
	Sources        []*Source
	Provisioners   []*Provisioner
	ErrorCleanup   *Provisioner       // nil when there is none
	PostProcessors [][]*PostProcessor // sequences; each starts from what the builder made
	Range          hcl.Range
}

// Source is one use of a source block: the configuration of a builder.
type Source struct {
	Kind, Name string
	LocalName  string    // the name that a source block inside of the build gives it; may be ""
	Body       hcl.Body  // of the source block, and of the one inside of the build
	Range      hcl.Range // of the source block
	KindRange  hcl.Range // of the label that says its kind
}

// BuildName is what the source is called in its build.
func (s *Source) BuildName() string {
	if s.LocalName != "" {
		return s.LocalName
	}
	return s.Name
}

// String gives the name that only and except go by: null.example.
func (s *Source) String() string { return s.Kind + "." + s.BuildName() }

// Component is what a provisioner and a post-processor have in common.
type Component struct {
	Kind, Name   string   // Name may be ""
	Only, Except []string // names of sources; at most one of the lists is not empty
	Body         hcl.Body // without the attributes that are the core's
	Range        hcl.Range
	KindRange    hcl.Range // of the label that says the kind
}

// Skips reports whether the component is left out for a source.
func (c *Component) Skips(s *Source) bool {
	if len(c.Only) > 0 {
		return !slices.Contains(c.Only, s.String())
	}
	return slices.Contains(c.Except, s.String())
}

// Title is what a person reads for the component.
func (c *Component) Title() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Kind
}

// Provisioner is a provisioner block.
type Provisioner struct {
	Component
	PauseBefore, Timeout time.Duration // 0: none
	MaxRetries           int
	Override             map[string]map[string]any // by the name of a source in its build: attributes that replace the block's
}

// PostProcessor is a post-processor block.
type PostProcessor struct {
	Component
	KeepInputArtifact *bool // nil: as the component likes
}

// ref names a source block.
type ref struct{ kind, name string }

func (r ref) String() string { return "source." + r.kind + "." + r.name }

// sourceBlock is a source as it is defined.
type sourceBlock struct {
	body hcl.Body
	rng  hcl.Range
	kind hcl.Range // of the label that says the kind
}

// builds understands the sources and the builds. Blocks inside of them may be made by dynamic blocks, so this needs all values.
func (l *loader) builds(scope *hcl.EvalContext) []*Build {
	sources := map[ref]sourceBlock{}
	var blocks []*hcl.Block
	for _, f := range l.files {
		content, ok := l.content(dynblock.Expand(f.body, scope), topLevel)
		if !ok {
			continue
		}
		for _, b := range content.Blocks {
			switch b.Type {
			case "source":
				r := ref{b.Labels[0], b.Labels[1]}
				if first, ok := sources[r]; ok {
					l.twice(r.String()+" is defined twice", b.DefRange, first.rng)
					continue
				}
				sources[r] = sourceBlock{b.Body, b.DefRange, b.LabelRanges[0]}
			case "build":
				blocks = append(blocks, b)
			}
		}
	}
	var builds []*Build
	for _, b := range blocks {
		builds = append(builds, l.build(b, sources, scope))
	}
	if len(builds) == 0 && l.errs == nil {
		l.errs = append(l.errs, &Error{Err: fmt.Errorf("the Packer template in %s has no build block", l.place())})
	}
	return builds
}

// place names the template.
func (l *loader) place() string {
	if l.in.File != "" {
		return l.files[0].name
	}
	return l.in.Dir
}

// build understands one build block.
func (l *loader) build(block *hcl.Block, sources map[ref]sourceBlock, outer *hcl.EvalContext) *Build {
	b := &Build{Range: block.DefRange}
	content, ok := l.content(block.Body, buildShape)
	if !ok {
		return b
	}
	b.Name = l.text(content.Attributes["name"], outer)
	l.text(content.Attributes["description"], outer)
	scope := outer.NewChild()
	scope.Variables = map[string]cty.Value{"build": cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(b.Name)})}

	attr := content.Attributes["sources"]
	for _, name := range l.texts(attr, outer) {
		if s := l.sourceUse(name, attr.Expr.Range(), sources); s != nil {
			b.Sources = append(b.Sources, s)
		}
	}
	had := attr != nil
	var cleanup hcl.Range
	for _, inner := range content.Blocks {
		switch inner.Type {
		case "source":
			had = true
			if s := l.sourceInBuild(inner, sources); s != nil {
				b.Sources = append(b.Sources, s)
			}
		case "provisioner":
			b.Provisioners = append(b.Provisioners, l.provisioner(inner, scope))
		case "error-cleanup-provisioner":
			if b.ErrorCleanup != nil {
				l.twice("a second error-cleanup-provisioner block; a build has one", inner.DefRange, cleanup)
				continue
			}
			b.ErrorCleanup, cleanup = l.provisioner(inner, scope), inner.DefRange
		case "post-processor":
			b.PostProcessors = append(b.PostProcessors, []*PostProcessor{l.postProcessor(inner, scope)})
		case "post-processors":
			var sequence []*PostProcessor
			if content, ok := l.content(inner.Body, postProcessorsShape); ok {
				for _, p := range content.Blocks {
					sequence = append(sequence, l.postProcessor(p, scope))
				}
			}
			b.PostProcessors = append(b.PostProcessors, sequence)
		}
	}
	if !had || len(b.Sources) == 0 && l.errs == nil {
		l.fail(block.DefRange, `the build block names no source, neither in "sources" nor by a source block`)
	}
	return b
}

// sourceUse finds the source that a reference means: source.kind.name, or without its first word.
func (l *loader) sourceUse(name string, rng hcl.Range, sources map[ref]sourceBlock) *Source {
	parts := strings.Split(name, ".")
	if len(parts) > 2 {
		parts = parts[1:]
	}
	if len(parts) < 2 || !hclsyntax.ValidIdentifier(parts[0]) || !hclsyntax.ValidIdentifier(parts[1]) {
		l.fail(rng, "%q is not the name of a source, such as source.type.name", clip(name))
		return nil
	}
	r := ref{parts[0], parts[1]}
	s, ok := sources[r]
	if !ok {
		var known []string
		for r := range sources {
			known = append(known, r.String())
		}
		l.fail(rng, "no source block is called %q%s", clip(name), near(r.String(), known))
		return nil
	}
	return &Source{Kind: r.kind, Name: r.name, Body: s.body, Range: s.rng, KindRange: s.kind}
}

// sourceInBuild reads a source block inside of a build: it adds attributes to the source, and may give it another name.
func (l *loader) sourceInBuild(block *hcl.Block, sources map[ref]sourceBlock) *Source {
	s := l.sourceUse(block.Labels[0], block.LabelRanges[0], sources)
	content, rest, diags := block.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "name"}}})
	if l.diagnose(diags) || s == nil {
		return nil
	}
	s.LocalName = l.text(content.Attributes["name"], nil)
	// An attribute that both have is an error of HCL's when the builder's configuration is read: there is no replacing.
	s.Body = hcl.MergeBodies([]hcl.Body{s.Body, rest})
	return s
}

// component reads what all components have, and leaves them the rest.
func (l *loader) component(block *hcl.Block, s *shape, scope *hcl.EvalContext) (Component, hcl.Attributes) {
	content, rest, diags := block.Body.PartialContent(s.schema())
	l.diagnose(diags)
	attrs := content.Attributes
	c := Component{
		Kind: block.Labels[0], Name: l.text(attrs["name"], scope), Body: rest, Range: block.DefRange, KindRange: block.LabelRanges[0],
		Only: l.texts(attrs["only"], scope), Except: l.texts(attrs["except"], scope),
	}
	if len(c.Only) > 0 && len(c.Except) > 0 {
		l.fail(attrs["except"].NameRange, "a block has only or except, not both")
	}
	return c, attrs
}

func (l *loader) provisioner(block *hcl.Block, scope *hcl.EvalContext) *Provisioner {
	c, attrs := l.component(block, provisionerShape, scope)
	p := &Provisioner{
		Component: c, PauseBefore: l.duration(attrs["pause_before"], scope), Timeout: l.duration(attrs["timeout"], scope),
	}
	if v, ok := l.value(attrs["max_retries"], cty.Number, scope); ok {
		n, exact := v.AsBigFloat().Int64()
		if exact != 0 || n < 0 || n > 1000 {
			l.fail(attrs["max_retries"].Expr.Range(), "max_retries is a whole number from 0 to 1000")
		}
		p.MaxRetries = int(n)
	}
	if attr := attrs["override"]; attr != nil && !l.isNull(attr, scope) {
		p.Override = l.override(attr, scope)
	}
	return p
}

// override reads { name of a source = { attribute = value } }.
func (l *loader) override(attr *hcl.Attribute, scope *hcl.EvalContext) map[string]map[string]any {
	v, ok := l.value(attr, cty.DynamicPseudoType, scope)
	if !ok {
		return nil
	}
	all := map[string]map[string]any{}
	if !v.Type().IsObjectType() {
		l.fail(attr.Expr.Range(), "override is an object, by the names of sources, and not a %s", v.Type().FriendlyName())
		return nil
	}
	for name, attrs := range v.AsValueMap() {
		if !attrs.Type().IsObjectType() || attrs.IsNull() {
			l.fail(attr.Expr.Range(), "override of %q is an object, with attributes of the provisioner", clip(name))
			continue
		}
		all[name] = map[string]any{}
		for key, value := range attrs.AsValueMap() {
			all[name][key] = toGo(value)
		}
	}
	return all
}

func (l *loader) postProcessor(block *hcl.Block, scope *hcl.EvalContext) *PostProcessor {
	c, attrs := l.component(block, postProcessorShape, scope)
	p := &PostProcessor{Component: c}
	if attr := attrs["keep_input_artifact"]; attr != nil && !l.isNull(attr, scope) {
		if v, ok := l.value(attr, cty.Bool, scope); ok {
			keep := v.True()
			p.KeepInputArtifact = &keep
		}
	}
	return p
}

// toGo gives a value as components take configuration that is not HCL: text, numbers, lists, maps, nil.
func toGo(v cty.Value) any {
	switch t := v.Type(); {
	case v.IsNull() || !v.IsKnown():
		return nil
	case t == cty.String:
		return v.AsString()
	case t == cty.Bool:
		return v.True()
	case t == cty.Number:
		f := v.AsBigFloat()
		if n, exact := f.Int64(); f.IsInt() && exact == 0 {
			return int(n)
		}
		n, _ := f.Float64()
		return n
	case t.IsObjectType() || t.IsMapType():
		m := map[string]any{}
		for key, e := range v.AsValueMap() {
			m[key] = toGo(e)
		}
		return m
	default:
		list := []any{}
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			list = append(list, toGo(e))
		}
		return list
	}
}
