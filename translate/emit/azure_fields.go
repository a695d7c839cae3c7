package emit

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/emit/configspec"
)

// fields is a source block, or a block in one, that holds what the plugin's release knows. Methods that take the path of a
// property note a loss where the release has no such field; the others are for fields that every release has.
type fields struct {
	block
	of   *azure
	path []string // names of the blocks around it
}

// has reports whether the release has a field, and otherwise notes what is lost with it.
func (f fields) has(property, name string) bool {
	path := append(append([]string(nil), f.path...), name)
	if f.of.fields.Attribute(path...) != "" || f.of.fields.Block(path...) {
		return true
	}
	l := Loss{Path: property, What: fmt.Sprintf("%q is not set", name),
		Why: fmt.Sprintf("the azure plugin %s has no such field", f.of.wanted.Lowest)}
	if since, ok := configspec.Since(path...); ok && since.Compare(f.of.wanted.Lowest) > 0 {
		l.Fix = fmt.Sprintf("--plugin-version %s", since)
	}
	f.of.lose(l)
	return false
}

// text sets what a person wrote, unless it is "".
func (f fields) text(property, name, value string) {
	if value != "" && f.has(property, name) {
		f.block.text(name, value)
	}
}

// texts sets a list of what a person wrote, unless it is empty.
func (f fields) texts(property, name string, values []string) {
	if len(values) > 0 && f.has(property, name) {
		f.block.texts(name, values)
	}
}

func (f fields) number(property, name string, value int64) {
	if f.has(property, name) {
		f.block.number(name, value)
	}
}

func (f fields) numbers(property, name string, values []int64) {
	if !f.has(property, name) {
		return
	}
	list := make([]cty.Value, len(values))
	for i, v := range values {
		list[i] = cty.NumberIntVal(v)
	}
	f.SetAttributeValue(name, cty.TupleVal(list))
}

func (f fields) setTrue(property, name string) {
	if f.has(property, name) {
		f.yes(name)
	}
}

// textMap sets a map of what a person wrote, unless it is empty.
func (f fields) textMap(property, name string, values map[string]string) {
	if len(values) == 0 || !f.has(property, name) {
		return
	}
	m := make(map[string]cty.Value, len(values))
	for k, v := range values {
		m[f.exact(name, k).AsString()] = cty.StringVal(braces(f.exact(name, v).AsString()))
	}
	f.SetAttributeValue(name, cty.ObjectVal(m))
}

// nested adds a block; it is for blocks that the release has.
func (f fields) nested(name string) fields {
	return fields{f.block.block(name), f.of, append(append([]string(nil), f.path...), name)}
}

// section starts a group of fields with the place they come from.
func (f fields) section(from string) {
	f.blank()
	f.comment(from)
}

// say starts a group of fields with a remark.
func (f fields) say(remark string) { f.section(remark) }

func (f fields) blank() { f.AppendNewline() }
