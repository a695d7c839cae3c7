package lsp

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Bounds for what is kept of open documents.
const (
	maxDocument = 4 << 20  // bytes of one: what Azure Resource Manager takes
	maxOpen     = 64 << 20 // bytes of all
)

// Check looks at a document that has an image template in it. others has the texts of the other files that findings are about, by
// the name they have there. When ctx ends, nobody wants to know any more.
type Check func(ctx context.Context, file string, data []byte) (list diag.List, others map[string][]byte)

// document is one version of an open document. It is not changed; what is made from it is made when first asked for.
type document struct {
	uri, file string
	version   int
	text      text

	ctx  context.Context // ends when there is a newer version
	drop context.CancelFunc

	root  func() *armjson.Node // nil when nothing can be read
	found func() findings
	// mended gives the edits that mend all that can be.
	mended func() []TextEdit
}

// findings are what was found about a document.
type findings struct {
	list   diag.List
	others map[string]text
}

// newDocument keeps a text. room is how many bytes may be kept.
func newDocument(ctx context.Context, uri string, version int, data string, room int, check Check) *document {
	d := &document{uri: uri, file: fileOf(uri), version: version}
	d.ctx, d.drop = context.WithCancel(ctx)
	if refused := d.refuse(data, room); refused != nil {
		d.text = newText(nil)
		d.root = func() *armjson.Node { return nil }
		d.found = func() findings { return findings{list: refused} }
		d.mended = func() []TextEdit { return nil }
		return d
	}
	d.text = newText([]byte(data))
	d.root = sync.OnceValue(func() *armjson.Node {
		root, _ := armjson.Parse(d.file, d.text.data)
		return root
	})
	d.found = sync.OnceValue(func() findings {
		// Editors open all kinds of JSON files. What is wrong with the others is nobody's business here.
		if len(templates(d.root())) == 0 {
			return findings{}
		}
		list, files := check(d.ctx, d.file, d.text.data)
		others := map[string]text{}
		for name, data := range files {
			others[name] = newText(data)
		}
		return findings{list, others}
	})
	d.mended = sync.OnceValue(func() []TextEdit { return d.mendAll(check) })
	return d
}

// mention is what a document is asked for that is too large to be read.
var mention = regexp.MustCompile(`(?i)"Microsoft\.VirtualMachineImages/imageTemplates"`)

// refuse says what a document that is too large gets instead of a look; nil for every other one, and an empty list when nothing says
// that it has to do with image templates.
func (d *document) refuse(data string, room int) diag.List {
	f := diag.Diagnostic{Severity: diag.Error, Code: armjson.CodeTooLarge, Subject: diag.Range{File: d.file}}
	switch {
	case len(data) > maxDocument:
		f.Summary = fmt.Sprintf("the document is larger than %d MiB, and not looked at", maxDocument>>20)
		f.Why = "Azure Resource Manager takes templates of up to 4 MiB"
	case len(data) > room:
		f.Severity = diag.Warning
		f.Summary = "the document is not looked at: too much text is open"
		f.Why = fmt.Sprintf("at most %d MiB are kept", maxOpen>>20)
		f.Fix = "close another document, then this one, and open it again"
	default:
		return nil
	}
	if !mention.MatchString(data) {
		return diag.List{}
	}
	return diag.List{f}
}
