package armexpr

import "github.com/ingot-build/ingot/translate/armjson"

// members is an object that grows member by member, within the limits at every moment.
type members struct {
	a      *Args
	list   []armjson.Member
	exact  map[string]int // place in list by name
	folded map[string]int // by name in any case, the first of them
	weight int64
}

func newMembers(a *Args) *members {
	return &members{a: a, exact: map[string]int{}, folded: map[string]int{}}
}

// find gives the place of a member: the one with the exact name, else the first whose name differs in case only; -1 for
// none.
func (m *members) find(name string) int {
	if i, ok := m.exact[name]; ok {
		return i
	}
	if i, ok := m.folded[foldCase(name)]; ok {
		return i
	}
	return -1
}

// put sets the member with exactly that name.
func (m *members) put(name string, v *armjson.Node) error {
	if i, ok := m.exact[name]; ok {
		return m.set(i, v)
	}
	if err := m.a.work(foldingCost * int64(len(name))); err != nil {
		return err
	}
	m.exact[name] = len(m.list)
	if folded := foldCase(name); !has(m.folded, folded) {
		m.folded[folded] = len(m.list)
	}
	m.list = append(m.list, armjson.Member{Key: name})
	m.weight += int64(len(name)) + 3
	if err := m.a.charge(1); err != nil {
		return err
	}
	return m.set(len(m.list)-1, v)
}

// set gives member i another value.
func (m *members) set(i int, v *armjson.Node) error {
	if old := m.list[i].Value; old != nil {
		m.weight -= old.Weight() + 1
	}
	m.list[i].Value = v
	m.weight += v.Weight() + 1
	return m.a.Fits(m.weight, len(m.list))
}

func (m *members) object() *armjson.Node { return armjson.NewObject(m.list) }

func has(m map[string]int, key string) bool {
	_, ok := m[key]
	return ok
}

// foldCase makes texts equal that differ in case only. Every character keeps its length in UTF-16.
func foldCase(s string) string { return upperInvariant(s) }
