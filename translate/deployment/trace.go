package deployment

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// Trace knows which expressions were evaluated where, and which parameters and variables they used. The zero Trace
// knows nothing.
type Trace struct {
	seen   map[*armjson.Node]*scope
	sorted []*armjson.Node // the keys of seen by place, once they are needed
}

func newTrace() *Trace { return &Trace{seen: map[*armjson.Node]*scope{}} }

// evaluated notes that the expression n was evaluated in a scope.
func (t *Trace) evaluated(n *armjson.Node, s *scope) {
	if t.seen[n] == nil {
		t.seen[n] = s
		t.sorted = nil
	}
}

// Explain returns the findings with notes added to those about evaluated values: the expression at the place, and each
// parameter and variable that the value came through, directly or by way of others, with the place where that is
// declared or given. No note shows a value, since it may be a secret.
func (t *Trace) Explain(list diag.List) diag.List {
	explained := make(diag.List, len(list))
	for i, d := range list {
		if n := t.at(d.Subject); n != nil {
			w := way{seen: map[*armjson.Node]bool{n: true}, notes: slices.Clone(d.Related)}
			if d.Subject == n.Range {
				w.note(n.Range, "the value comes from %s", shortened(n.Text))
			}
			w.follow(n, nil, t.seen[n])
			d.Related = w.notes
		}
		explained[i] = d
	}
	return explained
}

// at finds the evaluated string that a place is in; nil when there is none.
func (t *Trace) at(r diag.Range) *armjson.Node {
	if r.Start.Line == 0 || len(t.seen) == 0 {
		return nil
	}
	if t.sorted == nil {
		for n := range t.seen {
			t.sorted = append(t.sorted, n)
		}
		slices.SortFunc(t.sorted, func(a, b *armjson.Node) int {
			return cmp.Or(strings.Compare(a.Range.File, b.Range.File),
				cmp.Compare(a.Range.Start.Byte, b.Range.Start.Byte))
		})
	}
	i := sort.Search(len(t.sorted), func(i int) bool {
		at := t.sorted[i].Range
		return at.File > r.File || at.File == r.File && at.Start.Byte > r.Start.Byte
	}) - 1
	if i < 0 || t.sorted[i].Range.File != r.File || t.sorted[i].Range.End.Byte < r.End.Byte {
		return nil
	}
	return t.sorted[i]
}

// maxNotes bounds what is told about one finding.
const maxNotes = 8

// way collects the notes about one value.
type way struct {
	seen  map[*armjson.Node]bool
	notes []diag.Note
}

func (w *way) note(at diag.Range, format string, args ...any) {
	w.notes = append(w.notes, diag.Note{Message: fmt.Sprintf(format, args...), Range: at})
}

// follow notes where the parameters and variables of an expression come from; steps are the properties that are taken
// of its value. Other values have nothing to follow.
func (w *way) follow(n *armjson.Node, steps []string, s *scope) {
	if n.Kind != armjson.String || !armexpr.IsExpression(n.Text) || s == nil {
		return
	}
	expr, err := armexpr.Parse(n.Text)
	if err != nil {
		return
	}
	for _, u := range usesIn(expr, steps, nil) {
		if len(w.notes) >= maxNotes {
			return
		}
		if u.variable {
			w.variable(u, s)
		} else {
			w.parameter(u, s)
		}
	}
}

func (w *way) variable(u use, s *scope) {
	c := s.variables.find(u.name)
	if c == nil {
		return
	}
	n, steps := narrowed(s.variables.decls[c].Value, u.steps)
	if w.first(n) {
		w.note(n.Range, "variable %q is made here", c.name)
		w.follow(n, steps, s)
	}
}

func (w *way) parameter(u use, s *scope) {
	c := s.parameters.find(u.name)
	if c == nil {
		return
	}
	decl := s.parameters.decls[c]
	g := s.given.find(c.name)
	switch {
	case g != nil && g.text != nil:
		if w.first(decl.Value) {
			w.note(decl.KeyRange, "parameter %q is given with --param", c.name)
		}
	case g != nil && g.file.Get("value") == nil:
		if w.first(g.file) {
			w.note(g.at, "parameter %q is given here", c.name)
		}
	case g != nil && g.file.Get("value").Kind != armjson.Null:
		if n, steps := narrowed(g.file.Get("value"), u.steps); w.first(n) {
			w.note(n.Range, "parameter %q is given here", c.name)
			w.follow(n, steps, g.s)
		}
	case decl.Value.Get("defaultValue") != nil:
		if n, steps := narrowed(decl.Value.Get("defaultValue"), u.steps); w.first(n) {
			w.note(n.Range, "parameter %q has this default", c.name)
			w.follow(n, steps, s)
		}
	default:
		if w.first(decl.Value) {
			w.note(decl.KeyRange, "parameter %q has no value", c.name)
		}
	}
}

// first reports whether n was not come by before.
func (w *way) first(n *armjson.Node) bool {
	if w.seen[n] {
		return false
	}
	w.seen[n] = true
	return true
}

// use is a parameter or variable that an expression names, with the properties that it takes of it.
type use struct {
	variable bool
	name     string
	steps    []string
}

// usesIn adds the uses in e to list, in the order they are written. steps are the properties that are taken of e.
func usesIn(e armexpr.Expr, steps []string, list []use) []use {
	switch e := e.(type) {
	case *armexpr.Property:
		return usesIn(e.Target, append([]string{e.Name}, steps...), list)
	case *armexpr.Index:
		if key, ok := e.Key.(*armexpr.Text); ok {
			return usesIn(e.Target, append([]string{key.Value}, steps...), list)
		}
		if i, ok := e.Key.(*armexpr.Number); ok {
			return usesIn(e.Target, append([]string{i.Text}, steps...), list)
		}
		return usesIn(e.Key, nil, usesIn(e.Target, nil, list))
	case *armexpr.Call:
		variable := strings.EqualFold(e.Name, "variables")
		if e.Namespace == "" && len(e.Args) == 1 && (variable || strings.EqualFold(e.Name, "parameters")) {
			if name, ok := e.Args[0].(*armexpr.Text); ok {
				return append(list, use{variable, name.Value, steps})
			}
		}
		for _, a := range e.Args {
			list = usesIn(a, nil, list)
		}
	}
	return list
}

// narrowed is the part of a value that the steps lead to, as far as it is written out, and the steps that are left.
func narrowed(n *armjson.Node, steps []string) (part *armjson.Node, left []string) {
	for i, step := range steps {
		next := n.Get(step)
		if at, err := strconv.Atoi(step); err == nil && at >= 0 && at < len(n.Items) {
			next = n.Items[at]
		}
		if next == nil {
			return n, steps[i:]
		}
		n = next
	}
	return n, nil
}

// shortened keeps an expression quotable in a note, on one line.
func shortened(text string) string {
	const most = 120
	if strings.ContainsAny(text, "\t\r\n") {
		text = strings.Join(strings.Fields(cut(text, 4*most)), " ")
	}
	return cut(text, most)
}
