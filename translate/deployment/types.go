package deployment

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// valueType is a type that a declaration can name; its name ignores case.
type valueType struct {
	name   string
	kind   armjson.Kind
	secure bool // the value must not be shown
}

func (t valueType) article() string {
	if t.kind == armjson.Number {
		return "a whole number"
	}
	return t.kind.String()
}

var valueTypes = []valueType{
	{name: "string", kind: armjson.String},
	{name: "securestring", kind: armjson.String, secure: true},
	{name: "int", kind: armjson.Number},
	{name: "bool", kind: armjson.Bool},
	{name: "object", kind: armjson.Object},
	{name: "secureObject", kind: armjson.Object, secure: true},
	{name: "array", kind: armjson.Array},
}

func typeNamed(name string) (valueType, bool) {
	for _, t := range valueTypes {
		if strings.EqualFold(t.name, name) {
			return t, true
		}
	}
	return valueType{}, false
}

// definition follows the "$ref" of a declaration: "#/definitions/name". A declaration without one is its own
// definition; nil stands for a reference that leads nowhere.
func (s *scope) definition(decl *armjson.Node) *armjson.Node {
	for range 100 { // more would be a circle
		ref := decl.Get("$ref")
		if ref == nil {
			return decl
		}
		if decl = s.referred(textOf(ref)); decl == nil {
			return nil
		}
	}
	return nil
}

// referred finds what a JSON pointer into the definitions of the template means.
func (s *scope) referred(ref string) *armjson.Node {
	way, ok := strings.CutPrefix(ref, "#/definitions/")
	if !ok {
		return nil
	}
	n := s.template.Get("definitions")
	s.x.budget.Spend(int64(len(ref)/16 + 1))
	if n != nil {
		s.x.budget.Spend(int64(len(n.Members) / 4))
	}
	for _, step := range strings.Split(way, "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if i, err := strconv.Atoi(step); err == nil && n != nil && n.Kind == armjson.Array && i >= 0 &&
			i < len(n.Items) {
			n = n.Items[i]
			continue
		}
		n = n.Get(step)
	}
	return n
}

// typeOf is the type that a declaration names, by itself or through "$ref".
func (s *scope) typeOf(decl *armjson.Node) (valueType, bool) {
	return typeNamed(textOf(s.definition(decl).Get("type")))
}

// checkType reports what is wrong with the types of a declaration; what names it: parameter "a".
func (s *scope) checkType(decl *armjson.Node, what string, m *armjson.Member) bool {
	if decl.Kind != armjson.Object {
		_ = s.x.report(CodeDeclaration, m.Value.Range,
			fmt.Sprintf("%s is declared by %s where an object is wanted", what, decl.Kind), "", "")
		return false
	}
	if decl.Get("type") == nil && decl.Get("$ref") == nil {
		_ = s.x.report(CodeDeclaration, m.KeyRange, what+" has no type", "", diag.KnownNames("", typeNames()))
		return false
	}
	return s.checkParts(decl, what)
}

func typeNames() []string {
	names := make([]string, len(valueTypes))
	for i, t := range valueTypes {
		names[i] = t.name
	}
	return names
}

// checkParts is checkType for a declaration and those inside it. References are checked where they lead to nothing;
// what they lead to is checked by itself.
func (s *scope) checkParts(decl *armjson.Node, what string) bool {
	if err := s.x.budget.Step(); err != nil {
		_ = s.x.overBudget(decl.Range, err)
		return false
	}
	if ref := decl.Get("$ref"); ref != nil && s.definition(decl) == nil && s.referred(textOf(ref)) != nil {
		_ = s.x.report(CodeDeclaration, ref.Range, what+" is of a type that leads back to itself, or to none",
			"one definition refers to the next without end, or to one that is missing", "")
		return false
	}
	if ref := decl.Get("$ref"); ref != nil && s.definition(decl) == nil {
		var names []string
		if defs := s.template.Get("definitions"); defs != nil {
			s.x.budget.Spend(nearCost * int64(len(defs.Members)))
			for _, m := range defs.Members {
				names = append(names, "#/definitions/"+m.Key)
			}
		}
		fix := `declare it under "definitions"`
		if len(names) > 0 {
			fix = diag.KnownNames(textOf(ref), names)
		}
		_ = s.x.report(CodeDeclaration, ref.Range, what+" is of a type that is not defined", "", fix)
		return false
	}
	if typ := decl.Get("type"); typ != nil {
		if _, ok := typeNamed(textOf(typ)); !ok {
			_ = s.x.report(CodeDeclaration, typ.Range, what+" is of an unknown type", "",
				diag.KnownNames(textOf(typ), typeNames()))
			return false
		}
	}
	ok := true
	for _, part := range partsOf(decl) {
		ok = s.checkParts(part, what) && ok
	}
	return ok
}

// partsOf lists the declarations inside one: of properties, elements and variants.
func partsOf(decl *armjson.Node) []*armjson.Node {
	var parts []*armjson.Node
	add := func(n *armjson.Node) {
		if n != nil && n.Kind == armjson.Object {
			parts = append(parts, n)
		}
	}
	for _, group := range []*armjson.Node{decl.Get("properties"), decl.Get("discriminator").Get("mapping")} {
		if group != nil {
			for _, m := range group.Members {
				add(m.Value)
			}
		}
	}
	if prefix := decl.Get("prefixItems"); prefix != nil {
		for _, item := range prefix.Items {
			add(item)
		}
	}
	add(decl.Get("items"))
	add(decl.Get("additionalProperties"))
	return parts
}
