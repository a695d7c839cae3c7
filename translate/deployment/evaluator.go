package deployment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// errReported stands for a value that could not be had and has been reported; whoever needs it stays silent.
var errReported = errors.New("reported already")

// evaluator evaluates one deployment template. Parameters and variables are evaluated when first needed, and once.
type evaluator struct {
	root    *armjson.Node
	params  Params
	context *armexpr.Context
	budget  *armexpr.Budget
	list    diag.List

	parameters, variables map[string]*cell // by lower-case name
}

// cell is a value that is evaluated when first needed.
type cell struct {
	value *armjson.Node
	err   error
	state cellState
}

type cellState int

const (
	untouched cellState = iota
	inProgress
	done
)

func newEvaluator(root *armjson.Node, p Params) *evaluator {
	level := armexpr.ResourceGroupLevel
	switch schema := strings.ToLower(textOf(root.Get("$schema"))); {
	case strings.Contains(schema, "subscriptiondeploymenttemplate"):
		level = armexpr.SubscriptionLevel
	case strings.Contains(schema, "managementgroupdeploymenttemplate"):
		level = armexpr.ManagementGroupLevel
	case strings.Contains(schema, "tenantdeploymenttemplate"):
		level = armexpr.TenantLevel
	}
	e := &evaluator{root: root, params: p, context: p.context(level),
		budget: armexpr.NewBudget(armexpr.DefaultLimits()), parameters: map[string]*cell{}, variables: map[string]*cell{}}
	e.checkSections()
	e.checkGiven()
	return e
}

// checkSections reports sections of the wrong JSON type; they are treated as empty from then on.
func (e *evaluator) checkSections() {
	for _, name := range []string{"parameters", "variables"} {
		if n := e.root.Get(name); !n.IsNull() && n.Kind != armjson.Object {
			e.report(CodeShape, n.Range, name, fmt.Sprintf("%q is %s where an object is wanted", name, n.Kind), "", "")
		}
	}
	if n := e.root.Get("resources"); n != nil && n.Kind != armjson.Array && n.Kind != armjson.Object {
		e.report(CodeShape, n.Range, "resources", fmt.Sprintf("\"resources\" is %s where an array is wanted", n.Kind), "", "")
	}
}

func (e *evaluator) report(code diag.Code, at diag.Range, path, summary, why, fix string) {
	e.list.Add(diag.Diagnostic{
		Severity: diag.Error, Code: code, Subject: at, Path: path, Summary: summary, Why: why, Fix: fix,
	})
}

// env is what expressions may see; a default value may not see the variables.
func (e *evaluator) env(withVariables bool) *armexpr.Env {
	env := &armexpr.Env{Context: e.context, Budget: e.budget, Parameter: e.parameter}
	if withVariables {
		env.Variable = e.variable
	}
	return env
}

// memo evaluates a cell once. A cell that is needed while it is being evaluated needs itself.
func (e *evaluator) memo(cells map[string]*cell, name string, compute func() (*armjson.Node, error)) (*armjson.Node, error) {
	key := strings.ToLower(name)
	c := cells[key]
	if c == nil {
		c = &cell{}
		cells[key] = c
	}
	switch c.state {
	case inProgress:
		return nil, &cycleError{name}
	case untouched:
		c.state = inProgress
		c.value, c.err = compute()
		c.state = done
	}
	return c.value, c.err
}

// cycleError says that a name needs itself. The place of the use that closed the circle is added where it is reported.
type cycleError struct{ name string }

func (c *cycleError) Error() string { return fmt.Sprintf("%q needs itself", c.name) }

// value evaluates a node with everything in it. When something in it cannot be had, that has been reported and the error is
// errReported; the other parts have been evaluated all the same, so that their findings show too.
func (e *evaluator) value(n *armjson.Node, path string, env *armexpr.Env) (*armjson.Node, error) {
	switch n.Kind {
	case armjson.String:
		return e.text(n, path, env)
	case armjson.Array:
		return e.array(n, path, env)
	case armjson.Object:
		return e.object(n, path, env)
	default:
		return n, nil
	}
}

func (e *evaluator) array(n *armjson.Node, path string, env *armexpr.Env) (*armjson.Node, error) {
	items := make([]*armjson.Node, 0, len(n.Items))
	var failed error
	for i, item := range n.Items {
		v, err := e.value(item, indexPath(path, i), env)
		if err != nil {
			failed = err
			continue
		}
		items = append(items, v)
	}
	return n.WithItems(items), failed
}

func (e *evaluator) object(n *armjson.Node, path string, env *armexpr.Env) (*armjson.Node, error) {
	members := make([]armjson.Member, 0, len(n.Members))
	var failed error
	for _, m := range n.Members {
		at := joinPath(path, m.Key)
		if strings.EqualFold(m.Key, "copy") && m.Value.Kind == armjson.Array {
			e.report(CodeNotCovered, m.KeyRange, at, "property loops (copy) are not covered yet", "",
				"write the members out by hand for now")
			failed = errReported
			continue
		}
		key, err := e.key(m, at, env)
		if err != nil {
			failed = err
			continue
		}
		v, err := e.value(m.Value, at, env)
		if err != nil {
			failed = err
			continue
		}
		members = append(members, armjson.Member{Key: key, KeyRange: m.KeyRange, Value: v})
	}
	return n.WithMembers(members), failed
}

// key evaluates the name of a property: it may be an expression too, as it mostly is in userAssignedIdentities.
func (e *evaluator) key(m armjson.Member, path string, env *armexpr.Env) (string, error) {
	if !strings.HasPrefix(m.Key, "[") {
		return m.Key, nil
	}
	v, err := e.text(&armjson.Node{Kind: armjson.String, Text: m.Key, Range: m.KeyRange}, path, env)
	if err != nil {
		return "", err
	}
	if v.Kind != armjson.String {
		e.report(CodeExpression, m.KeyRange, path, fmt.Sprintf("the name of a property evaluates to %s", v.Kind),
			"it must be a string", "")
		return "", errReported
	}
	return v.Text, nil
}

// text evaluates a string.
func (e *evaluator) text(n *armjson.Node, path string, env *armexpr.Env) (*armjson.Node, error) {
	if !armexpr.IsExpression(n.Text) {
		if lit := armexpr.Literal(n.Text); lit != n.Text {
			return (&armjson.Node{Kind: armjson.String, Text: lit}).At(n.Range), nil
		}
		return n, nil
	}
	expr, perr := armexpr.Parse(n.Text)
	if perr != nil {
		return nil, e.reportExpression(n, path, perr)
	}
	v, err := armexpr.Eval(expr, env)
	if err != nil {
		return nil, e.reportExpression(n, path, err)
	}
	return v.At(n.Range), nil
}

// reportExpression turns the error of an expression into a finding at the place inside the string, and returns errReported.
func (e *evaluator) reportExpression(n *armjson.Node, path string, err error) error {
	var in *armexpr.Error
	var cycle *cycleError
	switch {
	case errors.Is(err, errReported):
	case errors.As(err, &in):
		e.report(CodeExpression, n.TextRange(in.Span.From, in.Span.To), path, in.Summary, in.Why, in.Fix)
	case errors.As(err, &cycle):
		e.report(CodeCycle, n.Range, path, cycle.Error(), "its value is wanted while it is being made", "break the circle")
	default:
		panic(fmt.Sprintf("deployment: unexpected error %v", err))
	}
	return errReported
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func indexPath(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
