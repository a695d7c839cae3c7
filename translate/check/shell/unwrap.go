package shell

import (
	"path"
	"slices"
	"strings"
)

// wrapper is a command that runs the one that its words end in.
type wrapper struct {
	valued string   // letters of options that take a value
	flags  string   // and of those that do not
	long   []string // names of long options that take a value in the next word, or after "="
	bare   []string // names of long options that do not
	sets   bool     // X=1 may stand before the command
	first  int      // how many words stand before the command
}

var wrappers = map[string]wrapper{
	"sudo": {valued: "ugpChrtTUDR", flags: "ABbEHiNnPSs", sets: true,
		long: []string{"user", "group", "prompt", "close-from", "host", "role", "type", "command-timeout", "other-user", "chdir",
			"chroot"},
		bare: []string{"askpass", "background", "preserve-env", "set-home", "login", "non-interactive", "preserve-groups", "stdin",
			"shell"}},
	"doas":      {valued: "uC", flags: "n"},
	"pkexec":    {long: []string{"user"}, bare: []string{"disable-internal-agent"}},
	"env":       {valued: "uC", flags: "i0v", sets: true, long: []string{"unset", "chdir"}, bare: []string{"ignore-environment"}},
	"nice":      {valued: "n", flags: "0123456789", long: []string{"adjustment"}},
	"ionice":    {valued: "cn", flags: "t", long: []string{"class", "classdata"}, bare: []string{"ignore"}},
	"nohup":     {},
	"setsid":    {flags: "cfw", bare: []string{"ctty", "fork", "wait"}},
	"time":      {valued: "fo", flags: "apv", long: []string{"format", "output"}, bare: []string{"append", "portability", "verbose"}},
	"stdbuf":    {valued: "ioe", long: []string{"input", "output", "error"}},
	"command":   {flags: "p"},
	"builtin":   {},
	"exec":      {valued: "a", flags: "cl"},
	"eatmydata": {},
	"timeout": {valued: "ks", flags: "v", long: []string{"kill-after", "signal"},
		bare: []string{"foreground", "preserve-status", "verbose"}, first: 1},
	"xargs": {valued: "adEIiLlnPs", flags: "0prtx", bare: []string{"null", "no-run-if-empty", "verbose"},
		long: []string{"arg-file", "delimiter", "replace", "max-lines", "max-args", "max-procs"}},
}

// unwrap finds the command in words. It is false if there is none that is known: behind an option that is not, or in a variable.
func (c *Command) unwrap(words []Arg) bool {
	for {
		c.Name, c.Word, c.Args = path.Base(words[0].Text), words[0], words[1:]
		if !words[0].Known() || words[0].Text == "" {
			return false
		}
		w, ok := wrappers[c.Name]
		if !ok || len(words) == 1 {
			return true
		}
		rest, options, sets, ok := w.skip(words[1:])
		if !ok {
			return c.Name == "sudo" || c.Name == "command" // sudo -l; command -v x
		}
		if len(rest) == 0 {
			return true // sudo -i; exec >log
		}
		c.around(words[0], options, rest)
		c.Env = append(c.Env, sets...)
		words = rest
	}
}

// around takes a wrapper for taken off.
func (c *Command) around(word Arg, options map[string]string, rest []Arg) {
	switch c.Name {
	case "sudo", "doas", "pkexec":
		user, other := options["u"]
		if long, ok := options["user"]; ok {
			user, other = long, true
		}
		if !other {
			user = "root"
		}
		c.Sudo, c.User, c.Root = &word, user, user == "root"
		if _, ok := options["E"]; ok {
			c.Wrappers = append(c.Wrappers, "-E")
		}
		if _, ok := options["preserve-env"]; ok {
			c.Wrappers = append(c.Wrappers, "-E")
		}
	default:
		c.Wrappers = append(c.Wrappers, c.Name)
	}
	if c.Name == "xargs" || c.Name == "nohup" {
		c.Fed = true
	}
	if c.Name == "timeout" {
		c.Behind = true
	}
}

// skip goes over the options of a wrapper.
func (w wrapper) skip(words []Arg) (rest []Arg, options map[string]string, sets []string, ok bool) {
	options = map[string]string{}
	for len(words) > 0 {
		a := words[0]
		if a.Many || strings.HasPrefix(a.Text, unknown) {
			return nil, nil, nil, false
		}
		switch text := a.Text; {
		case text == "--":
			words = words[1:]
			return words[min(w.first, len(words)):], options, sets, len(words) > w.first
		case strings.HasPrefix(text, "--"):
			name, value, given := strings.Cut(text[2:], "=")
			switch {
			case given || slices.Contains(w.bare, name):
			case slices.Contains(w.long, name) && len(words) > 1:
				value, words = words[1].Text, words[1:]
			default:
				return nil, nil, nil, false
			}
			options[name] = value
		case len(text) > 1 && text[0] == '-':
			used, ok := w.letters(text[1:], words[1:], options)
			if !ok {
				return nil, nil, nil, false
			}
			words = words[used:]
		case w.sets && strings.Contains(text, "="):
			sets = append(sets, text)
		default:
			return words[min(w.first, len(words)):], options, sets, len(words) > w.first || w.first == 0
		}
		words = words[1:]
	}
	return nil, options, sets, true
}

// letters reads -Eu root. It tells how many of the next words are used up.
func (w wrapper) letters(cluster string, next []Arg, options map[string]string) (used int, ok bool) {
	for i := range len(cluster) {
		letter := cluster[i : i+1]
		switch {
		case strings.Contains(w.flags, letter):
			options[letter] = ""
		case !strings.Contains(w.valued, letter):
			return 0, false
		case i+1 < len(cluster):
			options[letter] = cluster[i+1:]
			return 0, true
		case len(next) == 0:
			return 0, false
		default:
			options[letter] = next[0].Text
			return 1, true
		}
	}
	return 0, true
}
