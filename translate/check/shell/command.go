package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// Command is a simple command. What is wrapped around it, as in sudo env X=1 nice apt-get update, is taken off.
type Command struct {
	Name string // apt-get: without folders
	Args []Arg
	Word Arg // the name, as it is written
	// From and To are the places of the whole command in the text of the script, with what is wrapped around it.
	From, To int
	Env      []string // variables set for it alone: X=1
	Sudo     *Arg     // the word sudo, if that is around it
	User     string   // that sudo and the like change to; "" if they do not
	Wrappers []string // what else was taken off: env, nice, exec
	Call     *syntax.CallExpr
	Stmt     *syntax.Stmt
	Scope
}

// Scope is what stands around a command.
type Scope struct {
	Root   bool // it runs as root, by sudo or in sudo sh -c '…'
	Asked  bool // its status is asked for: in a condition, before && or ||, after !
	Branch bool // it may be passed over: in a branch or loop, after && or ||
	Func   bool // it is in a function
	Sub    bool // in a subshell, substitution, pipeline, or in the background
	Behind bool // in the background
	Fed    bool // something is given to its standard input
	Inner  int  // how many times it is in the text of another command: sh -c '…', or a here-document
	place  place
}

// Sure reports whether the script gets to the command, and ends there with set -e if the command fails.
func (c *Command) Sure() bool { return !c.Asked && !c.Branch && !c.Func && !c.Sub && c.Inner == 0 }

// Arg is a word of a command, after quotes are removed. Each stretch that is not known is one unknown byte.
type Arg struct {
	Text     string
	Many     bool // it may turn out as several words or none: $x without quotes
	Quoted   bool // all or part of it
	From, To int
}

const unknown = "\x00"

// Known reports whether all of the word is known.
func (a Arg) Known() bool { return !a.Many && !strings.Contains(a.Text, unknown) }

// Write is a redirection into a file: > /etc/motd.
type Write struct {
	Op       syntax.RedirOperator
	File     Arg
	Command  *Command // nil if it is none, or not known
	From, To int
	Scope
}

// Pipe is a pipeline. A part that is no simple command is nil.
type Pipe struct {
	Parts []*Command
	Scope
}

// Assign sets a variable. It may stand before a command, or after export.
type Assign struct {
	Name     string
	Value    Arg
	From, To int // of the name
}

// open reports whether there are words whose number is not known: any option may be among them.
func (c *Command) open() bool { return slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Many }) }

// has reports whether an option is given: one of the letters of short, alone or in -xyz, or one of the long names.
func (c *Command) has(short string, long ...string) bool {
	for _, a := range c.Args {
		switch {
		case a.Text == "--":
			return false
		case strings.HasPrefix(a.Text, "--"):
			if name, _, _ := strings.Cut(a.Text[2:], "="); slices.Contains(long, name) {
				return true
			}
		case len(a.Text) > 1 && a.Text[0] == '-':
			if strings.ContainsAny(a.Text[1:], short) && !strings.Contains(a.Text, "::") { // -oDpkg::Options
				return true
			}
		}
	}
	return false
}

// maybe reports whether an option is given, or may be.
func (c *Command) maybe(short string, long ...string) bool { return c.open() || c.has(short, long...) }

// plain returns the words that are neither options nor values of the options in valued: -o, --option.
func (c *Command) plain(valued ...string) []Arg {
	var words []Arg
	for i := 0; i < len(c.Args); i++ {
		switch a := c.Args[i]; {
		case a.Text == "--":
			return append(words, c.Args[i+1:]...)
		case len(a.Text) < 2 || a.Text[0] != '-':
			words = append(words, a)
		case slices.Contains(valued, a.Text):
			i++
		}
	}
	return words
}

// texts returns the words as text.
func texts(args []Arg) []string {
	all := make([]string, len(args))
	for i, a := range args {
		all[i] = a.Text
	}
	return all
}

// is reports whether the command is one of those named, and its first plain words are those given.
func (c *Command) is(name string, words ...string) bool {
	if c.Name != name {
		return false
	}
	plain := c.plain()
	if len(plain) < len(words) {
		return false
	}
	for i, w := range words {
		if plain[i].Text != w {
			return false
		}
	}
	return true
}

// oneOf reports whether s is one of the others.
func oneOf(s string, others ...string) bool { return slices.Contains(others, s) }

// wrapped reports whether one of the commands that were taken off has the name.
func (c *Command) wrapped(name string) bool { return slices.Contains(c.Wrappers, name) }

// finding starts a finding about the command.
func (c *Command) finding(summary, why, fix string) scriptrule.Finding {
	return scriptrule.Finding{From: c.From, To: c.To, Summary: summary, Why: why, Fix: fix}
}
