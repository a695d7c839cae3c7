package translate

import (
	"strconv"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Places finds where the properties of an image template are written, by their paths: properties.distribute[1].versioning. It is
// for what is found out about a plan, which knows no more than the path. A property that is not written is where the nearest around
// it is; the range is zero when the options do not choose one image template of src.
// src is read again when the function is first called.
func Places(src Source, opts Options) func(path string) diag.Range {
	load := sync.OnceValue(func() *armjson.Node {
		loaded, list := Load(src, opts)
		if list.HasErrors() || len(loaded.ImageTemplates) != 1 {
			return nil
		}
		return loaded.ImageTemplates[0].Node
	})
	return func(path string) diag.Range {
		if root := load(); root != nil {
			return placeOf(root, path)
		}
		return diag.Range{}
	}
}

func placeOf(n *armjson.Node, path string) diag.Range {
	at := nameRange(n)
	for part := range strings.SplitSeq(path, ".") {
		name, indexes, _ := strings.Cut(part, "[")
		m := n.Member(name)
		if m == nil {
			return at
		}
		n, at = m.Value, rangeOf(m.Value, m.KeyRange)
		for index := range strings.SplitSeq(strings.TrimSuffix(indexes, "]"), "][") {
			i, err := strconv.Atoi(index)
			if err != nil || n.Kind != armjson.Array || i < 0 || i >= len(n.Items) {
				break
			}
			n = n.Items[i]
			at = rangeOf(n, diag.Range{File: n.Range.File, Start: n.Range.Start, End: n.Range.Start})
		}
	}
	return at
}

// rangeOf is where to point for a value: at the value itself, unless it goes over lines.
func rangeOf(n *armjson.Node, start diag.Range) diag.Range {
	if n.Kind == armjson.Object || n.Kind == armjson.Array || n.Range.IsZero() {
		return start
	}
	return n.Range
}
