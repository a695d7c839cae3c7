package gen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Format writes a shape as text: a line for each type, and under it an indented line for each property or variant.
//
//	api-version 2024-02-01
//	object ImageTemplateAutoRun
//	  state: string, one of Enabled Disabled
//	union ImageTemplateSource by type
//	  ManagedImage: ImageTemplateManagedImageSource
func Format(s Shape) string {
	var b strings.Builder
	fmt.Fprintf(&b, "api-version %s\n", s.APIVersion)
	for _, t := range s.Types {
		if t.Discriminator != "" {
			fmt.Fprintf(&b, "union %s by %s\n", t.Name, t.Discriminator)
			for _, v := range t.Variants {
				fmt.Fprintf(&b, "  %s: %s\n", v.Value, v.Type)
			}
			continue
		}
		fmt.Fprintf(&b, "object %s\n", t.Name)
		for _, p := range t.Properties {
			fmt.Fprintf(&b, "  %s\n", formatProperty(p))
		}
	}
	return b.String()
}

func formatProperty(p Property) string {
	parts := []string{p.Name + ": " + []string{One: "", List: "list of ", Map: "map of "}[p.Value.Form] + p.Value.Of}
	if p.Required {
		parts = append(parts, "required")
	}
	if p.OneOf != nil {
		parts = append(parts, "one of "+strings.Join(p.OneOf, " "))
	}
	if p.Pattern != "" {
		parts = append(parts, "matches "+p.Pattern)
	}
	if p.Min != nil {
		parts = append(parts, fmt.Sprintf("from %d", *p.Min))
	}
	if p.Max != nil {
		parts = append(parts, fmt.Sprintf("to %d", *p.Max))
	}
	return strings.Join(parts, ", ")
}

// Parse reads what Format writes. Empty lines and lines that begin with # are left out.
func Parse(text string) (Shape, error) {
	var s Shape
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.parseLine(line); err != nil {
			return Shape{}, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
	}
	if s.APIVersion == "" {
		return Shape{}, fmt.Errorf("there is no line %q", "api-version …")
	}
	return s, nil
}

func (s *Shape) parseLine(line string) error {
	if inner, ok := strings.CutPrefix(line, "  "); ok {
		name, rest, ok := strings.Cut(inner, ": ")
		switch {
		case len(s.Types) == 0:
			return fmt.Errorf("it is under no object")
		case !ok:
			return fmt.Errorf("there is no %q", ": ")
		}
		t := &s.Types[len(s.Types)-1]
		if t.Discriminator != "" {
			t.Variants = append(t.Variants, Variant{name, rest})
			return nil
		}
		p, err := parseProperty(name, rest)
		t.Properties = append(t.Properties, p)
		return err
	}
	switch f := strings.Fields(line); {
	case len(f) == 2 && f[0] == "api-version" && s.APIVersion == "":
		s.APIVersion = f[1]
	case len(f) == 2 && f[0] == "object":
		s.Types = append(s.Types, Type{Name: f[1]})
	case len(f) == 4 && f[0] == "union" && f[2] == "by":
		s.Types = append(s.Types, Type{Name: f[1], Discriminator: f[3]})
	default:
		return fmt.Errorf("it is no line of a snapshot")
	}
	return nil
}

func parseProperty(name, rest string) (Property, error) {
	parts := strings.Split(rest, ", ")
	p := Property{Name: name, Value: parseValue(parts[0])}
	for _, part := range parts[1:] {
		word, arg, _ := strings.Cut(part, " ")
		var err error
		switch word {
		case "required":
			p.Required = true
		case "one":
			p.OneOf = strings.Fields(strings.TrimPrefix(arg, "of "))
		case "matches":
			p.Pattern = arg
		case "from":
			p.Min, err = parseLimit(arg)
		case "to":
			p.Max, err = parseLimit(arg)
		default:
			err = fmt.Errorf("%q is unknown", part)
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

func parseValue(text string) Value {
	if of, ok := strings.CutPrefix(text, "list of "); ok {
		return Value{List, of}
	}
	if of, ok := strings.CutPrefix(text, "map of "); ok {
		return Value{Map, of}
	}
	return Value{One, text}
}

func parseLimit(text string) (*int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	return &n, err
}

// speakable reports whether Format can write a name or value so that Parse reads it again.
func speakable(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool {
		return s == "" || strings.ContainsAny(s, " :\n") || strings.Contains(s, ", ")
	})
}
