package armexpr

import (
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// contains looks for a part of a text, an element of an array or a property of an object. Only the name of the property
// ignores case.
func contains(a *Args) (*armjson.Node, error) {
	in, what := a.Values[0], a.Values[1]
	if err := a.work(comparing(in) + what.Weight()); err != nil {
		return nil, err
	}
	switch in.Kind {
	case armjson.Unknown:
		return a.Unknown(in), nil
	case armjson.Array:
		found := no
		for _, item := range in.Items {
			if found = max(found, same(item, what)); found == yes {
				break
			}
		}
		return a.answered(found), nil
	case armjson.String, armjson.Object:
	default:
		return nil, a.Wants(0, "a string, an array or an object")
	}
	if what.Kind == armjson.Unknown {
		return a.Unknown(what), nil
	}
	if in.Kind == armjson.Object {
		name, err := a.Text(1)
		return armjson.NewBool(in.Member(name) != nil), err
	}
	part, err := a.Text(1)
	return armjson.NewBool(strings.Contains(in.Text, part)), err
}

// like compares a text with a pattern: each * in it stands for any text, also none. Everything else is itself.
func like(a *Args) (*armjson.Node, error) {
	texts, err := a.Texts()
	if err != nil {
		return nil, err
	}
	if err := a.work(collationCost * int64(len(texts[0])+len(texts[1]))); err != nil {
		return nil, err
	}
	text, pattern := foldCase(texts[0]), foldCase(texts[1])
	head, pattern, open := strings.Cut(pattern, "*")
	text, fits := strings.CutPrefix(text, head)
	if !open {
		return armjson.NewBool(fits && text == ""), nil
	}
	for fits {
		part, rest, more := strings.Cut(pattern, "*")
		if !more {
			fits = strings.HasSuffix(text, part)
			break
		}
		_, text, fits = strings.Cut(text, part) // as early as possible: that leaves most for the other parts
		pattern = rest
	}
	return armjson.NewBool(fits), nil
}

func indexOf(a *Args) (*armjson.Node, error) {
	return a.search(strings.Index, func(n, turn int) int { return turn })
}

func lastIndexOf(a *Args) (*armjson.Node, error) {
	return a.search(strings.LastIndex, func(n, turn int) int { return n - 1 - turn })
}

// search finds a part of a text by inText, ignoring case, or an element of an array, which it goes through in the given
// order.
func (a *Args) search(inText func(s, part string) int, order func(n, turn int) int) (*armjson.Node, error) {
	in, what := a.Values[0], a.Values[1]
	if err := a.work(comparing(in) + what.Weight()); err != nil {
		return nil, err
	}
	switch in.Kind {
	case armjson.Unknown:
		return a.Unknown(in), nil
	case armjson.Array:
		for turn := range in.Items {
			at := order(len(in.Items), turn)
			switch same(in.Items[at], what) {
			case yes:
				return armjson.NewInt(int64(at)), nil
			case maybe:
				return a.Unknown(a.Values...), nil
			}
		}
		return armjson.NewInt(-1), nil
	case armjson.String:
		if what.Kind == armjson.Unknown {
			return a.Unknown(what), nil
		}
		part, err := a.Text(1)
		if err != nil {
			return nil, err
		}
		if err := a.work(foldingCost * in.Weight()); err != nil {
			return nil, err
		}
		text := foldCase(in.Text)
		at := inText(text, foldCase(part))
		if at > 0 {
			at = unitCount(text[:at])
		}
		return armjson.NewInt(int64(at)), nil
	default:
		return nil, a.Wants(0, "a string or an array")
	}
}
