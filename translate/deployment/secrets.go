package deployment

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// withoutSecrets takes the quoted parts out of what an error says, if the expression may have come by the value of a
// secure parameter: those parts show values.
func (f *frame) withoutSecrets(e armexpr.Expr, err *armexpr.Error) *armexpr.Error {
	if err.OverBudget || !f.seesSecret(e, map[*cell]bool{}) {
		return err
	}
	hidden := *err
	hidden.Summary, hidden.Why, hidden.Fix = hideQuoted(err.Summary), hideQuoted(err.Why), hideQuoted(err.Fix)
	return &hidden
}

// inQuotes is a text in quotes as messages have it; one that was cut short may lack the last quote.
var inQuotes = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$)`)

func hideQuoted(text string) string { return inQuotes.ReplaceAllString(text, "'…'") }

// seesSecret reports whether the value of a secure parameter may be a part of what e is made of, by way of other
// parameters and variables too. seen are those that were looked at.
func (f *frame) seesSecret(e armexpr.Expr, seen map[*cell]bool) bool {
	anywhere := slices.ContainsFunc(armexpr.CallsIn(e), func(name string) bool {
		return strings.EqualFold(name, "reference") || strings.EqualFold(name, "references") ||
			strings.EqualFold(name, "deployment")
	})
	if f.args != nil || anywhere { // the values come from elsewhere
		return slices.ContainsFunc(f.x.scopes, (*scope).hasSecrets)
	}
	return slices.ContainsFunc(usesIn(e, nil, nil), func(u use) bool {
		in := &f.s.parameters
		if u.variable {
			in = &f.s.variables
		}
		c := in.find(u.name)
		return c != nil && f.s.holdsSecret(c, seen)
	})
}

// hasSecrets reports whether the template declares a secure parameter.
func (s *scope) hasSecrets() bool {
	return slices.ContainsFunc(s.parameters.list, func(c *cell) bool {
		typ, _ := s.typeOf(s.parameters.decls[c].Value)
		return typ.secure
	})
}

// holdsSecret reports whether a parameter or variable may hold the value of a secure parameter.
func (s *scope) holdsSecret(c *cell, seen map[*cell]bool) bool {
	if seen[c] {
		return false // where it was met first has the answer
	}
	seen[c] = true
	decl := s.parameters.decls[c]
	if decl == nil {
		return s.madeOfSecret(s.variables.decls[c].Value, seen)
	}
	if typ, _ := s.typeOf(decl.Value); typ.secure {
		return true
	}
	if g := s.given.find(c.name); g != nil && g.s != nil && g.file != nil && g.s.madeOfSecret(g.file, seen) {
		return true
	}
	def := decl.Value.Get("defaultValue")
	return def != nil && s.madeOfSecret(def, seen)
}

// madeOfSecret reports whether an expression in n may see a secret.
func (s *scope) madeOfSecret(n *armjson.Node, seen map[*cell]bool) bool {
	s.x.budget.Spend(1)
	if n.Kind == armjson.String && armexpr.IsExpression(n.Text) {
		p := s.x.parse(n.Text)
		return p.expr != nil && (&frame{x: s.x, s: s}).seesSecret(p.expr, seen)
	}
	if slices.ContainsFunc(n.Items, func(item *armjson.Node) bool { return s.madeOfSecret(item, seen) }) {
		return true
	}
	return slices.ContainsFunc(n.Members, func(m armjson.Member) bool { return s.madeOfSecret(m.Value, seen) })
}
