package emit

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// block is an HCL body under construction, with the few things the Packer template needs.
type block struct{ *hclwrite.Body }

// str sets a string. hclwrite escapes quotes and the "${" and "%{" that would start a template.
func (b block) str(name, value string) { b.SetAttributeValue(name, cty.StringVal(value)) }

// yes sets a boolean to true.
func (b block) yes(name string) { b.SetAttributeValue(name, cty.True) }

// ref sets a reference such as var.cpus, or a bare word such as string.
func (b block) ref(name string, words ...string) {
	t := hcl.Traversal{hcl.TraverseRoot{Name: words[0]}}
	for _, w := range words[1:] {
		t = append(t, hcl.TraverseAttr{Name: w})
	}
	b.SetAttributeTraversal(name, t)
}

// file sets the path of a content: "${path.root}/files/<name>". The name is plain, so nothing in it needs an escape.
func (b block) file(name, fileName string) {
	b.SetAttributeRaw(name, hclwrite.Tokens{
		{Type: hclsyntax.TokenOQuote, Bytes: []byte(`"`)},
		{Type: hclsyntax.TokenTemplateInterp, Bytes: []byte("${")},
		{Type: hclsyntax.TokenIdent, Bytes: []byte("path")},
		{Type: hclsyntax.TokenDot, Bytes: []byte(".")},
		{Type: hclsyntax.TokenIdent, Bytes: []byte("root")},
		{Type: hclsyntax.TokenTemplateSeqEnd, Bytes: []byte("}")},
		{Type: hclsyntax.TokenQuotedLit, Bytes: []byte("/" + FilesDir + "/" + fileName)},
		{Type: hclsyntax.TokenCQuote, Bytes: []byte(`"`)},
	})
}

// block adds a nested block.
func (b block) block(typ string, labels ...string) block {
	return block{b.AppendNewBlock(typ, labels).Body()}
}

// comment adds a line of comment. Control characters cannot end it early.
func (b block) comment(text string) {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	b.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + text + "\n")}})
}
