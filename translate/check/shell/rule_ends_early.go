package shell

import (
	"fmt"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func endsEarly(f *File, report func(scriptrule.Finding)) {
	if !f.Inline || f.Tree == nil {
		return
	}
	for _, c := range f.Commands {
		switch {
		case !c.Sure() || c.Stmt == nil || f.lastStmt(c.Stmt):
			continue
		case c.Name == "exit":
		case c.wrapped("exec") && len(c.Stmt.Redirs) == 0:
		default:
			continue
		}
		why := "inline commands are lines of one script, and this ends that"
		if len(c.Args) > 0 && c.Name == "exit" && c.Args[0].Known() && c.Args[0].Text != "0" {
			why += ": the build fails here, always"
		}
		report(c.finding(fmt.Sprintf("no command after %q is run", f.short(c)), why,
			"leave it out, or put the rest into a customizer of its own"))
		return
	}
}

// lastStmt reports whether nothing comes after a statement.
func (f *File) lastStmt(s *syntax.Stmt) bool {
	all := f.Tree.Stmts
	return len(all) == 0 || all[len(all)-1].Position.Offset() <= s.Position.Offset()
}
