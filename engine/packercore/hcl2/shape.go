package hcl2

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// shape says what a block of the core's own may hold. The bodies of components are not described here: their specification does
// it. HCL's own check of a body says neither what would be right nor that Packer knows what is missing here.
type shape struct {
	what    string            // for messages: "the top level", "a build block"
	attrs   []string          // understood
	blocks  map[string]*shape // understood; a nil shape has no check of its own
	refused map[string]string // Packer knows it and this package does not; the value says why or what to do
	open    bool              // attributes and blocks that are not listed belong to a component
	free    bool              // any attribute, by a name of the user's: locals
}

// The shapes of Packer 1.16, from the inside out.
var (
	componentShape = &shape{what: "a component", open: true}

	provisionerShape = &shape{
		what:  "a provisioner block",
		attrs: []string{"name", "pause_before", "timeout", "max_retries", "only", "except", "override"},
		open:  true,
	}
	postProcessorShape = &shape{
		what:  "a post-processor block",
		attrs: []string{"name", "only", "except", "keep_input_artifact"},
		open:  true,
	}
	postProcessorsShape = &shape{
		what:   "a post-processors block",
		blocks: map[string]*shape{"post-processor": postProcessorShape},
	}
	buildShape = &shape{
		what:  "a build block",
		attrs: []string{"name", "description", "sources"},
		blocks: map[string]*shape{
			"source": componentShape, "provisioner": provisionerShape, "error-cleanup-provisioner": provisionerShape,
			"post-processor": postProcessorShape, "post-processors": postProcessorsShape,
		},
		refused: map[string]string{
			"hcp_packer_registry": "nothing is sent to HCP Packer; remove the block",
			"from":                `Packer reads it and does nothing with it; use "sources"`,
		},
	}
	variableShape = &shape{
		what:   "a variable block",
		attrs:  []string{"type", "default", "description", "sensitive"},
		blocks: map[string]*shape{"validation": {what: "a validation block", attrs: []string{"condition", "error_message"}}},
	}
	packerShape = &shape{
		what:   "a packer block",
		attrs:  []string{"required_version"},
		blocks: map[string]*shape{"required_plugins": {what: "a required_plugins block", free: true}},
	}
	topLevel = &shape{
		what: "the top level",
		blocks: map[string]*shape{
			"packer": packerShape, "variable": variableShape, "source": componentShape, "data": componentShape, "build": buildShape,
			"variables": {what: "a variables block", free: true},
			"locals":    {what: "a locals block", free: true},
			"local":     {what: "a local block", attrs: []string{"expression", "sensitive"}},
		},
		refused: map[string]string{"communicator": "Packer reads it and does nothing with it; remove the block"},
	}
)

// labels names the labels of every block that has some, for HCL.
var labels = map[string][]string{
	"variable": {"name"}, "local": {"name"}, "source": {"type", "name"}, "data": {"type", "name"}, "provisioner": {"type"},
	"error-cleanup-provisioner": {"type"}, "post-processor": {"type"},
}

// schema gives the shape as HCL reads a body by it. The source of a build has one label, unlike that of the top level.
func (s *shape) schema() *hcl.BodySchema {
	schema := &hcl.BodySchema{}
	for _, name := range s.attrs {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	for _, kind := range slices.Sorted(maps.Keys(s.blocks)) {
		names := labels[kind]
		if s == buildShape && kind == "source" {
			names = []string{"reference"}
		}
		schema.Blocks = append(schema.Blocks, hcl.BlockHeaderSchema{Type: kind, LabelNames: names})
	}
	return schema
}

// content takes a body apart by its shape. A body in native syntax was checked before; for JSON, HCL's own check has to do.
func (l *loader) content(body hcl.Body, s *shape) (*hcl.BodyContent, bool) {
	var content *hcl.BodyContent
	var diags hcl.Diagnostics
	if strings.HasSuffix(body.MissingItemRange().Filename, ".json") {
		content, diags = body.Content(s.schema())
	} else {
		content, _, diags = body.PartialContent(s.schema())
	}
	return content, !l.diagnose(diags)
}

// check notes everything in a body, and in the bodies inside it, that its shape does not have.
func (l *loader) check(body *hclsyntax.Body, s *shape) {
	for _, attr := range slices.SortedFunc(maps.Values(body.Attributes), byPlace) {
		if why, ok := s.refused[attr.Name]; ok {
			l.fail(attr.NameRange, "attribute %q of %s is not supported: %s", attr.Name, strings.TrimPrefix(s.what, "a "), why)
		} else if !s.open && !s.free && !slices.Contains(s.attrs, attr.Name) {
			l.fail(attr.NameRange, "%s has no attribute %q%s", s.what, attr.Name, near(attr.Name, s.attrs))
		}
	}
	for _, b := range body.Blocks {
		kind, rng := b.Type, b.TypeRange
		inner := b.Body
		if kind == "dynamic" && len(b.Labels) == 1 && s != topLevel { // Packer has none there
			kind, rng, inner = b.Labels[0], b.LabelRanges[0], contentOf(b)
		}
		if why, ok := s.refused[kind]; ok {
			l.fail(rng, "block %q of %s is not supported: %s", kind, strings.TrimPrefix(s.what, "a "), why)
			continue
		}
		known, ok := s.blocks[kind]
		if !ok && !s.open {
			l.fail(rng, "%s has no block %q%s", s.what, kind, near(kind, slices.Collect(maps.Keys(s.blocks))))
		}
		if known != nil && inner != nil {
			l.check(inner, known)
		}
	}
}

// contentOf gives the body that a dynamic block repeats; nil when it has none, which HCL reports when it expands the block.
func contentOf(dynamic *hclsyntax.Block) *hclsyntax.Body {
	for _, b := range dynamic.Body.Blocks {
		if b.Type == "content" {
			return b.Body
		}
	}
	return nil
}

func byPlace(a, b *hclsyntax.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte }

// twice reports something that a template may have only once, and points at the first one.
func (l *loader) twice(what string, rng, first hcl.Range) {
	l.fail(rng, "%s (the first one is at %s)", what, Range(first))
}
