package fromhcl

import "testing"

func TestConstant(t *testing.T) {
	tests := []struct {
		name, in, want string
		ok             bool
	}{
		{"no action", "a } } b", "a } } b", true},
		{"braces, as Ingot writes them", "shutdown {{`{{`}}x}}", "shutdown {{x}}", true},
		{"quoted", `{{"{{"}} .Names }}`, "{{ .Names }}", true},
		{"all of it in a constant", "{{`{{.Names}}`}}", "{{.Names}}", true},
		{"trimmed", "a {{- `b` -}} c", "abc", true},
		{"a comment", "a{{/* b */}}c", "ac", true},
		{"a function", "image-{{timestamp}}", "", false},
		{"a field", "{{ .Vars }}", "", false},
		{"a pipe", "{{ `a` | upper }}", "", false},
		{"a condition", "{{ if true }}a{{ end }}", "", false},
		{"a variable", "{{ $x := `a` }}", "", false},
		{"not closed", "{{ a", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := constant(tt.in); got != tt.want || ok != tt.ok {
				t.Errorf("got %q, %v; want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}
