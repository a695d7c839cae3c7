package armexpr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Function is one function of the language.
type Function struct {
	Name     string // as documented; calls ignore case
	Min, Max int    // number of arguments; a Max of -1 is no limit
	// Eval computes the value from the evaluated arguments. An *Error without a Span is placed at the call.
	Eval func(a *Args) (*armjson.Node, error)
}

// Table is a set of functions.
type Table []Function

// Args are the evaluated arguments of one call.
type Args struct {
	Env    *Env
	Values []*armjson.Node
	exprs  []Expr
	call   *Call
}

// Fail makes an error that points at argument i.
func (a *Args) Fail(i int, format string, args ...any) *Error {
	return &Error{Span: a.exprs[i].Span(), Summary: fmt.Sprintf(format, args...)}
}

// Text returns argument i, which must be a string.
func (a *Args) Text(i int) (string, error) {
	if v := a.Values[i]; v.Kind != armjson.String {
		return "", a.Fail(i, "%s takes a string here, not %s", a.call.Name, v.Kind)
	}
	return a.Values[i].Text, nil
}

// Texts returns all arguments, which must be strings.
func (a *Args) Texts() ([]string, error) {
	texts := make([]string, len(a.Values))
	for i := range texts {
		var err error
		if texts[i], err = a.Text(i); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func evalCall(c *Call, env *Env) (*armjson.Node, error) {
	if c.Namespace != "" {
		return nil, &Error{Span: c.NamePlace, NotCovered: true,
			Summary: fmt.Sprintf("the template's own function %s.%s is not covered yet", c.Namespace, c.Name)}
	}
	i := slices.IndexFunc(env.Functions, func(f Function) bool { return strings.EqualFold(f.Name, c.Name) })
	if i < 0 {
		return nil, unknownFunction(c, env.Functions)
	}
	f := env.Functions[i]
	if n := len(c.Args); n < f.Min || f.Max >= 0 && n > f.Max {
		return nil, &Error{Span: c.Place, Summary: fmt.Sprintf("%s takes %s, not %d", f.Name, f.arity(), n)}
	}
	a := &Args{Env: env, exprs: c.Args, call: c}
	for _, arg := range c.Args {
		v, err := Eval(arg, env)
		if err != nil {
			return nil, err
		}
		a.Values = append(a.Values, v)
	}
	v, err := f.Eval(a)
	if e, ok := err.(*Error); ok && e.Span == (Span{}) {
		placed := *e
		placed.Span = c.Place
		return nil, &placed
	}
	return v, err
}

func (f Function) arity() string {
	switch {
	case f.Max < 0:
		return count(f.Min, "argument", "arguments") + " or more"
	case f.Min == f.Max:
		return count(f.Min, "argument", "arguments")
	default:
		return fmt.Sprintf("%d to %d arguments", f.Min, f.Max)
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// unknownFunction tells a function that Ingot does not evaluate yet from one that does not exist.
func unknownFunction(c *Call, table Table) *Error {
	covered := make([]string, len(table))
	for i, f := range table {
		covered[i] = f.Name
	}
	if i := slices.IndexFunc(notCovered, func(n string) bool { return strings.EqualFold(n, c.Name) }); i >= 0 {
		slices.Sort(covered)
		return &Error{Span: c.NamePlace, NotCovered: true,
			Summary: fmt.Sprintf("the function %s is not covered yet", notCovered[i]),
			Fix:     "write its value by hand for now; covered: " + strings.Join(covered, ", ")}
	}
	fix := "covered: " + strings.Join(slices.Sorted(slices.Values(covered)), ", ")
	if near := diag.Near(c.Name, append(covered, notCovered...)); near != "" {
		fix = fmt.Sprintf("did you mean %q?", near)
	} else {
		fix += `; if the text is meant as it stands, start it with "[["`
	}
	return &Error{Span: c.NamePlace, Summary: fmt.Sprintf("there is no function %q", c.Name), Fix: fix}
}

// notCovered are the functions of the language that no table has yet.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
var notCovered = []string{
	"add", "and", "array", "base64", "base64ToJson", "base64ToString", "bool", "buildUri", "cidrHost", "cidrSubnet", "coalesce",
	"contains", "copyIndex", "createArray", "createObject", "dataUri", "dataUriToString", "dateTimeAdd", "dateTimeFromEpoch",
	"dateTimeToEpoch", "deployer", "deployment", "div", "empty", "endsWith", "environment", "equals", "extensionResourceId",
	"fail", "false", "filter", "first", "flatten", "float", "greater", "greaterOrEquals", "groupBy", "guid", "if", "indexFromEnd",
	"indexOf", "int", "intersection", "items", "join", "json", "lambda", "lambdaVariables", "last", "lastIndexOf", "length",
	"less", "lessOrEquals", "list", "listAccountSas", "listKeys", "listSecrets", "managementGroup", "managementGroupResourceId",
	"map", "mapValues", "max", "min", "mod", "mul", "newGuid", "not", "null", "objectKeys", "or", "padLeft", "parseCidr",
	"pickZones", "providers", "range", "reduce", "reference", "references", "replace", "shallowMerge", "skip", "sort", "split",
	"startsWith", "string", "sub", "subscriptionResourceId", "substring", "take", "tenant", "tenantResourceId",
	"toLogicalZone", "toLogicalZones", "toObject", "toPhysicalZone", "toPhysicalZones", "trim", "true", "tryGet",
	"tryIndexFromEnd", "union", "uri", "uriComponent", "uriComponentToString", "utcNow",
}
