package template

import (
	"fmt"
	"strconv"

	"github.com/ingot-build/ingot/translate/armjson"
)

// reader is what a property table calls with a value that is not null. The value may be unknown.
type reader = func(n *armjson.Node, path string)

func (d *decoder) str(into *String) reader {
	return func(n *armjson.Node, path string) {
		if d.kind(n, path, armjson.String) {
			*into = String{Written: written(n), Value: n.Text}
		}
	}
}

// integer reads a whole number of 64 bits. 3.0 does not count as whole: the service's reader refuses it as well.
func (d *decoder) integer(into *Int) reader {
	return func(n *armjson.Node, path string) {
		if !d.kind(n, path, armjson.Number) {
			return
		}
		*into = Int{Written: written(n)}
		if n.Kind == armjson.Unknown {
			return
		}
		var err error
		if into.Value, err = strconv.ParseInt(n.Text, 10, 64); err != nil {
			*into = Int{}
			d.wrongType(n, path, fmt.Sprintf("%q is %s where a whole number is wanted", lastStep(path), n.Text), "", "")
		}
	}
}

func (d *decoder) boolean(into *Bool) reader {
	return func(n *armjson.Node, path string) {
		if d.kind(n, path, armjson.Bool) {
			*into = Bool{Written: written(n), Value: n.Bool}
		}
	}
}

// list reads an array, one call an element; read says whether there is something to keep.
func list[T any](d *decoder, into *List[T], read func(n *armjson.Node, path string) (T, bool)) reader {
	return func(n *armjson.Node, path string) {
		if !d.kind(n, path, armjson.Array) {
			return
		}
		*into = List[T]{Written: written(n)}
		for i, item := range n.Items {
			if v, ok := read(item, element(path, i)); ok {
				into.Value = append(into.Value, v)
			}
		}
	}
}

func (d *decoder) strings(into *List[String]) reader {
	return list(d, into, func(n *armjson.Node, path string) (s String, ok bool) {
		d.str(&s)(n, path)
		return s, true
	})
}

func (d *decoder) ints(into *List[Int]) reader {
	return list(d, into, func(n *armjson.Node, path string) (i Int, ok bool) {
		d.integer(&i)(n, path)
		return i, true
	})
}

// tags reads a map of text to text.
func (d *decoder) tags(into *List[Tag]) reader {
	return func(n *armjson.Node, path string) {
		if !d.kind(n, path, armjson.Object) {
			return
		}
		*into = List[Tag]{Written: written(n)}
		for _, m := range n.Members {
			tag := Tag{Key: key(m)}
			if !m.Value.IsNull() {
				d.str(&tag.Value)(m.Value, join(path, m.Key))
			}
			into.Value = append(into.Value, tag)
		}
	}
}

// keys reads the names of an object whose values say nothing.
func (d *decoder) keys(into *List[String]) reader {
	return func(n *armjson.Node, path string) {
		if !d.kind(n, path, armjson.Object) {
			return
		}
		*into = List[String]{Written: written(n)}
		for _, m := range n.Members {
			into.Value = append(into.Value, key(m))
		}
	}
}

// key is the name of a property, where that is a value. Of two names that are not known nobody can say that they differ.
func key(m armjson.Member) String {
	s := String{Written: Written{Range: m.KeyRange, Unknown: m.Unknown}}
	if m.Unknown == nil {
		s.Value = m.Key
	}
	return s
}

// ignored reads nothing: the property is known, and nothing is to be done about it.
func ignored(*armjson.Node, string) {}
