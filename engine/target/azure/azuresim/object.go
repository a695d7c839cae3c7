package azuresim

import "strings"

// object is a JSON document, or a part of one.
type object = map[string]any

// at follows names into a document; a list is followed into by no name. It is nil where there is nothing.
func at(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
		if v == nil {
			for key, value := range o { // Azure reads names in any letter case
				if strings.EqualFold(key, name) {
					v = value
				}
			}
		}
	}
	return v
}

// text is the string there, or "".
func text(v any, path ...string) string {
	s, _ := at(v, path...).(string)
	return s
}

// number is the number there, or 0.
func number(v any, path ...string) int {
	n, _ := at(v, path...).(float64)
	return int(n)
}

// truth is the boolean there, or false.
func truth(v any, path ...string) bool {
	b, _ := at(v, path...).(bool)
	return b
}

// items are the elements of the list there.
func items(v any, path ...string) []any {
	l, _ := at(v, path...).([]any)
	return l
}

// set puts a value at a path, making the objects on the way.
func set(o object, value any, path ...string) {
	for _, name := range path[:len(path)-1] {
		next, ok := o[name].(object)
		if !ok {
			next = object{}
			o[name] = next
		}
		o = next
	}
	o[path[len(path)-1]] = value
}

// fill sets what is not there yet.
func fill(o object, value any, path ...string) {
	if at(o, path...) == nil {
		set(o, value, path...)
	}
}

// unset removes what is at a path.
func unset(o object, path ...string) {
	if inner, ok := at(o, path[:len(path)-1]...).(object); ok {
		delete(inner, path[len(path)-1])
	}
}

// clone copies a document with all that is in it.
func clone[T any](v T) T {
	c, _ := cloned(v).(T)
	return c
}

func cloned(v any) any {
	switch v := v.(type) {
	case object:
		c := make(object, len(v))
		for name, value := range v {
			c[name] = cloned(value)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, value := range v {
			c[i] = cloned(value)
		}
		return c
	}
	return v
}

// merge is RFC 7396: what a PATCH does to a document.
func merge(into, from object) {
	for name, value := range from {
		inner, isObject := value.(object)
		switch old, wasObject := into[name].(object); {
		case value == nil:
			delete(into, name)
		case isObject && wasObject:
			merge(old, inner)
		default:
			into[name] = cloned(value)
		}
	}
}

// walk calls visit for every text in a document, with the name of the member it is the value of.
func walk(v any, name string, visit func(name, text string)) {
	switch v := v.(type) {
	case string:
		visit(name, v)
	case []any:
		for _, item := range v {
			walk(item, name, visit)
		}
	case object:
		for key, value := range v {
			walk(value, key, visit)
		}
	}
}
