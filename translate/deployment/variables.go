package deployment

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// declareVariables makes a cell for each variable, and for each loop of the section that makes one.
func (s *scope) declareVariables() {
	section := s.x.objectIn(s.template, "variables", maxVariables)
	if section == nil {
		return
	}
	f := &frame{x: s.x, s: s, position: armexpr.InVariable}
	for i := range section.Members {
		m := &section.Members[i]
		if isLoops(m) {
			s.declareLoops(f, m)
			continue
		}
		s.variables.add(&cell{kind: "variable", name: m.Key,
			make: func() (*armjson.Node, error) { return f.value(m.Value) }}, m)
	}
}

// declareLoops makes a variable for each loop of "copy": [{"name": …, "count": …, "input": …}].
func (s *scope) declareLoops(f *frame, m *armjson.Member) {
	if !s.x.declares(len(m.Value.Items), m.Value) {
		return
	}
	for _, decl := range m.Value.Items {
		name := textOf(decl.Get("name"))
		if name == "" {
			_ = s.x.report(CodeShape, decl.Range, "this loop has no name",
				"the variable that it makes is called by its name", `add "name"`)
			continue
		}
		s.variables.add(&cell{kind: "variable", name: name, make: func() (*armjson.Node, error) {
			v, err := f.loopValue(decl, name)
			if err == nil && v.Kind == armjson.Unknown {
				missing := *v.Unknown
				missing.Form = fmt.Sprintf("variables('%s')", name)
				v = armjson.NewUnknown(missing).At(v.Range)
			}
			return v, err
		}}, &armjson.Member{Key: name, KeyRange: decl.Member("name").Value.Range, Value: decl})
	}
}
