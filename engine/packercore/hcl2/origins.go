package hcl2

import (
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// originPath finds the path in the image template that a comment tells: "# properties.customize[0]", with words around it or
// none.
var originPath = regexp.MustCompile(`\bproperties(?:\.[A-Za-z0-9_]+|\[\d+\])+`)

// Origins tells which part of the image template a place of the Packer template came from. What emits the Packer template writes
// the path into a comment above each block, or above one attribute.
type Origins struct{ spans []span }

// span is a stretch of one file that came from path.
type span struct {
	file       string
	start, end int // bytes; end is exclusive
	path       string
}

// read adds the spans of one file.
func (o *Origins) read(tokens hclsyntax.Tokens, body *hclsyntax.Body) {
	comments := map[int]string{} // line: path
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenComment {
			continue
		}
		// A comment of one line has its newline in it, so its end is on the next line.
		comments[t.Range.Start.Line] = originPath.FindString(string(t.Bytes))
	}
	o.walk(body, comments)
}

func (o *Origins) walk(body *hclsyntax.Body, comments map[int]string) {
	for _, attr := range body.Attributes {
		o.add(attr.SrcRange, comments)
	}
	for _, b := range body.Blocks {
		o.add(hcl.RangeBetween(b.TypeRange, b.CloseBraceRange), comments)
		o.walk(b.Body, comments)
	}
}

// add notes the path of the nearest comment that tells one, in the unbroken run of comments above the first line of rng.
func (o *Origins) add(rng hcl.Range, comments map[int]string) {
	for line := rng.Start.Line - 1; ; line-- {
		path, ok := comments[line]
		if !ok {
			return
		}
		if path != "" {
			o.spans = append(o.spans, span{rng.Filename, rng.Start.Byte, rng.End.Byte, path})
			return
		}
	}
}

// at returns the path of the smallest span around a place, or "".
func (o *Origins) at(rng hcl.Range) string {
	var best span
	for _, s := range o.spans {
		inside := s.file == rng.Filename && s.start <= rng.Start.Byte && rng.Start.Byte < s.end
		if inside && (best.path == "" || s.end-s.start < best.end-best.start) {
			best = s
		}
	}
	return best.path
}
