package deployment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
	"github.com/ingot-build/ingot/translate/diag"
)

// variable looks a variable up. Variables may use each other in any order.
func (e *evaluator) variable(name string) (*armjson.Node, error) {
	section := e.root.Get("variables")
	decl := section.Member(name)
	if decl == nil || strings.EqualFold(name, "copy") {
		return nil, e.unknownVariable(section, name)
	}
	return e.memo(e.variables, name, func() (*armjson.Node, error) {
		return e.value(decl.Value, "variables."+decl.Key, e.env(true))
	})
}

func (e *evaluator) unknownVariable(section *armjson.Node, name string) error {
	if loops := section.Get("copy"); loops != nil {
		loop := func(l *armjson.Node) bool { return strings.EqualFold(textOf(l.Get("name")), name) }
		if slices.ContainsFunc(loops.Items, loop) {
			return &armexpr.Error{
				Summary: fmt.Sprintf("variable %q is made by a loop (copy), which is not covered yet", name)}
		}
	}
	var names []string
	if section != nil {
		for _, m := range section.Members {
			names = append(names, m.Key)
		}
	}
	fix := `declare it under "variables"`
	if len(names) > 0 {
		fix = diag.KnownNames(name, names)
	}
	return &armexpr.Error{Summary: fmt.Sprintf("there is no variable %q", name), Fix: fix}
}
