// Package powershell holds the rules about PowerShell scripts, one to a file: what hangs, what breaks off the
// connection to the build VM, what fails without failing.
//
// A script is read by a parser of this package, which knows how PowerShell tells commands, arguments, strings and
// blocks apart, and nothing of what they mean. It reports what it found as flat lists: commands, members, assignments.
// Customizers run Windows PowerShell 5.1, whose language is the measure. A rule never guesses: a word that a variable
// or an expression makes is not known, and neither is a command whose arguments are splatted.
package powershell

import (
	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/script"
)

// Rule is a rule about PowerShell scripts.
type Rule = scriptrule.Rule[*File]

// Span is a stretch of a script, in byte offsets of its text. To is exclusive.
type Span struct{ From, To int }

// File is a script, parsed. Lists are in the order of the text.
type File struct {
	*script.Script
	Commands    []*Command
	Members     []*Member
	Assignments []*Assignment
	Exits       []*Exit
	Functions   map[string]bool // names of the functions that the script defines, in lower case
	Comments    []Span
	// Newer are the places with syntax that Windows PowerShell 5.1 cannot parse and PowerShell 7 can.
	Newer []Newer
	// Err is the first mistake; what comes after it is not in the lists. PowerShell parses a whole script before it runs
	// any of it.
	Err *Mistake
	// Unread is why the parser stopped before the end without a mistake, and Rest the place; "" if it did not.
	Unread string
	Rest   int

	lower string          // what says made of the text
	said  map[string]bool // what it found
	loads []int           // where something is downloaded, for downloads
}

// Mistake is a place where PowerShell stops parsing.
type Mistake struct {
	Span
	Text string // what is wrong, as a clause
}

// Newer is a construct of PowerShell 7.
type Newer struct {
	Span
	What string
}

// Command is one command of a pipeline: a name and arguments. Commands inside of its arguments are listed by
// themselves.
type Command struct {
	Span
	Pipe   int  // where its pipeline starts
	Name   Word // not known for & $variable
	Args   []Arg
	Nested int      // how many blocks are around it: 0 for a command that runs whatever happens
	Parent *Command // the command that it is in an argument of
	Input  *Command // the command before it in the pipeline
	Taken  bool     // its output goes to a variable, another command or an expression
	Splat  bool     // some arguments are in a variable
	Called bool     // by the operator & or .
	Piped  bool     // something is before it in the pipeline

	name  string   // what File.name made of it
	words []string // what File.run made of it
}

// Word is a name, an argument or the value of a parameter.
type Word struct {
	Span
	Value string // without quotes and escapes
	Known bool   // nothing in it is put in when it runs
	Bare  bool   // not in quotes, and no expression: may be a number or a word
	Block bool   // a script block in braces
}

// Arg is an argument, or a parameter as -Name.
type Arg struct {
	Word
	Param string // the name in lower case, without dash and colon; "" for an argument
	Colon bool   // -Name:value
}

// Member is a use of a property or method: $x.Name, [Type]::Name(…).
type Member struct {
	Span          // of the whole expression up to the name, or to the end of a call
	On     string // what stands before the dot or colons, as written
	Name   string // "" where it is not a plain name
	Static bool
	Call   bool
	Args   []Word // of a call, as far as they are plain strings
	Nested int
	Set    bool // something is assigned to it
}

// Assignment is $name = value.
type Assignment struct {
	Span
	Name   string // in lower case, without a scope
	Value  Word   // Known if it is one plain string or word
	Nested int
}

// Exit is an exit statement.
type Exit struct {
	Span
	Code   Word // not known where there is none, or it is computed
	None   bool // there is none
	Nested int
}

// The parser gives up beyond these. No script that a person wrote comes near.
const (
	maxDepth = 1000
	maxWords = 500_000 // names, arguments, members
)

// Parse parses a script.
func Parse(s *script.Script) *File {
	f := &File{Script: s, Functions: map[string]bool{}}
	if s.Encoding == script.Binary {
		return f
	}
	p := parser{f: f, s: s.Text, legacy: s.Encoding == script.Legacy}
	p.statements(0)
	for _, c := range f.Commands { // rules ask for these again and again; all functions are known by now
		c.name = f.naming(c)
		c.words = f.running(c)
	}
	return f
}

// Elevated reports how the script runs, as far as that is known: with administrator rights from a scheduled task.
func (f *File) Elevated() (elevated, known bool) {
	if f.PowerShell == nil {
		return false, false
	}
	if f.PowerShell.RunElevated.IsAbsent() {
		return false, true
	}
	return f.PowerShell.RunElevated.Get()
}

// Certain reports whether every inline command is known. Only then can something be missing from a script.
func (f *File) Certain() bool { return len(f.Gaps) == 0 && f.Err == nil && f.Unread == "" }

// at gives a stretch of the script.
func (f *File) at(s Span) string { return f.Text[s.From:s.To] }
