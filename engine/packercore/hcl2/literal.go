package hcl2

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// literal evaluates an attribute that may use no variable and no function. ok is false when it is not written, and when it is
// wrong, which is then noted.
func (l *loader) literal(attr *hcl.Attribute, want cty.Type) (cty.Value, bool) {
	return l.value(attr, want, nil)
}

// value evaluates an attribute of the core's own in a scope and converts it. It must be known and not null.
func (l *loader) value(attr *hcl.Attribute, want cty.Type, scope *hcl.EvalContext) (cty.Value, bool) {
	if attr == nil {
		return cty.NilVal, false
	}
	v, diags := attr.Expr.Value(scope)
	if l.diagnose(diags) {
		return cty.NilVal, false
	}
	v, err := convertTo(v, want)
	if err != nil {
		l.fail(attr.Expr.Range(), "%s: %v", attr.Name, err)
		return cty.NilVal, false
	}
	if v.IsNull() {
		l.fail(attr.Expr.Range(), "%s is null", attr.Name)
		return cty.NilVal, false
	}
	if !v.IsWhollyKnown() {
		l.fail(attr.Expr.Range(), "%s depends on a value that is known only when a build runs", attr.Name)
		return cty.NilVal, false
	}
	return v, true
}

// text reads an attribute that is a text; "" when it is not written.
func (l *loader) text(attr *hcl.Attribute, scope *hcl.EvalContext) string {
	v, ok := l.value(attr, cty.String, scope)
	if !ok {
		return ""
	}
	return v.AsString()
}

// isNull reports whether an attribute is written as null, which Packer takes for not written where it is a list or an object.
func (l *loader) isNull(attr *hcl.Attribute, scope *hcl.EvalContext) bool {
	v, diags := attr.Expr.Value(scope)
	return !diags.HasErrors() && v.IsNull()
}

// texts reads an attribute that is a list of texts; nil when it is not written or null.
func (l *loader) texts(attr *hcl.Attribute, scope *hcl.EvalContext) []string {
	if attr == nil || l.isNull(attr, scope) {
		return nil
	}
	v, ok := l.value(attr, cty.List(cty.String), scope)
	if !ok {
		return nil
	}
	var list []string
	for it := v.ElementIterator(); it.Next(); {
		if _, e := it.Element(); e.IsNull() {
			l.fail(attr.Expr.Range(), "%s: an element is null", attr.Name)
		} else {
			list = append(list, e.AsString())
		}
	}
	return list
}

// duration reads an attribute such as "5m30s"; 0 when it is not written.
func (l *loader) duration(attr *hcl.Attribute, scope *hcl.EvalContext) time.Duration {
	text := l.text(attr, scope)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		l.fail(attr.Expr.Range(), `%s %q is not a duration such as "90s" or "5m"`, attr.Name, clip(text))
		return 0
	}
	return d
}

// convertTo converts a value and says in few words why it cannot.
func convertTo(v cty.Value, want cty.Type) (cty.Value, error) {
	got, err := convert.Convert(v, want)
	if err == nil {
		return got, nil
	}
	var path cty.PathError
	if errors.As(err, &path) && len(path.Path) > 0 {
		return cty.NilVal, fmt.Errorf("element %s: %w", pathString(path.Path), err)
	}
	return cty.NilVal, err
}

// pathString renders a path inside a value: [2].name.
func pathString(path cty.Path) string {
	text := ""
	for _, step := range path {
		switch s := step.(type) {
		case cty.GetAttrStep:
			text += "." + s.Name
		case cty.IndexStep:
			switch {
			case !s.Key.IsKnown() || s.Key.IsNull():
				text += "[…]"
			case s.Key.Type() == cty.String:
				text += fmt.Sprintf("[%q]", s.Key.AsString())
			case s.Key.Type() == cty.Number:
				text += fmt.Sprintf("[%s]", s.Key.AsBigFloat().Text('f', 0))
			default:
				text += "[…]"
			}
		}
	}
	return clip(text)
}

// sortedAttrs gives attributes in the order they are written.
func sortedAttrs(attrs hcl.Attributes) []*hcl.Attribute {
	return slices.SortedFunc(maps.Values(attrs), func(a, b *hcl.Attribute) int {
		return a.NameRange.Start.Byte - b.NameRange.Start.Byte
	})
}

// comparePlace orders ranges by file, then by place.
func comparePlace(a, b hcl.Range) int {
	if a.Filename != b.Filename {
		if a.Filename < b.Filename {
			return -1
		}
		return 1
	}
	return a.Start.Byte - b.Start.Byte
}
