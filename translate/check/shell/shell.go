// Package shell holds the rules about shell scripts, one to a file: what hangs, what breaks off the connection to the build VM, what
// fails without failing.
//
// A script is parsed for the shell that will run it. Inline commands run in one script under /bin/sh -e; a script at a URI is run by
// what its first line names. A rule never guesses: what a variable or a substitution will hold is not known, and commands with such
// parts are passed over, or taken for what holds whatever they are.
package shell

import (
	"errors"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/script"
)

// Rule is a rule about shell scripts.
type Rule = scriptrule.Rule[*File]

// File is a script, parsed.
type File struct {
	*script.Script
	Shell string             // its name: sh, bash, python3; "" when the first line names none, and then it is run by /bin/sh
	Tree  *syntax.File       // nil when the script is not for a shell, or does not parse
	Err   *syntax.ParseError // why it does not parse
	// Foreign is why it does not parse as what it is, but would in another shell.
	Foreign *syntax.LangError
}

// Parse parses a script.
func Parse(s *script.Script) *File {
	f := &File{Script: s, Shell: "sh"}
	if !s.Inline {
		f.Shell = interpreter(s.Text)
	}
	variant, known := variants[f.Shell]
	if !known || s.Encoding != script.UTF8 {
		return f
	}
	tree, err := syntax.NewParser(syntax.KeepComments(true), syntax.Variant(variant)).Parse(strings.NewReader(s.Text), "")
	var wrong syntax.ParseError
	var foreign syntax.LangError // a feature of another shell, as an array in sh: rules look for these
	switch {
	case err == nil:
		f.Tree = tree
	case errors.As(err, &wrong):
		f.Err = &wrong
	case errors.As(err, &foreign):
		f.Foreign = &foreign
	}
	return f
}

// variants are the shells that can be parsed. Dash is what /bin/sh is on Debian and Ubuntu.
var variants = map[string]syntax.LangVariant{
	"": syntax.LangPOSIX, "sh": syntax.LangPOSIX, "dash": syntax.LangPOSIX, "bash": syntax.LangBash, "ksh": syntax.LangMirBSDKorn,
	"mksh": syntax.LangMirBSDKorn,
}

// interpreter is the program that a first line "#!…" names, without folders and version of env; "" if there is no such line.
func interpreter(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return ""
	}
	words := strings.Fields(rest)
	for len(words) > 0 && (path.Base(words[0]) == "env" || strings.HasPrefix(words[0], "-")) {
		words = words[1:]
	}
	if len(words) == 0 {
		return ""
	}
	return path.Base(words[0])
}
