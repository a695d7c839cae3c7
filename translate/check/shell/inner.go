package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// inner visits the commands in a text that a command runs: sh -c '…', su -c '…', eval '…', sh <<'EOF'. A text that is not all known
// is passed over.
func (v *visitor) inner(c *Command, sc Scope) {
	sc.Inner++
	sc.Root, sc.Behind = c.Root, c.Behind
	if sc.Inner > maxInner {
		return
	}
	switch {
	case c.Name == "eval" && len(c.Args) == 1:
		v.text(c.Args[0], c.Args[0].Text, variants["bash"], sc)
	case c.Name == "su":
		if user, text := c.su(); text != nil {
			sc.Root = user == "" || user == "root"
			v.text(*text, text.Text, syntax.LangPOSIX, sc)
		}
	case isShell(c.Name):
		if text := c.shellText(); text != nil {
			v.text(*text, text.Text, variants[c.Name], sc)
			return
		}
		if c.Stmt == nil || len(c.scripts()) > 0 {
			return
		}
		for _, r := range c.Stmt.Redirs {
			if r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc {
				v.heredoc(r, c, sc)
			}
		}
	}
}

func isShell(name string) bool { return oneOf(name, "sh", "bash", "dash", "ksh") }

// text visits the commands in a word.
func (v *visitor) text(word Arg, text string, variant syntax.LangVariant, sc Scope) {
	if !word.Known() {
		return
	}
	v.parse(text, v.f.within(text, sc.place, word.From, word.To), variant, sc)
}

func (v *visitor) parse(text string, p place, variant syntax.LangVariant, sc Scope) {
	tree, err := read(text, syntax.LangBash)
	if err != nil {
		if tree, err = read(text, variant); err != nil {
			return
		}
	}
	sc.place = p
	v.names(tree)
	v.stmts(tree.Stmts, sc)
}

// heredoc visits the commands in a here-document.
func (v *visitor) heredoc(r *syntax.Redirect, c *Command, sc Scope) {
	if r.Hdoc == nil {
		return
	}
	body := v.one(r.Hdoc, sc.place)
	if !body.Known() {
		return
	}
	sc.Fed = false // but for its own text, which is no answer
	from, to := sc.place.span(r.Hdoc)
	v.parse(body.Text, v.f.within(body.Text, sc.place, from, to), variants[c.Name], sc)
}

// shellText is the word after -c of a shell; nil if there is none.
func (c *Command) shellText() *Arg {
	for i := 0; i < len(c.Args); i++ {
		text := c.Args[i].Text
		if len(text) < 2 || text[0] != '-' && text[0] != '+' || text == "--" || !c.Args[i].Known() {
			return nil
		}
		if strings.HasPrefix(text, "--") {
			if oneOf(text, "--rcfile", "--init-file") {
				i++
			}
			continue
		}
		if strings.ContainsAny(text[1:], "oO") { // -euo pipefail
			i++
		}
		if strings.Contains(text[1:], "c") && text[0] == '-' {
			for i++; i < len(c.Args) && strings.HasPrefix(c.Args[i].Text, "-"); i++ { // bash -c -e 'text'
				if c.Args[i].Text == "--" {
					i++
					break
				}
			}
			if i < len(c.Args) {
				return &c.Args[i]
			}
			return nil
		}
	}
	return nil
}

// scripts returns the plain words of a shell: the script that it is to run, and its arguments.
func (c *Command) scripts() []Arg { return c.plain("-o", "-O", "+O", "--rcfile", "--init-file") }

// su tells which user su changes to, "" for root, and the text that it runs; nil if it runs a shell.
func (c *Command) su() (user string, text *Arg) {
	for i := 0; i < len(c.Args); i++ {
		switch a := c.Args[i]; {
		case a.Text == "-c" || a.Text == "--command":
			if i++; i < len(c.Args) {
				text = &c.Args[i]
			}
		case strings.HasPrefix(a.Text, "--command="):
			text = &Arg{Text: a.Text[len("--command="):], From: a.From, To: a.To, Many: a.Many}
		case a.Text == "-s" || a.Text == "--shell" || a.Text == "-g" || a.Text == "-G":
			i++
		case a.Text == "-lc" || a.Text == "-mc" || a.Text == "-pc":
			if i++; i < len(c.Args) {
				text = &c.Args[i]
			}
		case strings.HasPrefix(a.Text, "-"):
		case user == "":
			user = a.Text
		}
	}
	return user, text
}
