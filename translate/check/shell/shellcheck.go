package shell

import (
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/script"
)

// ForShellcheck gives what shellcheck is to look at, and the dialect to give it with --shell. ok is false for a script that it would not
// understand, or that is not all known: it goes by what is missing as much as by what is there.
func ForShellcheck(s *script.Script) (text, dialect string, ok bool) {
	f := Parse(s)
	if f.Tree == nil || !f.Whole() || s.Encoding != script.UTF8 && s.Encoding != script.UTF8BOM {
		return "", "", false
	}
	switch f.Shell {
	case "sh":
		dialect = "dash" // it has local, which is in every /bin/sh though not in POSIX
	case "":
		dialect = "bash"
	case "mksh":
		dialect = "ksh"
	default:
		dialect = f.Shell
	}
	return s.Text, dialect, true
}

// Offset gives the place in a text that shellcheck calls a line and column: both from 1, and columns in characters. A tab is one. Places
// outside of the text give the nearest one inside.
func Offset(text string, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		at += i + 1
	}
	for ; column > 1 && at < len(text) && text[at] != '\n'; column-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}
