package kernelbound

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
	"github.com/ingot-build/ingot/translate/script"
)

// finding is one thing that a script does.
type finding struct {
	from      int // offset in its text
	command   string
	kind, why string // why is "" where that of the kind will do
}

// findings are those of a script, in the order of its text.
func findings(f *shell.File) []finding {
	if f.Tree == nil {
		if f.Encoding == script.Binary {
			return nil
		}
		return words(f)
	}
	var all []finding
	shown := shower(f)
	add := func(c *shell.Command, kind, why string) {
		if kind != "" {
			all = append(all, finding{from: c.From, command: shown(c), kind: kind, why: why})
		}
	}
	for _, c := range f.Commands {
		kind, why := judge(c)
		add(c, kind, why)
	}
	for _, c := range f.Indirect {
		if started := through(c); started != nil {
			kind, why := judge(started)
			add(started, kind, why)
		}
	}
	for _, c := range f.Tests {
		kind, why := judge(c)
		add(c, kind, why)
	}
	for _, w := range f.Writes {
		if kind := written(w.File.Text); kind != "" {
			all = append(all, finding{from: w.From, command: oneLine(hidden(f.Text[w.From:w.To])), kind: kind})
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int { return a.from - b.from })
	return all
}

// through is the command that is started by a function or a variable, as with retry 5 apt-get update or $SUDO reboot; nil if none is known.
func through(c *shell.Command) *shell.Command {
	if says(c.Name) {
		return nil
	}
	at := 0
	for at < len(c.Args) && strings.Trim(c.Args[at].Text, "0123456789") == "" { // how often, or how long
		at++
	}
	return c.Started(at)
}

// says reports whether a function has the name of one that tells people something.
func says(name string) bool {
	return slices.ContainsFunc([]string{"log", "echo", "print", "info", "warn", "err", "die", "fail", "msg", "say", "debug", "usage",
		"note", "title", "step", "status", "announce", "exists", "has_", "installed"},
		func(word string) bool { return strings.Contains(strings.ToLower(name), word) })
}

// oneLine is the start of a text, for a message.
func oneLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60]) + "…"
	}
	return text
}

// named is a value that has the name of a secret: password=…, --token ….
var named = regexp.MustCompile(`(?i)((?:` + secretNames + `)=|--[a-z-]*(?:` + secretNames + `) +)([^\s,;'"]+)`)

const secretNames = "pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|key"

// hidden is a text without what may be a secret.
func hidden(text string) string { return named.ReplaceAllString(text, "$1***") }

// shower gives the text of commands as it may be shown. One with a secret in clear text has its name alone.
func shower(f *shell.File) func(*shell.Command) string {
	secrets := f.Secrets()
	return func(c *shell.Command) string {
		if slices.ContainsFunc(secrets, func(at [2]int) bool { return at[0] < c.To && c.From < at[1] }) {
			return c.Name + " …"
		}
		return hidden(f.Short(c))
	}
}
