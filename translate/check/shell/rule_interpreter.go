package shell

import (
	"fmt"
	"path"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/script"
)

func noInterpreter(f *File, report func(scriptrule.Finding)) {
	if f.Inline || f.Encoding != script.UTF8 || strings.HasPrefix(f.Text, "#!") || strings.TrimSpace(f.Text) == "" {
		return
	}
	line, _, _ := strings.Cut(f.Text, "\n")
	const reader = "the login shell of the build VM reads the script"
	found := scriptrule.Finding{From: 0, To: len(strings.TrimRight(line, "\r")),
		Summary: "the first line does not name the program that runs this script",
		Why:     "the kernel does not start it then: " + reader + ", whichever that is", Fix: "start it with #!/bin/bash or #!/bin/sh"}
	if at := strings.Index(f.Text, "\n#!/"); at >= 0 && strings.Count(f.Text[:at], "\n") < 20 {
		found.Why = fmt.Sprintf("the #! in line %d counts in the first line alone: %s", 2+strings.Count(f.Text[:at], "\n"), reader)
		found.Fix = "move it to the first line, and to the start of that"
	} else if strings.HasPrefix(strings.TrimLeft(f.Text, " \t\r\n"), "#!") {
		found.Why, found.Fix = "the #! does not count behind white space: "+reader, "take out what is before it"
	}
	report(found)
}

func badInterpreter(f *File, report func(scriptrule.Finding)) {
	if f.Inline || f.Encoding != script.UTF8 || !strings.HasPrefix(f.Text, "#!") {
		return
	}
	s := interpreter(f.Text)
	found := scriptrule.Finding{From: 0, To: len("#!" + s.line)}
	switch {
	case s.program == "":
		return // an empty line is as good as none
	case strings.HasPrefix(s.program, "/") && path.Base(s.program) == "env" && len(s.args) > 1 && !strings.ContainsAny(s.args[0], "-="):
		found.Summary = fmt.Sprintf("env looks for a program %q", strings.Join(s.args, " "))
		found.Why = "all that stands behind the program in a #! line is one word"
		found.Fix = "write env -S, or name the program by its path"
	case !strings.HasPrefix(s.program, "/"):
		found.Summary = fmt.Sprintf("%q is not looked for in the PATH", s.program)
		found.Why = "a #! line takes a path from where the script is run"
		found.Fix = fmt.Sprintf("write #!/bin/%s, or #!/usr/bin/env %s", path.Base(s.program), path.Base(s.program))
	default:
		return
	}
	report(found)
}
