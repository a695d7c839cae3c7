// Package shell holds the rules about shell scripts, one to a file: what hangs, what breaks off the connection to the build VM, what
// fails without failing.
//
// A script is parsed for the shell that will run it. Inline commands run in one script under /bin/sh -e; a script at a URI is run by
// what its first line names. A rule never guesses: what a variable or a substitution will hold is not known, and commands with such
// parts are passed over, or taken for what holds whatever they are. An inline command that is not known before the deployment is
// taken for a command of its own: rules that look for what is missing in a script are silent about one with such gaps.
package shell

import (
	"errors"
	"fmt"
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/script"
)

// Rule is a rule about shell scripts.
type Rule = scriptrule.Rule[*File]

// File is a script, parsed.
type File struct {
	*script.Script
	Shell string // its name: sh, bash, python3; "" when the first line names none, and the login shell of the build VM runs it
	// Tree is the script as bash reads it, or as its own shell does where bash cannot. It is nil when the script was not parsed.
	Tree *syntax.File
	Err  *syntax.ParseError // why it does not parse, in no shell
	// Foreign is why a script for /bin/sh does not parse there, although it does in bash: a *syntax.LangError or syntax.ParseError.
	Foreign error
	// OpenEnds are the here-documents that the end of the script ends.
	OpenEnds []OpenEnd
	// Unread says why the script was not looked at: "it has more than …"; "" when it was, or did not parse.
	Unread string

	Commands []*Command
	// Indirect are commands whose program is not known, as in $SUDO apt-get update, or a function of the script's own.
	Indirect []*Command
	Tests    []*Command // [[ … ]], with all its words
	Writes   []Write    // redirections into files
	Pipes    []Pipe     // pipelines of more than one command
	Assigns  []Assign   // variables and what they are set to

	defined   map[string]bool // names of functions and aliases
	stops     bool            // it ends at a command that fails
	mindsRoot bool            // it looks at who runs it, and may have seen to its rights itself
	known     int             // how much of its text is known before the first gap
	opening   []*Command      // what root does that may let others write into a folder
}

// maxText is how long a script is looked at, in bytes. A tree takes some fifty times the memory of its text.
const maxText = 1 << 19

// Parse parses a script.
func Parse(s *script.Script) *File {
	f := &File{Script: s, Shell: "sh"}
	if !s.Inline {
		f.Shell = interpreter(s.Text).name
	}
	variant, known := variants[f.Shell]
	switch {
	case s.Encoding == script.Binary:
		f.Shell, f.Unread = "", "it is a program, not a script"
	case !known:
		f.Unread = fmt.Sprintf("it is for %q", f.Shell)
	case len(s.Text) > maxText:
		f.Unread = "it has more than 512 KiB"
	default:
		f.parse(variant)
	}
	if f.Tree != nil && !f.collect() {
		f.Tree, f.Commands, f.Indirect, f.Tests, f.Writes, f.Pipes, f.Assigns = nil, nil, nil, nil, nil, nil, nil
		f.Unread = tooDeep
	}
	return f
}

// maxEnds is how many ends are given to here-documents. Each takes a look at the whole script.
const maxEnds = 10

const tooDeep = "it is nested too deeply"

// read parses the script. A here-document that has no end is given one, as shells do.
func (f *File) read(variant syntax.LangVariant) (*syntax.File, error) {
	text := f.Text
	var given []OpenEnd
	for {
		tree, err := read(text, variant)
		end, ok := openEnd(err)
		if !ok || len(given) == maxEnds || slices.Contains(given, end) { // once is enough, or the word is another than it looks
			if err == nil {
				f.OpenEnds = given
			}
			return tree, err
		}
		given = append(given, end)
		text += "\n" + end.Word + "\n"
	}
}

func (f *File) parse(own syntax.LangVariant) {
	tree, err := f.read(own)
	if own == syntax.LangPOSIX { // what bash has more is told apart from what no shell reads
		if wide, bashErr := f.read(syntax.LangBash); bashErr == nil {
			f.Tree = wide
			if f.Foreign = err; errors.Is(err, errDeep) {
				f.Foreign = nil
			}
			return
		}
	}
	var wrong syntax.ParseError
	var foreign syntax.LangError
	switch {
	case err == nil:
		f.Tree = tree
	case errors.Is(err, errDeep):
		f.Unread = tooDeep
	case errors.As(err, &wrong) && doubtful(wrong):
		f.Unread = fmt.Sprintf("in line %d, %s, as far as can be told before it runs", wrong.Pos.Line(), wrong.Text)
	case errors.As(err, &wrong):
		f.Err = &wrong
	case errors.As(err, &foreign):
		f.Foreign = &foreign
	}
}

// Bash reports whether bash runs the script, as far as is known.
func (f *File) Bash() bool { return f.Shell == "bash" }

// Whole reports whether the script is all known: what is not in it is not there.
func (f *File) Whole() bool { return len(f.Gaps) == 0 }

// variants are the shells that can be parsed. Dash is what /bin/sh is on Debian and Ubuntu. Login shells are mostly bash.
var variants = map[string]syntax.LangVariant{
	"": syntax.LangBash, "sh": syntax.LangPOSIX, "dash": syntax.LangPOSIX, "bash": syntax.LangBash, "ksh": syntax.LangMirBSDKorn,
	"mksh": syntax.LangMirBSDKorn,
}
