package template

import (
	"fmt"
	"strconv"

	"github.com/ingot-build/ingot/translate/armjson"
)

// reader is what a property table calls with a value that is not null.
type reader = func(n *armjson.Node, path string)

func (d *decoder) str(into *String) reader {
	return func(n *armjson.Node, path string) {
		if d.kind(n, path, armjson.String) {
			*into = String{Value: n.Text, Range: n.Range}
		}
	}
}

// integer reads a whole number of 64 bits. 3.0 does not count as whole: the service's reader refuses it as well.
func (d *decoder) integer(into *Int) reader {
	return func(n *armjson.Node, path string) {
		if !d.kind(n, path, armjson.Number) {
			return
		}
		v, err := strconv.ParseInt(n.Text, 10, 64)
		if err != nil {
			d.wrongType(n, path, fmt.Sprintf("%q is %s where a whole number is wanted", lastStep(path), n.Text), "")
			return
		}
		*into = Int{Value: v, Range: n.Range}
	}
}

func (d *decoder) boolean(into *Bool) reader {
	return func(n *armjson.Node, path string) {
		if d.kind(n, path, armjson.Bool) {
			*into = Bool{Value: n.Bool, Range: n.Range}
		}
	}
}

// each reads an array, one call an element.
func (d *decoder) each(read reader) reader {
	return func(n *armjson.Node, path string) {
		if !d.kind(n, path, armjson.Array) {
			return
		}
		for i, item := range n.Items {
			read(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

func (d *decoder) strings(into *[]String) reader {
	return d.each(func(n *armjson.Node, path string) {
		var s String
		d.str(&s)(n, path)
		*into = append(*into, s)
	})
}

func (d *decoder) ints(into *[]Int) reader {
	return d.each(func(n *armjson.Node, path string) {
		var i Int
		d.integer(&i)(n, path)
		*into = append(*into, i)
	})
}

// tags reads a map of text to text.
func (d *decoder) tags(into *[]Tag) reader {
	return func(n *armjson.Node, path string) {
		if !d.kind(n, path, armjson.Object) {
			return
		}
		for _, m := range n.Members {
			tag := Tag{Key: String{Value: m.Key, Range: m.KeyRange}}
			if !m.Value.IsNull() {
				d.str(&tag.Value)(m.Value, join(path, m.Key))
			}
			*into = append(*into, tag)
		}
	}
}

// ignored reads nothing: the property is known, and nothing is to be done about it.
func ignored(*armjson.Node, string) {}
