package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/schema"
)

// complete lists what may be written at a place of a document: names and values of the api-version that the image template has.
func (d *document) complete(at Position, snippets bool) CompletionList {
	list := CompletionList{Items: []CompletionItem{}}
	c, ok := cursorAt(d.text.data, d.text.offset(at))
	if !ok {
		return list
	}
	p, ok := c.placeAt(d.file, d.text.data)
	if !ok {
		return list
	}
	add := func(item CompletionItem, insert string) {
		item.FilterText = item.Label
		if c.start < c.end && d.text.data[c.start] == '"' { // editors compare with the text that is to be replaced
			item.FilterText = `"` + item.Label + `"`
		}
		item.TextEdit = &TextEdit{d.text.span(c.start, c.end), insert}
		list.Items = append(list.Items, item)
	}
	if c.value {
		completeValue(p, add)
	} else {
		completeName(p, c, snippets, add)
	}
	return list
}

func completeName(p place, c cursor, snippets bool, add func(CompletionItem, string)) {
	if p.typ == nil {
		return
	}
	properties := p.typ.Properties(p.version)
	if p.typ.Discriminator != "" { // a union whose case is not known yet: that comes first
		_, prop := member(p.typ, step{p.object, p.typ.Discriminator}, p.version)
		properties = []*schema.Property{prop}
	}
	for _, prop := range properties {
		written := slices.ContainsFunc(p.object.Members, func(m armjson.Member) bool { return strings.EqualFold(m.Key, prop.Name) })
		if prop.ReadOnly || written {
			continue
		}
		doc := markdown(describe(prop, p.version))
		item := CompletionItem{Label: prop.Name, Kind: kindProperty, Detail: detail(prop), Documentation: &doc, SortText: "2" + prop.Name}
		if prop.Required {
			item.SortText = "1" + prop.Name
		}
		insert := `"` + prop.Name + `"`
		if !c.colon {
			insert += ": "
			if snippets {
				item.InsertTextFormat = formSnippet
				insert = strings.ReplaceAll(insert, "$", `\$`) + skeleton(prop)
			}
		}
		add(item, insert)
	}
}

// skeleton is a value of the right type to go on with, as a snippet.
func skeleton(p *schema.Property) string {
	switch p.Kind {
	case schema.String:
		return `"$0"`
	case schema.Array:
		return "[$0]"
	case schema.Object, schema.Map:
		return "{$0}"
	}
	return "$0"
}

func completeValue(p place, add func(CompletionItem, string)) {
	switch p.kind() {
	case schema.Boolean:
		for _, v := range []string{"true", "false"} {
			add(CompletionItem{Label: v, Kind: kindEnumMember, SortText: v}, v)
		}
	case schema.String:
		values := p.prop.OneOf
		if p.prop.Name == "apiVersion" {
			values = schema.Versions()
			slices.Reverse(values) // the newest first
		}
		for i, v := range values {
			add(CompletionItem{Label: v, Kind: kindEnumMember, SortText: fmt.Sprintf("%02d", i)}, `"`+v+`"`)
		}
	}
}
