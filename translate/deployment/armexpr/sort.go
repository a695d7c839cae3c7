package armexpr

import "github.com/ingot-build/ingot/translate/armjson"

func sortItems(a *Args) (*armjson.Node, error) {
	list, err := a.evaluateAs(0, armjson.Array)
	if err != nil {
		return nil, err
	}
	before, err := a.lambda(1, 2, 2)
	if err != nil {
		return nil, err
	}
	if list.Kind == armjson.Unknown {
		return a.waiting(armjson.Array, list), nil
	}
	s := sorter{before: before}
	sorted, err := s.sort(list.Items)
	switch {
	case err != nil:
		return nil, err
	case s.unknown != nil:
		return a.waiting(armjson.Array, s.unknown), nil
	default:
		return armjson.NewArray(sorted), nil
	}
}

// sorter is a merge sort that stops at an error and at an answer that is not known, and that no contradictory lambda
// can confuse.
type sorter struct {
	before  *lambda
	unknown *armjson.Node // the answer that stopped it
}

func (s *sorter) sort(items []*armjson.Node) ([]*armjson.Node, error) {
	if len(items) < 2 || s.unknown != nil {
		return items, nil
	}
	left, err := s.sort(items[:len(items)/2])
	if err != nil {
		return nil, err
	}
	right, err := s.sort(items[len(items)/2:])
	if err != nil {
		return nil, err
	}
	merged := make([]*armjson.Node, 0, len(items))
	for len(left) > 0 && len(right) > 0 && s.unknown == nil {
		second, err := s.goesFirst(right[0], left[0])
		if err != nil {
			return nil, err
		}
		if second {
			merged, right = append(merged, right[0]), right[1:]
		} else {
			merged, left = append(merged, left[0]), left[1:]
		}
	}
	return append(append(merged, left...), right...), nil
}

// goesFirst reports whether b, which stands behind a, has to go before it. A lambda like lessOrEquals says so of equal
// elements in both directions; these stay where they are.
func (s *sorter) goesFirst(b, a *armjson.Node) (bool, error) {
	is, err := s.ask(b, a)
	if err != nil || is != yes {
		return false, err
	}
	is, err = s.ask(a, b)
	return is == no, err
}

func (s *sorter) ask(x, y *armjson.Node) (answer, error) {
	is, v, err := s.before.test(x, y)
	if is == maybe {
		s.unknown = v
	}
	return is, err
}
