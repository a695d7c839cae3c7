package hcl2

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/hcltext"
)

// validation is a rule that a variable's value must meet.
type validation struct {
	condition hcl.Expression
	message   string
	rng       hcl.Range
}

// validationBlock reads a rule. Its condition sees the one variable and nothing else.
func (l *loader) validationBlock(v *variable, b *hcl.Block) {
	content, ok := l.content(b.Body, variableShape.blocks["validation"])
	if !ok {
		return
	}
	condition, message := content.Attributes["condition"], content.Attributes["error_message"]
	for _, name := range variableShape.blocks["validation"].attrs {
		if content.Attributes[name] == nil {
			l.fail(b.DefRange, "a validation block needs %q", name)
		}
	}
	if condition == nil || message == nil {
		return
	}
	rule := validation{condition: condition.Expr, message: l.text(message, nil), rng: b.DefRange}
	if !isSentence(rule.message) {
		l.fail(message.Expr.Range(), "error_message is not a sentence: it begins with a capital and ends with a full stop, ! or ?")
	}
	own := 0
	for _, ref := range condition.Expr.Variables() {
		if name, ok := second(ref); !ok || ref.RootName() != "var" || name != v.name {
			l.fail(ref.SourceRange(), "the condition of variable %q may refer only to var.%s", v.name, v.name)
		} else {
			own++
		}
	}
	if own == 0 {
		l.fail(condition.Expr.Range(), "the condition of variable %q does not look at var.%s", v.name, v.name)
	}
	v.validations = append(v.validations, rule)
}

// validate holds the value against the rules.
func (l *loader) validate(v *variable) {
	if len(v.validations) == 0 {
		return
	}
	scope := &hcl.EvalContext{
		Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{v.name: v.value})},
		// Relative paths start from the working directory here, and from the template everywhere else: Packer's own oddity.
		Functions: Functions("", l.in.Now, l.now),
	}
	for _, rule := range v.validations {
		result, diags := rule.condition.Value(scope)
		if l.diagnose(diags) {
			continue
		}
		if !result.IsKnown() {
			continue
		}
		result, err := convertTo(result, cty.Bool)
		switch {
		case err != nil:
			l.fail(rule.condition.Range(), "the condition of variable %q is neither true nor false: %v", v.name, err)
		case result.IsNull():
			l.fail(rule.condition.Range(), "the condition of variable %q is null", v.name)
		case result.False():
			l.fail(v.given, "variable %q, from %s: %s (checked by the validation at %s)", v.name, v.from,
				hcltext.LowerFirst(strings.TrimSuffix(clip(rule.message), ".")), Range(rule.rng))
		}
	}
}

// isSentence is Packer's idea of one.
func isSentence(s string) bool {
	s = strings.TrimSpace(s)
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && (!unicode.IsLetter(first) || unicode.IsUpper(first)) && strings.ContainsRune(".?!", last)
}

// second gives the name after the root of a reference: x of var.x and of var["x"].
func second(ref hcl.Traversal) (string, bool) {
	if len(ref) < 2 {
		return "", false
	}
	return stepName(ref[1])
}

func stepName(step hcl.Traverser) (string, bool) {
	switch s := step.(type) {
	case hcl.TraverseAttr:
		return s.Name, true
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() {
			return s.Key.AsString(), true
		}
	}
	return "", false
}
