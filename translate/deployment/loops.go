package deployment

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// maxTurns is the most turns that the service lets a loop take.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources#copy-limits
const maxTurns = 800

// loop is one turn of a loop.
type loop struct {
	name    string
	turn    *armjson.Node // a whole number, or unknown
	unnamed bool          // copyIndex() without a name means it: so it is for resources and outputs
	outer   *loop
}

// index is what copyIndex tells: see armexpr.Env.
func (l *loop) index(name string) *armjson.Node {
	for ; l != nil; l = l.outer {
		if name == "" && l.unnamed || name != "" && strings.EqualFold(l.name, name) {
			return l.turn
		}
	}
	return nil
}

// isLoops reports whether a member is a copy that makes properties: [{"name": …, "count": …, "input": …}].
func isLoops(m *armjson.Member) bool {
	if !strings.EqualFold(m.Key, "copy") || m.Value.Kind != armjson.Array || len(m.Value.Items) == 0 {
		return false
	}
	for _, item := range m.Value.Items {
		if item.Get("count") == nil && item.Get("input") == nil {
			return false
		}
	}
	return true
}

// propertyLoops makes the members that the loops of an object describe.
func (f *frame) propertyLoops(m *armjson.Member, into *members) error {
	var failed error
	for _, decl := range m.Value.Items {
		name, err := f.at(armexpr.InName).textIn(decl, "name")
		switch {
		case err != nil:
			failed = err
			continue
		case name == nil || name.Kind != armjson.String || name.Text == "":
			failed = f.x.report(CodeShape, decl.Range, "this loop has no name",
				"the property that it makes is called by its name", `add "name"`)
			continue
		}
		made, err := f.loopValue(decl, name.Text)
		if err != nil {
			failed = err
			continue
		}
		if made.Kind == armjson.Unknown && f.position == armexpr.InResource {
			made = f.sample(decl, name.Text, made)
			if made == nil {
				failed = errReported
				continue
			}
		}
		into.set(armjson.Member{Key: name.Text, KeyRange: decl.Member("name").Value.Range, Value: made})
	}
	return failed
}

// loopValue makes the array that a loop describes with count and input. It is unknown when the count is.
func (f *frame) loopValue(decl *armjson.Node, name string) (*armjson.Node, error) {
	input := decl.Get("input")
	if input == nil {
		return nil, f.x.report(CodeShape, decl.Range, fmt.Sprintf("loop %q has no input", short(name)),
			"the input is what is repeated", `add "input"`)
	}
	count, unknown, err := f.count(decl, fmt.Sprintf("loop %q", short(name)))
	switch {
	case err != nil:
		return nil, err
	case unknown != nil:
		m := *unknown.Unknown
		m.Kind, m.Form = armjson.Array, fmt.Sprintf("map(range(0, %s), …)", m.Form)
		return armjson.NewUnknown(m).At(decl.Range), nil
	}
	items := make([]*armjson.Node, 0, count)
	var failed error
	for i := range count {
		if err := f.x.budget.Step(); err != nil {
			return nil, f.x.overBudget(decl.Range, err)
		}
		v, err := f.in(&loop{name: name, turn: armjson.NewInt(int64(i)),
			unnamed: f.position == armexpr.InOutput}).value(input)
		if err != nil {
			failed = err
			continue
		}
		items = append(items, v)
	}
	if failed != nil {
		return nil, failed
	}
	return f.x.admit((&armjson.Node{Kind: armjson.Array, Range: decl.Range}).WithItems(items))
}

// sample makes an array of one element for a loop whose count is not known, and says so; nil when the element has an
// error.
func (f *frame) sample(decl *armjson.Node, name string, count *armjson.Node) *armjson.Node {
	v, err := f.in(&loop{name: name, turn: unknownTurn(name, count)}).value(decl.Get("input"))
	if err != nil {
		return nil
	}
	f.x.warnUnknown(decl.Get("count"),
		fmt.Sprintf("how often loop %q turns is not known before the deployment; one turn is shown", short(name)),
		count)
	return (&armjson.Node{Kind: armjson.Array, Range: decl.Range}).WithItems([]*armjson.Node{v})
}

// unknownTurn is the turn of a loop whose count is not known.
func unknownTurn(name string, count *armjson.Node) *armjson.Node {
	m := *count.Unknown
	m.Kind, m.Form = armjson.Number, "copyIndex('"+strings.ReplaceAll(name, "'", "''")+"')"
	return armjson.NewUnknown(m)
}

// warnUnknown says that the template is not known in a part that decides about others.
func (x *expansion) warnUnknown(n *armjson.Node, summary string, cause *armjson.Node) {
	x.warn(CodeUnknown, n.Range, summary, cause.Unknown.Why, cause.Unknown.Fix)
}

// count evaluates how often a loop turns; unknown is set when that is not known. A text that is a number will do.
func (f *frame) count(decl *armjson.Node, what string) (n int, unknown *armjson.Node, err error) {
	m := decl.Member("count")
	if m == nil {
		return 0, nil, f.x.report(CodeShape, decl.Range, what+" has no count", "", `add "count"`)
	}
	v, err := f.at(armexpr.InName).value(m.Value)
	switch {
	case err != nil:
		return 0, nil, err
	case v.Kind == armjson.Unknown:
		return 0, v, nil
	}
	turns, parseErr := strconv.ParseInt(v.Text, 10, 64)
	switch {
	case parseErr != nil:
		return 0, nil, f.x.report(CodeShape, m.Value.Range,
			fmt.Sprintf("the count of %s is %s where a whole number is wanted", what, v.Kind), "", "")
	case turns < 0:
		return 0, nil, f.x.report(CodeLimit, m.Value.Range, fmt.Sprintf("the count of %s is %d", what, turns),
			"a loop turns 0 times or more", "")
	case turns > maxTurns:
		return 0, nil, f.x.report(CodeLimit, m.Value.Range, fmt.Sprintf("the count of %s is %d", what, turns),
			fmt.Sprintf("the service takes up to %d", maxTurns), "")
	}
	return int(turns), nil, nil
}
