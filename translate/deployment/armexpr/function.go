package armexpr

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// Group is a kind of function, as the reference pages of the service sort them.
type Group string

// The groups.
const (
	Arrays      Group = "arrays"
	Comparison  Group = "comparison"
	CIDR        Group = "cidr"
	Dates       Group = "dates"
	Deployments Group = "deployments"
	Lambdas     Group = "lambdas"
	Logical     Group = "logical"
	Numbers     Group = "numbers"
	Objects     Group = "objects"
	Resources   Group = "resources"
	Scopes      Group = "scopes"
	Strings     Group = "strings"
)

// Unknowns says what a function does about arguments that are not known before the deployment.
type Unknowns int

// The ways. In each of them a function that is not called gives an unknown value.
const (
	// NeedsAll functions are called when everything in their arguments is known.
	NeedsAll Unknowns = iota
	// NeedsShape functions are called when their arguments are known, even if elements inside them are not.
	NeedsShape
	// NeedsNone functions are always called.
	NeedsNone
)

// Function is one function of the language.
type Function struct {
	Name     string // as documented; calls ignore case
	Group    Group
	Summary  string // one clause for the reference page, with what is special here
	Min, Max int    // number of arguments; a Max of -1 is no limit
	// Result is the JSON type of the value, 0 when that depends on the arguments.
	Result   armjson.Kind
	Unknowns Unknowns
	// Lazy functions get their arguments unevaluated and evaluate those they need: see Args.Eval.
	Lazy bool
	// Passes is set for functions that pass on a value that was made, and charged for, elsewhere: a loop may read a
	// large parameter as often as it likes.
	Passes bool
	// In lists the only positions the function may be called in; nil is everywhere.
	In []Position
	// Eval computes the value. An *Error without a Span is placed at the call.
	Eval func(a *Args) (*armjson.Node, error)
}

// functions is the language: every function by its name in lower case.
var functions map[string]*Function

// init fills the table: its own declaration cannot, since lazy functions evaluate, and whoever evaluates looks
// functions up.
func init() {
	functions = index(
		arrayFunctions(), cidrFunctions(), comparisonFunctions(), dateFunctions(), deploymentFunctions(),
		lambdaFunctions(),
		logicalFunctions(), numberFunctions(), objectFunctions(), resourceFunctions(), scopeFunctions(),
		stringFunctions(),
	)
}

func index(groups ...[]Function) map[string]*Function {
	table := map[string]*Function{}
	for _, group := range groups {
		for i := range group {
			name := strings.ToLower(group[i].Name)
			if table[name] != nil {
				panic("armexpr: two functions named " + name)
			}
			table[name] = &group[i]
		}
	}
	return table
}

// Functions lists the functions of the language by group and name.
func Functions() []Function {
	list := make([]Function, 0, len(functions))
	for _, f := range functions {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b Function) int {
		return cmp.Or(strings.Compare(string(a.Group), string(b.Group)), strings.Compare(a.Name, b.Name))
	})
	return list
}

// IsFunction reports whether the language has a function of that name.
func IsFunction(name string) bool { return functionNamed(name) != nil }

// functionNamed finds a function by its name, in any case. The resource providers add functions whose names start with
// "list"; they are one row of the table.
func functionNamed(name string) *Function {
	lower := strings.ToLower(name)
	if f := functions[lower]; f != nil {
		return f
	}
	if strings.HasPrefix(lower, "list") {
		return functions[listName]
	}
	return nil
}

// Args are the arguments of one call.
type Args struct {
	Env    *Env
	Values []*armjson.Node // nil for a lazy function
	f      *Function
	call   *Call
}

func evalCall(c *Call, env *Env) (*armjson.Node, error) {
	if c.Namespace != "" {
		return evalUser(c, env)
	}
	f := functionNamed(c.Name)
	if f == nil {
		env.Budget.Spend(unknownFunctionCost)
		return nil, unknownFunction(c)
	}
	if n := len(c.Args); n < f.Min || f.Max >= 0 && n > f.Max {
		return nil, &Error{Span: c.Place, Summary: fmt.Sprintf("%s takes %s, not %d", f.Name, f.arity(), n)}
	}
	if f.In != nil && !slices.Contains(f.In, env.Position) {
		return nil, &Error{Span: c.NamePlace, Summary: f.Name + " cannot be used here", Why: f.allowed()}
	}
	a := &Args{Env: env, f: f, call: c}
	if !f.Lazy {
		var err error
		if a.Values, err = evalAll(c.Args, env); err != nil {
			return nil, err
		}
		a.spendOnArguments()
		if f.mustWait(a.Values) {
			return unknownFrom(f.Result, callForm(f.Name, a.Values), a.Values...), nil
		}
	}
	v, err := f.Eval(a)
	if err != nil {
		return nil, at(c.Place, err)
	}
	if f.Passes {
		return v, nil
	}
	if err := env.Budget.Admit(v); err != nil {
		return nil, at(c.Place, err)
	}
	return v, nil
}

// spendOnArguments counts what a function that is not lazy does with its arguments at the least: it goes through those
// that are texts, and looks for what is not known in the others.
func (a *Args) spendOnArguments() {
	for _, v := range a.Values {
		size := int64(len(v.Text))
		if v.HasUnknown() {
			size = v.Weight()
		}
		a.Env.Budget.Spend(size / bytesPerStep)
	}
}

func evalUser(c *Call, env *Env) (*armjson.Node, error) {
	if env.User == nil {
		return nil, &Error{Span: c.NamePlace,
			Summary: fmt.Sprintf("the template's own function %s.%s cannot be used here", c.Namespace, c.Name)}
	}
	args, err := evalAll(c.Args, env)
	if err != nil {
		return nil, err
	}
	v, err := env.User(c, args)
	if err != nil {
		return nil, at(c.Place, err)
	}
	return v, nil
}

func evalAll(exprs []Expr, env *Env) ([]*armjson.Node, error) {
	values := make([]*armjson.Node, len(exprs))
	for i, e := range exprs {
		v, err := Eval(e, env)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// at gives an *Error without a place one.
func at(place Span, err error) error {
	e, ok := err.(*Error)
	if !ok || e.Span != (Span{}) {
		return err
	}
	placed := *e
	placed.Span = place
	return &placed
}

// mustWait reports whether unknown arguments make the value unknown.
func (f *Function) mustWait(args []*armjson.Node) bool {
	return slices.ContainsFunc(args, func(v *armjson.Node) bool {
		return f.Unknowns == NeedsAll && v.HasUnknown() || f.Unknowns == NeedsShape && v.Kind == armjson.Unknown
	})
}

func (f *Function) arity() string {
	switch {
	case f.Max < 0:
		return count(f.Min, "argument", "arguments") + " or more"
	case f.Min == f.Max:
		return count(f.Min, "argument", "arguments")
	default:
		return fmt.Sprintf("%d to %d arguments", f.Min, f.Max)
	}
}

// allowed says where a function may stand.
func (f *Function) allowed() string {
	names := map[Position]string{
		InResource: "the properties of resources", InParameterDefault: "default values of parameters",
		InVariable: "variables",
		InOutput:   "outputs", InName: "names, types and conditions of resources",
	}
	var where []string
	for _, p := range f.In {
		where = append(where, names[p])
	}
	return "it is for " + strings.Join(where, " and ") + " only"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// unknownFunctionCost is how many steps it is to look for a near name.
const unknownFunctionCost = 200

func unknownFunction(c *Call) *Error {
	names := make([]string, 0, len(functions))
	for _, f := range functions {
		names = append(names, f.Name)
	}
	fix := `the functions are listed in docs/templates.md; if the text is meant as it stands, start it with "[["`
	if near := diag.Near(c.Name, names); near != "" {
		fix = fmt.Sprintf("did you mean %q?", near)
	}
	return &Error{Span: c.NamePlace, Summary: fmt.Sprintf("there is no function %q", c.Name), Fix: fix}
}

// Len is the number of arguments.
func (a *Args) Len() int { return len(a.call.Args) }

// Fail makes an error that points at argument i.
func (a *Args) Fail(i int, format string, args ...any) *Error {
	return &Error{Span: a.call.Args[i].Span(), Summary: fmt.Sprintf(format, args...)}
}

// Wants makes the error for an argument of the wrong type: "length takes a string, an array or an object here, not
// null".
func (a *Args) Wants(i int, what string) *Error {
	return a.Fail(i, "%s takes %s here, not %s", a.f.Name, what, a.Values[i].Kind)
}

// Eval evaluates argument i of a lazy function.
func (a *Args) Eval(i int) (*armjson.Node, error) { return Eval(a.call.Args[i], a.Env) }

// Unknown makes the value of a call that has to wait for causes; for a lazy function, with its arguments as written.
func (a *Args) Unknown(causes ...*armjson.Node) *armjson.Node {
	text := ""
	if a.f.Lazy {
		c := *a.call
		c.Name = a.f.Name
		text = Print(&c)
	} else {
		text = callForm(a.f.Name, a.Values)
	}
	return unknownFrom(a.f.Result, text, causes...)
}

// Missing makes the value of a call that cannot be known, and says why, and what would supply it.
func (a *Args) Missing(why, fix string) *armjson.Node {
	return armjson.NewUnknown(armjson.Missing{Kind: a.f.Result, Form: callForm(a.f.Name, a.Values), Why: why, Fix: fix})
}

// Fits checks the size of a value about to be made: see Budget.Fits.
func (a *Args) Fits(bytes int64, items int) error {
	if err := a.Env.Budget.Fits(bytes, items); err != nil {
		return err
	}
	return nil
}

// Step counts one unit of work of a function that loops.
func (a *Args) Step() error {
	if err := a.Env.Budget.Step(); err != nil {
		return err
	}
	return nil
}

// Text returns argument i, which must be a string.
func (a *Args) Text(i int) (string, error) {
	if a.Values[i].Kind != armjson.String {
		return "", a.Wants(i, "a string")
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

// Int returns argument i, which must be a whole number.
func (a *Args) Int(i int) (int64, error) {
	v := a.Values[i]
	if v.Kind != armjson.Number {
		return 0, a.Wants(i, "a whole number")
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if err != nil {
		return 0, a.Fail(i, "%s takes a whole number here, not %s", a.f.Name, shortText(v.Text))
	}
	return n, nil
}

// Bool returns argument i, which must be a boolean.
func (a *Args) Bool(i int) (bool, error) {
	if a.Values[i].Kind != armjson.Bool {
		return false, a.Wants(i, "a boolean")
	}
	return a.Values[i].Bool, nil
}

// Array returns the elements of argument i, which must be an array.
func (a *Args) Array(i int) ([]*armjson.Node, error) {
	if a.Values[i].Kind != armjson.Array {
		return nil, a.Wants(i, "an array")
	}
	return a.Values[i].Items, nil
}

// Object returns argument i, which must be an object.
func (a *Args) Object(i int) (*armjson.Node, error) {
	if a.Values[i].Kind != armjson.Object {
		return nil, a.Wants(i, "an object")
	}
	return a.Values[i], nil
}

// units are the UTF-16 code units of a text: what the service counts as characters.
func units(s string) []uint16 { return utf16.Encode([]rune(s)) }
