package packercore

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ingot-build/ingot/translate/diag"
)

// shape says what a block of the core's own may hold. The bodies of components are not described here: their ConfigSpec does it.
type shape struct {
	what   string            // for messages: "the top level", "a build block"
	attrs  []string          // understood
	blocks map[string]int    // understood, with the number of their labels
	later  map[string]string // Packer knows it and this package does not; the value says what to do, or ""
	open   bool              // attributes and blocks that are not listed belong to a component
}

// The shapes of Packer 1.9. What is in later is refused by name, since running without it would make another image.
var (
	topLevel = shape{
		what:   "the top level",
		blocks: map[string]int{"packer": 0, "variable": 1, "source": 2, "build": 0},
		later: map[string]string{
			"variables": "write one variable block for each",
			"local":     "write the value where it is used",
			"locals":    "write the values where they are used",
			"data":      "",
		},
	}
	packerShape = shape{
		what:  "a packer block",
		attrs: []string{"required_version"},
		later: map[string]string{"required_plugins": "plugins are linked in, so none is installed"},
	}
	variableShape = shape{
		what:  "a variable block",
		attrs: []string{"type", "default", "description", "sensitive"},
		later: map[string]string{"validation": ""},
	}
	buildShape = shape{
		what:   "a build block",
		attrs:  []string{"name", "description", "sources"},
		blocks: map[string]int{"provisioner": 1},
		later: map[string]string{
			"source": `name it in "sources"`, "post-processor": "", "post-processors": "",
			"error-cleanup-provisioner": "", "hcp_packer_registry": "",
		},
	}
	provisionerShape = shape{
		what:  "a provisioner block",
		attrs: []string{"name", "pause_before", "timeout", "max_retries"},
		later: map[string]string{
			"only": "a template has one source", "except": "a template has one source", "override": "",
			// hcl's own way to make blocks, which Packer expands before a component sees them.
			"dynamic": "write the blocks out",
		},
		open: true,
	}
)

// check notes everything in the body that its shape does not have.
func (l *loader) check(body *hclsyntax.Body, s shape) {
	for _, attr := range slices.SortedFunc(maps.Values(body.Attributes), byPlace) {
		if fix, ok := s.later[attr.Name]; ok {
			l.fail(attr.NameRange, "%s", unsupported("attribute", attr.Name, s.what, fix))
		} else if !s.open && !slices.Contains(s.attrs, attr.Name) {
			l.fail(attr.NameRange, "%s has no attribute %q%s", s.what, attr.Name, near(attr.Name, s.attrs))
		}
	}
	for _, b := range body.Blocks {
		if fix, ok := s.later[b.Type]; ok {
			l.fail(b.TypeRange, "%s", unsupported("block", b.Type, s.what, fix))
			continue
		}
		if _, ok := s.blocks[b.Type]; !ok && !s.open {
			l.fail(b.TypeRange, "%s has no block %q%s", s.what, b.Type, near(b.Type, slices.Collect(maps.Keys(s.blocks))))
		}
	}
}

// labels reports whether a block of the top level or of a build has as many labels as it needs, and notes it when not.
func (l *loader) labels(b *hclsyntax.Block) bool {
	want, ok := topLevel.blocks[b.Type]
	if !ok {
		want, ok = buildShape.blocks[b.Type]
	}
	if !ok {
		return false // noted by check
	}
	if len(b.Labels) != want {
		words := []string{"no label", "one label", "two labels"}
		l.fail(b.DefRange(), "a %s block has %s, and this one has %d", b.Type, words[want], len(b.Labels))
		return false
	}
	return true
}

func byPlace(a, b *hclsyntax.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte }

func unsupported(kind, name, where, fix string) string {
	text := fmt.Sprintf("%s %q of %s is not supported", kind, name, strings.TrimPrefix(where, "a "))
	if fix != "" {
		text += ": " + fix
	}
	return text
}

// near renders the names that would have been right; "" when there are none.
func near(given string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; " + diag.KnownNames(given, names)
}

// known renders the keys of a registry.
func known[V any](given string, m map[string]V) string {
	if len(m) == 0 {
		return "none is linked in"
	}
	return diag.KnownNames(given, slices.Collect(maps.Keys(m)))
}
