package packercore

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// CoreVersion is the version of Packer whose behaviour this package reproduces. Components are told it, and required_version is
// held against it.
const CoreVersion = "1.9.4"

// packerBlock checks required_version.
func (l *loader) packerBlock(b *hclsyntax.Block) {
	l.check(b.Body, packerShape)
	attr := b.Body.Attributes["required_version"]
	v, ok := l.literal(attr, cty.String)
	if !ok {
		return
	}
	constraints, err := version.NewConstraint(v.AsString())
	if err != nil {
		l.fail(attr.Expr.Range(), "required_version: %v", err)
		return
	}
	if !constraints.Check(version.Must(version.NewVersion(CoreVersion))) {
		l.fail(attr.Expr.Range(), "required_version %q: this core does what Packer %s does", v.AsString(), CoreVersion)
	}
}

// buildBlock understands the build: which source it uses, and its provisioners in order.
func (l *loader) buildBlock(b *hclsyntax.Block) {
	l.check(b.Body, buildShape)
	if v, ok := l.literal(b.Body.Attributes["name"], cty.String); ok {
		l.t.Name = v.AsString()
	}
	l.literal(b.Body.Attributes["description"], cty.String)
	l.buildSource(b)
	for _, p := range b.Body.Blocks {
		if p.Type == "provisioner" && l.labels(p) {
			l.provisionerBlock(p)
		}
	}
}

// buildSource finds the source that the build names. It must be one: each source would make an image of its own.
func (l *loader) buildSource(b *hclsyntax.Block) {
	attr := b.Body.Attributes["sources"]
	if attr == nil {
		l.fail(b.DefRange(), `the build block has no "sources"`)
		return
	}
	v, ok := l.literal(attr, cty.List(cty.String))
	if !ok {
		return
	}
	names := v.AsValueSlice()
	if len(names) != 1 {
		l.fail(attr.Expr.Range(), "a build has one source, and this one names %d", len(names))
		return
	}
	if names[0].IsNull() {
		l.fail(attr.Expr.Range(), "the source's name is null")
		return
	}
	name := names[0].AsString()
	source, ok := l.sources[name]
	if !ok {
		// Packer takes the reference without its first word, too.
		source, ok = l.sources["source."+name]
	}
	if !ok {
		l.fail(attr.Expr.Range(), "no source block is called %q; %s", name, known(name, l.sources))
		return
	}
	l.t.source = source
}

// provisionerBlock reads the attributes that are the core's; the rest is left to the component.
func (l *loader) provisionerBlock(b *hclsyntax.Block) {
	l.check(b.Body, provisionerShape)
	p := &provisionerBlock{kind: b.Labels[0], rng: b.DefRange()}
	if _, ok := l.reg.Provisioners[p.kind]; !ok {
		l.fail(b.LabelRanges[0], "no provisioner is called %q; %s", p.kind, known(p.kind, l.reg.Provisioners))
	}
	attrs := b.Body.Attributes
	if v, ok := l.literal(attrs["name"], cty.String); ok {
		p.name = v.AsString()
	}
	p.pauseBefore = l.duration(attrs["pause_before"])
	p.timeout = l.duration(attrs["timeout"])
	if v, ok := l.literal(attrs["max_retries"], cty.Number); ok {
		n, exact := v.AsBigFloat().Int64()
		if exact != 0 || n < 0 || n > 1000 {
			l.fail(attrs["max_retries"].Expr.Range(), "max_retries is a whole number from 0 to 1000")
		}
		p.maxRetries = int(n)
	}
	schema := &hcl.BodySchema{}
	for _, name := range provisionerShape.attrs {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	_, rest, diags := b.Body.PartialContent(schema)
	l.diagnose(diags)
	p.body = rest
	l.t.provisioners = append(l.t.provisioners, p)
}

// duration reads an attribute such as "5m30s"; 0 when it is not written.
func (l *loader) duration(attr *hclsyntax.Attribute) time.Duration {
	v, ok := l.literal(attr, cty.String)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil || d < 0 {
		l.fail(attr.Expr.Range(), `%s %q is not a duration such as "90s" or "5m"`, attr.Name, v.AsString())
		return 0
	}
	return d
}

// convertTo converts a value and says in few words why it cannot.
func convertTo(v cty.Value, want cty.Type) (cty.Value, error) {
	got, err := convert.Convert(v, want)
	if err == nil {
		return got, nil
	}
	var path cty.PathError
	if errors.As(err, &path) && len(path.Path) > 0 {
		return cty.NilVal, fmt.Errorf("element %s: %w", pathString(path.Path), err)
	}
	return cty.NilVal, err
}

// pathString renders a path inside a value: [2].name.
func pathString(path cty.Path) string {
	text := ""
	for step := range slices.Values(path) {
		switch s := step.(type) {
		case cty.GetAttrStep:
			text += "." + s.Name
		case cty.IndexStep:
			if s.Key.Type() == cty.String {
				text += fmt.Sprintf("[%q]", s.Key.AsString())
			} else {
				text += fmt.Sprintf("[%s]", s.Key.AsBigFloat().Text('f', 0))
			}
		}
	}
	return text
}
