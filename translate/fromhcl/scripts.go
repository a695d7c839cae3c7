package fromhcl

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// shell gives the customizers of a shell provisioner.
func (b *block) shell(n named) []any {
	b.ignore("remote_path", "remote_folder", "remote_file", "skip_clean", "expect_disconnect", "pause_after", "start_retry_timeout", "binary")
	var head []text
	if attr := b.take("execute_command"); attr != nil {
		command := textOf(b.value("execute_command"))
		switch {
		case strings.Contains(command, "sudo"):
			// The customizer runs as the build user; it starts itself again as root.
			head = append(head, text{literal: `[ "$(id -u)" = 0 ] || exec sudo -n "$0"`})
		case command != "" && command != "chmod +x {{.Path}}; {{.Vars}} {{.Path}}" && command != "chmod +x {{ .Path }}; {{ .Vars }} {{ .Path }}":
			b.m.lost(attr.SrcRange, "the command that runs the script is left out", "the service has its own")
		}
	}
	if attr := b.take("inline_shebang"); attr != nil {
		if shebang := textOf(b.value("inline_shebang")); shebang != "" && shebang != "/bin/sh -e" {
			head = append(head, text{literal: fmt.Sprintf(`[ -n "$INLINE_SHELL" ] || INLINE_SHELL=1 exec %s "$0"`, shebang)})
		}
	}
	for _, v := range b.environment() {
		value := v.value
		value.literal = strings.ReplaceAll(value.literal, "'", `'\''`)
		head = append(head, joined(text{literal: "export " + v.name + "='"}, value, text{literal: "'"}))
	}
	if attr := b.take("valid_exit_codes"); attr != nil {
		b.m.lost(attr.SrcRange, "the exit codes that are no failure are left out", "for the service, a Shell customizer fails with any but 0")
	}
	var all []any
	for _, s := range b.scripts(head, ".sh") {
		all = append(all, shell{named: n, script: s})
	}
	return all
}

// powerShell gives the customizers of a powershell provisioner.
func (b *block) powerShell(n named) []any {
	b.ignore("remote_path", "remote_env_var_path", "skip_clean", "start_retry_timeout", "execution_policy", "use_pwsh", "debug_mode", "pause_after",
		"elevated_password")
	p := powerShell{named: n}
	if user := b.take("elevated_user"); user != nil {
		p.RunElevated = true
		p.RunAsSystem = strings.EqualFold(strings.TrimPrefix(strings.ToUpper(textOf(b.value("elevated_user"))), `NT AUTHORITY\`), "SYSTEM")
		if !p.RunAsSystem && !refersTo(user.Expr, "build") && textOf(b.value("elevated_user")) != "" {
			b.m.other(user.SrcRange, "the script runs as another user", "the service runs an elevated script as its build user, or as SYSTEM",
				"check that it does not need that user")
		}
	}
	for _, name := range []string{"execute_command", "elevated_execute_command"} {
		if attr := b.take(name); attr != nil {
			b.m.lost(attr.SrcRange, "the command that runs the script is left out", "the service has its own")
		}
	}
	if attr := b.take("valid_exit_codes"); attr != nil {
		if v, ok := b.m.eval.known(attr.Expr); ok {
			p.ValidExitCodes = plain(v)
			b.m.fixed(attr.Expr)
		} else {
			p.ValidExitCodes = b.m.ask(attr, "array")
		}
	}
	var head []text
	for _, v := range b.environment() {
		value := v.value
		value.literal = strings.ReplaceAll(value.literal, "'", "''")
		head = append(head, joined(text{literal: "$env:" + v.name + " = '"}, value, text{literal: "'"}))
	}
	var all []any
	for _, s := range b.scripts(head, ".ps1") {
		p.script = s
		all = append(all, p)
	}
	return all
}

// assignment sets a variable of the environment.
type assignment struct {
	name  string
	value text
}

// environment takes the variables that a script is given: a list of NAME=value, and a map.
func (b *block) environment() []assignment {
	var all []assignment
	if attr := b.take("environment_vars"); attr != nil {
		list, ok := attr.Expr.(*hclsyntax.TupleConsExpr)
		if !ok {
			for _, s := range textsOf(b.value("environment_vars")) {
				name, value, _ := strings.Cut(s, "=")
				all = append(all, assignment{name, text{literal: value}})
			}
			if all == nil {
				b.m.lost(attr.SrcRange, "the environment of the script is left out", "it is not known")
			}
			return all
		}
		for _, e := range list.Exprs {
			if name, value, ok := b.m.assignment(e); ok {
				all = append(all, assignment{name, value})
			} else {
				r := e.Range()
				b.m.lost(r, "a variable of the environment is left out", "it is not known, or not of the form NAME=value")
			}
		}
	}
	if attr := b.take("env"); attr != nil {
		pairs, ok := b.m.pairs(attr.Expr)
		if !ok {
			b.m.lost(attr.SrcRange, "the environment of the script is left out", "it is not known")
		}
		for _, name := range slices.Sorted(maps.Keys(pairs)) {
			all = append(all, assignment{name, pairs[name]})
		}
	}
	return all
}

// assignment reads "NAME=value", where the value may have variables in it.
func (m *importing) assignment(expr hclsyntax.Expression) (name string, value text, ok bool) {
	if t, isTemplate := expr.(*hclsyntax.TemplateExpr); isTemplate && len(t.Parts) > 1 {
		first, ok := m.convert(t.Parts[0], 0)
		name, rest, found := strings.Cut(first.literal, "=")
		if !ok || !found {
			return "", text{}, false
		}
		parts := []text{{literal: rest}}
		for _, part := range t.Parts[1:] {
			p, ok := m.convert(part, 0)
			if !ok {
				return "", text{}, false
			}
			parts = append(parts, p)
		}
		if rest == "" {
			parts = parts[1:]
		}
		return name, joined(parts...), true
	}
	t, ok := m.convert(expr, 0)
	name, rest, found := strings.Cut(t.literal, "=")
	return name, text{literal: rest}, ok && t.expr == "" && found
}

// What generalizes an image. The service does so itself after the last customizer, and a second time fails.
var (
	deprovision = regexp.MustCompile(`\bwaagent\b.*-deprovision`)
	sysprep     = regexp.MustCompile(`(?is)sysprep(\.exe)?\b.*/generalize`)
	afterwards  = regexp.MustCompile(`^\s*(export HISTSIZE=0|sync)?\s*$`)
)

// withoutGeneralize takes out the commands that generalize the image; the first head lines are not the user's.
func (b *block) withoutGeneralize(attr *hclsyntax.Attribute, lines []text, head int) []script {
	var all strings.Builder
	for _, l := range lines[head:] {
		all.WriteString(l.literal + "\n")
	}
	switch {
	case deprovision.MatchString(all.String()):
		lines = slices.DeleteFunc(slices.Clone(lines), func(l text) bool { return l.expr == "" && deprovision.MatchString(l.literal) })
	case b.m.windows && sysprep.MatchString(all.String()):
		lines = lines[:head] // sysprep comes with a loop that waits for it
	default:
		return []script{{Inline: lines}}
	}
	b.m.generalizes = true
	b.m.itself(attr.SrcRange, "the commands that generalize the image are left out", "the service generalizes it after the last customizer")
	if !slices.ContainsFunc(lines[head:], func(l text) bool { return l.expr != "" || !afterwards.MatchString(l.literal) }) {
		return nil
	}
	return []script{{Inline: lines}}
}
