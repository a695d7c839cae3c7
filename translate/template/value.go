package template

import (
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Written says where something stands in the template, and whether it is known. There are four cases: it is absent; it is
// written and known; it is written and not known; and it may be either, when not even the JSON type of an unknown value is
// known, since it may come out as null, which counts as absent. The zero Written is absent.
type Written struct {
	Range   diag.Range       // where it stands; zero when absent
	Unknown *armjson.Missing // why it is not known before the deployment; nil when it is known, or absent
}

// IsSet reports whether it is written for certain.
func (w Written) IsSet() bool { return !w.Range.IsZero() && (w.Unknown == nil || w.Unknown.Kind != 0) }

// IsAbsent reports whether it is absent for certain. It is not the contrary of IsSet: see Written.
func (w Written) IsAbsent() bool { return w.Range.IsZero() && w.Unknown == nil }

// IsKnown reports whether all is known that there is to know; that it is absent may be all.
func (w Written) IsKnown() bool { return w.Unknown == nil }

func written(n *armjson.Node) Written { return Written{Range: n.Range, Unknown: n.Unknown} }

// Value is a property with the place it was written. Where it is absent or not known, the field Value is zero: use Get where
// that is a value like any other.
type Value[T any] struct {
	Written
	Value T
}

// Get returns the value. ok is false when it is absent, and when it is not known.
func (v Value[T]) Get() (value T, ok bool) { return v.Value, v.Unknown == nil && !v.Range.IsZero() }

// The kinds of values.
type (
	String = Value[string]
	Int    = Value[int64]
	Bool   = Value[bool]
	// List is an array, or an object that is used as a map, in the order written. Elements that are not known are among the
	// elements, and say so themselves; of a list that is not known there are none.
	List[T any] = Value[[]T]
)

// Tag is one entry of a string-to-string map.
type Tag struct{ Key, Value String }

// Unknown is one value that is not known before the deployment.
type Unknown struct {
	Path    string // properties.source.imageVersionId; keys as written
	Range   diag.Range
	Missing armjson.Missing // the Form may show values of secure parameters
}

// Unknowns lists what is not known of an evaluated value that stands at path, as that of an image template stands at "": in the
// order written, with one entry for an object or array that is not known as a whole. Validation passes over these values; this is how to tell a person which they are, and what
// would supply them.
func Unknowns(n *armjson.Node, path string) []Unknown { return unknowns(nil, n, path) }

func unknowns(all []Unknown, n *armjson.Node, path string) []Unknown {
	if !n.HasUnknown() {
		return all
	}
	if n.Kind == armjson.Unknown {
		return append(all, Unknown{Path: path, Range: n.Range, Missing: *n.Unknown})
	}
	for i, item := range n.Items {
		all = unknowns(all, item, element(path, i))
	}
	for _, m := range n.Members {
		if m.Unknown != nil {
			all = append(all, Unknown{Path: join(path, m.Key), Range: m.KeyRange, Missing: *m.Unknown})
		}
		all = unknowns(all, m.Value, join(path, m.Key))
	}
	return all
}
