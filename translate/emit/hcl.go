package emit

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// block is an HCL body under construction, with the few things a Packer template needs.
//
// There are three ways to set a string, since Packer does more with some than to read them: label for what is only shown, str for
// what is taken as it is, and text for what a person wrote and Packer would render as a Go template. What cannot be written
// exactly is noted, and err of the root block gives it in the end.
type block struct {
	*hclwrite.Body
	place string
	bad   *[]error
}

func newBlock(b *hclwrite.Body) block { return block{b, "", &[]error{}} }

func (b block) err() error { return errors.Join(*b.bad...) }

func (b block) refuse(name, format string, args ...any) {
	*b.bad = append(*b.bad, fmt.Errorf("%s%s: %s", b.place, name, fmt.Sprintf(format, args...)))
}

// str sets a string that Packer takes as it is. hclwrite escapes quotes and the "${" and "%{" that would start a template.
func (b block) str(name, value string) { b.SetAttributeValue(name, b.exact(name, value)) }

// exact is the value of a string in HCL; one that HCL would change is refused.
func (b block) exact(name, value string) cty.Value {
	v := cty.StringVal(value)
	switch {
	case !utf8.ValidString(value):
		b.refuse(name, "%q is not UTF-8, so HCL cannot hold it", value)
	case v.AsString() != value:
		b.refuse(name, "%q is not in Unicode's form NFC, and HCL would change it to %q", value, v.AsString())
	}
	return v
}

// label sets a string that is only shown: Unicode's forms of one letter are the same there.
func (b block) label(name, value string) {
	b.SetAttributeValue(name, cty.StringVal(strings.ToValidUTF8(value, "\ufffd")))
}

// text sets a string that a person wrote and that Packer renders once, when it prepares the component.
func (b block) text(name, value string) {
	b.SetAttributeValue(name, cty.StringVal(braces(b.exact(name, value).AsString())))
}

// optional sets a text that is not "".
func (b block) optional(name, value string) {
	if value != "" {
		b.text(name, value)
	}
}

// texts sets a list of texts, unless there are none.
func (b block) texts(name string, values []string) {
	if len(values) == 0 {
		return
	}
	list := make([]cty.Value, len(values))
	for i, v := range values {
		list[i] = cty.StringVal(braces(b.exact(name, v).AsString()))
	}
	b.SetAttributeValue(name, cty.TupleVal(list))
}

// braces escapes what a Go template would take for the start of an action, for one rendering.
func braces(s string) string { return strings.ReplaceAll(s, "{{", "{{`{{`}}") }

// destination sets where a file goes. Packer renders it over and over until nothing changes, so "{{" has no escape there.
func (b block) destination(value string) {
	const name = "destination"
	if strings.Contains(value, "{{") {
		b.refuse(name, "Packer cannot write to %q, since it takes \"{{\" for a template", value)
	}
	b.str(name, value)
}

// yes sets a boolean to true.
func (b block) yes(name string) { b.SetAttributeValue(name, cty.True) }

// number sets a whole number.
func (b block) number(name string, value int64) { b.SetAttributeValue(name, cty.NumberIntVal(value)) }

// ref sets a reference such as var.cpus, or a bare word such as string.
func (b block) ref(name string, words ...string) {
	t := hcl.Traversal{hcl.TraverseRoot{Name: words[0]}}
	for _, w := range words[1:] {
		t = append(t, hcl.TraverseAttr{Name: w})
	}
	b.SetAttributeTraversal(name, t)
}

// pair is one attribute of an object.
type pair struct {
	name  string
	value cty.Value
}

// object sets an object with its attributes in the order given, one a line.
func (b block) object(name string, pairs ...pair) {
	attrs := make([]hclwrite.ObjectAttrTokens, len(pairs))
	for i, p := range pairs {
		attrs[i] = hclwrite.ObjectAttrTokens{Name: hclwrite.TokensForIdentifier(p.name), Value: hclwrite.TokensForValue(p.value)}
	}
	b.SetAttributeRaw(name, hclwrite.TokensForObject(attrs))
}

// file sets the path of a content: "${path.root}/files/<name>". The name is plain, so nothing in it needs an escape.
func (b block) file(name, fileName string) { b.joined(name, "path", "root", "/"+FilesDir+"/"+fileName) }

// seconds sets a duration to what a variable says: "${var.<variable>}s".
func (b block) seconds(name, variable string) { b.joined(name, "var", variable, "s") }

// joined sets "${root.attr}rest", where nothing needs an escape.
func (b block) joined(name, root, attr, rest string) {
	b.SetAttributeRaw(name, hclwrite.Tokens{
		{Type: hclsyntax.TokenOQuote, Bytes: []byte(`"`)},
		{Type: hclsyntax.TokenTemplateInterp, Bytes: []byte("${")},
		{Type: hclsyntax.TokenIdent, Bytes: []byte(root)},
		{Type: hclsyntax.TokenDot, Bytes: []byte(".")},
		{Type: hclsyntax.TokenIdent, Bytes: []byte(attr)},
		{Type: hclsyntax.TokenTemplateSeqEnd, Bytes: []byte("}")},
		{Type: hclsyntax.TokenQuotedLit, Bytes: []byte(rest)},
		{Type: hclsyntax.TokenCQuote, Bytes: []byte(`"`)},
	})
}

// block adds a nested block.
func (b block) block(typ string, labels ...string) block {
	place := b.place + strings.Join(append([]string{typ}, labels...), " ") + ": "
	return block{b.AppendNewBlock(typ, labels).Body(), place, b.bad}
}

// comment adds a line of comment. Control characters cannot end it early.
func (b block) comment(text string) {
	text = oneLine(text)
	b.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + text + "\n")}})
}
