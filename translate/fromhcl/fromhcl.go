// Package fromhcl turns a Packer template into an image template: the way back from what translate/emit writes, and the way in for
// whoever builds with azure-arm today.
//
// Nothing is left out in silence. What the service does by itself, does otherwise or cannot do is a finding at its place in the Packer
// template. Variables stay variables: they become parameters of the deployment template around the image template.
//
// Import is pure: it evaluates no function that asks the world, and reads scripts through Options.Read alone.
package fromhcl

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/hcltext"
)

// ownMark is how a translation by Ingot starts. Its variables are about the host that builds, so they become no parameters.
var ownMark = []byte("# Made by Ingot from an image template")

// builderType is the builder that there is a way back from.
const builderType = "azure-arm"

// Options say how to read a Packer template. The zero Options reads one with a single azure-arm source, as its defaults have it.
type Options struct {
	Name       string            // of the image template; "" for that of the build, else of the source
	Source     string            // name of the azure-arm source; "" when there is one only
	Vars       map[string]string // values of variables: those are written as values, and not as parameters
	APIVersion string            // of the image template; "" for the newest
	// Read gives a file that a provisioner names, by its path from the folder of the Packer template. Nil: no file can be read, and
	// scripts are named by their paths.
	Read func(name string) ([]byte, error)
	// Folder is the path of the Packer template's folder from that of the image template; "" when they are the same.
	Folder string
}

// Import makes the deployment template, as JSON, of a Packer template: its files by their names, each with a text in HCL. The list is
// sorted; the text is nil when it has errors.
func Import(files map[string][]byte, o Options) ([]byte, diag.List) {
	m := &importing{options: o, eval: newEval(o.Vars), asked: map[*hclsyntax.Attribute]text{}, locals: map[string]converted{}}
	blocks := m.parse(files)
	if m.list.HasErrors() {
		return nil, m.list
	}
	for _, text := range files {
		m.own = m.own || bytes.HasPrefix(text, ownMark)
	}
	m.eval.declare(blocks, m)
	source, builds := m.choose(blocks)
	if m.list.HasErrors() {
		m.list.Sort()
		return nil, m.list
	}
	text := m.document(source, builds)
	m.list.Sort()
	if m.list.HasErrors() {
		return nil, m.list
	}
	return text, m.list
}

// importing is what the parts of Import share.
type importing struct {
	options              Options
	eval                 *eval
	list                 diag.List
	own                  bool // the Packer template is a translation by Ingot
	windows, generalizes bool
	params               []*parameter                  // in the order of their first use
	asked                map[*hclsyntax.Attribute]text // what became a parameter for want of a value
	locals               map[string]converted
}

// parse reads the files in the order of their names, and gives their blocks.
func (m *importing) parse(files map[string][]byte) []*hclsyntax.Block {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var blocks []*hclsyntax.Block
	for _, name := range names {
		f, found := hcltext.Parse(files[name], name)
		for _, d := range found {
			if d.Severity == hcl.DiagError {
				m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNotRead, Subject: rangeOf(d.Subject), Summary: sentence(d.Summary),
					Why: sentence(d.Detail)})
			}
		}
		if body, ok := f.Body.(*hclsyntax.Body); ok {
			blocks = append(blocks, body.Blocks...)
		}
	}
	return blocks
}

// choose finds the source that is meant, and the builds that use it.
func (m *importing) choose(blocks []*hclsyntax.Block) (source *hclsyntax.Block, builds []*hclsyntax.Block) {
	var sources []*hclsyntax.Block
	for _, b := range blocks {
		switch {
		case b.Type == "source" && len(b.Labels) == 2 && b.Labels[0] == builderType:
			sources = append(sources, b)
		case b.Type == "source" && len(b.Labels) == 2:
			m.lost(b.DefRange(), fmt.Sprintf("source %q is not for Azure, and left out", strings.Join(b.Labels, ".")), "")
		case b.Type == "build":
			builds = append(builds, b)
		case b.Type == "data":
			m.lost(b.DefRange(), fmt.Sprintf("data source %q is left out", strings.Join(b.Labels, ".")),
				"a deployment template reads nothing while it is evaluated; what comes out of it becomes a parameter")
		case !slices.Contains([]string{"packer", "variable", "variables", "locals", "local"}, b.Type):
			m.lost(b.DefRange(), fmt.Sprintf("block %q is left out", b.Type), "")
		}
	}
	var names []string
	for _, s := range sources {
		if names = append(names, s.Labels[1]); s.Labels[1] == m.options.Source {
			source = s
		}
	}
	switch {
	case source != nil:
	case len(sources) == 0:
		m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNoSource, Summary: "the Packer template has no azure-arm source",
			Why: "an image template says what is built in Azure", Fix: "name a folder or file with a block: source \"azure-arm\" \"NAME\""})
		return nil, nil
	case m.options.Source != "":
		m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNoSource, Summary: fmt.Sprintf("there is no azure-arm source %q", m.options.Source),
			Fix: diag.KnownNames(m.options.Source, names)})
		return nil, nil
	case len(sources) > 1:
		r := sources[1].DefRange()
		m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNoSource, Subject: rangeOf(&r), Why: "an image template has one source",
			Summary: fmt.Sprintf("the Packer template has %d azure-arm sources", len(sources)), Fix: "choose one; " + diag.KnownNames("", names)})
		return nil, nil
	default:
		source = sources[0]
	}
	builds = slices.DeleteFunc(builds, func(b *hclsyntax.Block) bool { return !m.uses(b, source.Labels[1]) })
	if len(builds) == 0 {
		r := source.DefRange()
		m.add(diag.Diagnostic{Severity: diag.Error, Code: CodeNoSource, Subject: rangeOf(&r),
			Summary: fmt.Sprintf("no build uses the source %q", source.Labels[1])})
	}
	return source, builds
}

// uses reports whether a build names the azure-arm source, in its list or in a block of its own.
func (m *importing) uses(build *hclsyntax.Block, name string) bool {
	for _, b := range build.Body.Blocks {
		if b.Type == "source" && len(b.Labels) == 1 && trimRef(b.Labels[0]) == builderType+"."+name {
			return true
		}
	}
	attr := build.Body.Attributes["sources"]
	if attr == nil {
		return false
	}
	list, _ := m.eval.known(attr.Expr)
	return slices.ContainsFunc(textsOf(list), func(ref string) bool { return trimRef(ref) == builderType+"."+name })
}

func trimRef(ref string) string { return strings.TrimPrefix(ref, "source.") }

// overrides gives the block of a build that sets more of its source; nil when it has none.
func overrides(build *hclsyntax.Block, name string) *hclsyntax.Body {
	for _, b := range build.Body.Blocks {
		if b.Type == "source" && len(b.Labels) == 1 && trimRef(b.Labels[0]) == builderType+"."+name {
			return b.Body
		}
	}
	return nil
}

// name is that of the image template, in the characters that the service takes.
func (m *importing) name(source *hclsyntax.Block, builds []*hclsyntax.Block) string {
	var build string
	for _, b := range builds {
		if attr := b.Body.Attributes["name"]; attr != nil && build == "" {
			v, _ := m.eval.known(attr.Expr)
			build = textOf(v)
		}
	}
	return plainName(cmp.Or(m.options.Name, build, source.Labels[1]))
}

// plainName keeps what the names of resources and run outputs may have: letters, digits, "-", "_" and "."; at most 64 of them.
func plainName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		default:
			return '-'
		}
	}, s)
	return cmp.Or(strings.Trim(s[:min(len(s), 64)], "-_."), "image")
}

// script reads a file that a provisioner names; ok is false when it cannot be had.
func (m *importing) script(name string) (text []byte, ok bool) {
	if m.options.Read == nil {
		return nil, false
	}
	text, err := m.options.Read(path.Clean(name))
	return text, err == nil
}
