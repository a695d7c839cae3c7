package check

import (
	"embed"

	"github.com/ingot-build/ingot/translate/diag"
)

// pages holds a page for each rule, pages/<code>.txtar: an archive of text files as golang.org/x/tools/txtar describes it.
//
//	What a reader should know of it, in a paragraph or two of Markdown: what happens otherwise, and when the rule is silent.
//	-- base --
//	windows                     (only if the examples are about Windows; else they are about Linux)
//	-- bad.json --
//	{"properties": {"customize": [ … ]}}
//	-- install.sh --            (a script that an example has at this scriptUri, if the rule is about files)
//	-- findings --              (what ingot says about bad.json; rewritten by -update)
//	-- good.json --
//	{"properties": {"customize": [ … ]}}
//
// An example is the part of an image template that matters. The rest is that of testdata/base.<os>.json: members of an object in the
// example stand beside those of the base, and replace the ones of the same name.
//
//go:embed pages/*.txtar
var pages embed.FS

// Page returns the page of a rule as a txtar archive; nil for a code that is not that of a rule.
func Page(code diag.Code) []byte {
	data, err := pages.ReadFile("pages/" + string(code) + ".txtar")
	if err != nil {
		return nil
	}
	return data
}
