package shell

import (
	"path"
	"strings"
)

// shebang is a first line "#!…".
type shebang struct {
	name    string   // of the program, without folders and version of env; "" if there is no such line
	program string   // as it is written: /usr/bin/env
	args    []string // that the program is given, as words
	line    string   // without "#!" and the end of the line
}

func interpreter(text string) shebang {
	line, _, _ := strings.Cut(text, "\n")
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return shebang{}
	}
	s := shebang{line: strings.TrimRight(rest, "\r")}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return s
	}
	s.program, s.args = words[0], words[1:]
	for len(words) > 0 && (path.Base(words[0]) == "env" || strings.HasPrefix(words[0], "-") || strings.Contains(words[0], "=")) {
		words = words[1:]
	}
	if len(words) > 0 {
		s.name = path.Base(words[0])
	}
	return s
}
