package deployment

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// errReported stands for a value that could not be had and has been reported; whoever needs it stays silent.
var errReported = errors.New("reported already")

// saying tells findings apart: one cause at one place is said once, however many turns of a loop come by.
type saying struct {
	code  diag.Code
	file  string
	place [2]int
}

func (x *expansion) add(d diag.Diagnostic) {
	if x.stopped && d.Code != CodeBudget { // it may be a consequence
		return
	}
	const most = 5000 // characters: names and types in it may be megabytes
	d.Summary, d.Why, d.Fix = cut(d.Summary, most), cut(d.Why, most), cut(d.Fix, most)
	key := saying{d.Code, d.Subject.File, [2]int{d.Subject.Start.Byte, d.Subject.End.Byte}}
	if x.said[key] && d.Subject.Start.Line > 0 {
		return
	}
	x.said[key] = true
	if d.Path == "" {
		d.Path = pathTo(x.roots[d.Subject.File], d.Subject)
	}
	x.list.Add(d)
}

// report adds an error and returns errReported.
func (x *expansion) report(code diag.Code, at diag.Range, summary, why, fix string) error {
	x.add(diag.Diagnostic{Severity: diag.Error, Code: code, Subject: at, Summary: summary, Why: why, Fix: fix})
	return errReported
}

func (x *expansion) warn(code diag.Code, at diag.Range, summary, why, fix string) {
	x.add(diag.Diagnostic{Severity: diag.Warning, Code: code, Subject: at, Summary: summary, Why: why, Fix: fix})
}

// overBudget reports the first limit that was reached, and ends the expansion: what comes after it would reach it as
// well.
func (x *expansion) overBudget(at diag.Range, err *armexpr.Error) error {
	if !x.stopped {
		x.stopped = true
		return x.report(CodeBudget, at, err.Summary, err.Why, err.Fix)
	}
	return errReported
}

// reportExpression turns the error of an expression into a finding at the place inside the string, and returns
// errReported.
func (x *expansion) reportExpression(n *armjson.Node, expr armexpr.Expr, err error) error {
	var in *armexpr.Error
	var circle *circleError
	switch {
	case errors.Is(err, errReported):
		return errReported
	case errors.As(err, &in):
		at := n.Range
		if in.Span != (armexpr.Span{}) {
			at = n.TextRange(in.Span.From, in.Span.To)
		}
		if in.OverBudget {
			return x.overBudget(at, in)
		}
		return x.report(CodeExpression, at, in.Summary, in.Why, in.Fix)
	case errors.As(err, &circle):
		at := n.Range
		if use := findUse(expr, circle.function, circle.name); use != nil {
			at = n.TextRange(use.Span().From, use.Span().To)
		}
		return x.report(CodeCycle, at, circle.Error(), "its value is wanted while it is being made: "+circle.way,
			"break the circle")
	default:
		panic(fmt.Sprintf("deployment: unexpected error %v", err))
	}
}

// pathTo spells the way from the root of a file to the node, or the key of a node, that is written at r:
// "resources[0].properties.source". It is "" for the root, and for what is not inside it.
func pathTo(root *armjson.Node, r diag.Range) string {
	var path strings.Builder
	for n := root; n != nil && n.Range.Start.Byte <= r.Start.Byte && r.End.Byte <= n.Range.End.Byte; {
		switch n.Kind {
		case armjson.Array:
			i := sort.Search(len(n.Items), func(i int) bool { return n.Items[i].Range.End.Byte > r.Start.Byte })
			if i == len(n.Items) || n.Items[i].Range.Start.Byte > r.Start.Byte {
				return path.String()
			}
			fmt.Fprintf(&path, "[%d]", i)
			n = n.Items[i]
		case armjson.Object:
			i := sort.Search(len(n.Members),
				func(i int) bool { return n.Members[i].Value.Range.End.Byte > r.Start.Byte })
			if i == len(n.Members) || n.Members[i].KeyRange.Start.Byte > r.Start.Byte {
				return path.String()
			}
			if path.Len() > 0 {
				path.WriteByte('.')
			}
			path.WriteString(n.Members[i].Key)
			n = n.Members[i].Value
		default:
			return path.String()
		}
	}
	return path.String()
}

// findUse finds the call of a function with the given text as its only argument, both in any case; nil when there is
// none.
func findUse(e armexpr.Expr, function, text string) armexpr.Expr {
	switch e := e.(type) {
	case *armexpr.Call:
		if e.Namespace == "" && strings.EqualFold(e.Name, function) && len(e.Args) == 1 {
			if t, ok := e.Args[0].(*armexpr.Text); ok && strings.EqualFold(t.Value, text) {
				return e
			}
		}
		for _, a := range e.Args {
			if use := findUse(a, function, text); use != nil {
				return use
			}
		}
	case *armexpr.Property:
		return findUse(e.Target, function, text)
	case *armexpr.Index:
		if use := findUse(e.Target, function, text); use != nil {
			return use
		}
		return findUse(e.Key, function, text)
	}
	return nil
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func indexPath(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
