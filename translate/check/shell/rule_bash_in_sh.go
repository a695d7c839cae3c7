package shell

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func bashInSh(f *File, report func(scriptrule.Finding)) {
	if f.Shell != "sh" && f.Shell != "dash" {
		return
	}
	if f.Tree == nil { // another shell than bash may have it
		if f.Foreign != nil {
			report(f.foreign())
		}
		return
	}
	v := &visitor{f: f, sets: map[string]int{}}
	v.names(f.Tree)
	seen := map[string]bool{}
	v.walk(f.Tree, func(n syntax.Node) bool {
		if b := v.only(n); b.what != "" && !seen[b.what] {
			seen[b.what] = true
			report(f.bashism(b, n))
		}
		return true
	})
	if len(seen) == 0 && f.Foreign != nil {
		report(f.foreign())
	}
}

// bashism is something that bash has and dash has not.
type bashism struct {
	what string // as a message calls it
	does string // what dash makes of it
	fix  string // how sh writes it
	at   syntax.Node
	edit []scriptrule.Edit
}

const noSuch = "dash has no such command, and the build fails there"

func (f *File) bashism(b bashism, n syntax.Node) scriptrule.Finding {
	if b.at != nil {
		n = b.at
	}
	from, to := place{}.span(n)
	if end := strings.IndexByte(f.Text[min(from, len(f.Text)):], '\n'); end >= 0 {
		to = min(to, from+end)
	}
	fix := "run it with bash"
	if b.fix != "" {
		fix = "write " + b.fix + ", or run it with bash"
	}
	if b.does == "" {
		b.does = "dash does not know it"
	}
	return scriptrule.Finding{From: from, To: to, Summary: b.what + " is not in /bin/sh", Why: whichSh + ": " + b.does, Fix: fix,
		Edits: b.edit}
}

const whichSh = "/bin/sh is dash on Debian and Ubuntu, and bash on the others"

func (f *File) foreign() scriptrule.Finding {
	at, what := uint(0), "this"
	var lang syntax.LangError
	var wrong syntax.ParseError
	switch {
	case errors.As(f.Foreign, &lang):
		at, what = lang.Pos.Offset(), lang.Feature
	case errors.As(f.Foreign, &wrong):
		at = wrong.Pos.Offset()
	}
	from := min(int(at), len(f.Text))
	return scriptrule.Finding{From: from, To: min(from+1, len(f.Text)), Why: whichSh, Fix: "run it with bash",
		Summary: fmt.Sprintf("%s can be read by other shells, and not by /bin/sh", what)}
}

// only tells what of a node is in bash only. The zero bashism is for what is in sh as well.
func (v *visitor) only(n syntax.Node) bashism {
	switch n := n.(type) {
	case *syntax.TestClause:
		return bashism{what: `"[["`, fix: `"[ … ]"`,
			does: "dash looks for a program of that name, and in a condition takes what it does not find for false"}
	case *syntax.ArrayExpr:
		return bashism{what: "an array", does: "dash stops at its bracket", fix: "the items as words behind set --"}
	case *syntax.FuncDecl:
		if n.RsrvWord {
			return bashism{what: `"function"`, does: "dash takes it for a command", fix: `"name() {"`}
		}
	case *syntax.ProcSubst:
		return bashism{what: `"` + n.Op.String() + `…)"`, does: "dash stops at its bracket", fix: "a pipe, or a file in between"}
	case *syntax.Redirect:
		return v.redirection(n)
	case *syntax.BinaryCmd:
		if n.Op == syntax.PipeAll {
			return bashism{what: `"|&"`, does: "dash stops there", fix: `"2>&1 |"`, at: n.Y}
		}
	case *syntax.SglQuoted:
		if n.Dollar {
			return bashism{what: `"$'…'"`, does: "dash leaves the dollar and the backslashes in the text", fix: "$(printf '…')"}
		}
	case *syntax.DblQuoted:
		if n.Dollar {
			return bashism{what: `"$"…""`, does: "dash leaves the dollar in the text", fix: "it without the dollar"}
		}
	case *syntax.ParamExp:
		return v.expansion(n)
	case *syntax.ArithmCmd:
		return bashism{what: `"((…))"`, does: "dash runs it as commands in two subshells", fix: `"[ … ]" or x=$((…))`}
	case *syntax.LetClause:
		return bashism{what: `"let"`, does: noSuch, fix: "x=$((…))"}
	case *syntax.ArithmExp:
		if n.Bracket {
			return bashism{what: `"$[…]"`, does: "dash leaves it as it is", fix: "$((…))"}
		}
	case *syntax.ForClause:
		if n.Select {
			return bashism{what: `"select"`, does: noSuch}
		}
		if _, ok := n.Loop.(*syntax.CStyleLoop); ok {
			return bashism{what: `"for ((…))"`, does: "dash stops there", fix: "for i in $(seq …)", at: n.Loop}
		}
	case *syntax.CoprocClause:
		return bashism{what: `"coproc"`, does: noSuch}
	case *syntax.CaseItem:
		if n.Op != syntax.Break && n.OpPos.IsValid() {
			return bashism{what: `"` + n.Op.String() + `" in a case`, does: "dash stops there"}
		}
	case *syntax.ExtGlob:
		return bashism{what: "a pattern of more than one choice", does: "dash stops at its bracket"}
	case *syntax.DeclClause:
		if n.Variant.Value == "declare" || n.Variant.Value == "typeset" {
			return bashism{what: `"` + n.Variant.Value + `"`, does: noSuch, fix: "an assignment", at: n.Variant}
		}
		for _, a := range n.Args {
			if n.Variant.Value == "export" && a.Name == nil && a.Value != nil && a.Value.Lit() == "-f" {
				return bashism{what: `"export -f"`, does: "dash stops there with an error", at: a}
			}
		}
	case *syntax.CallExpr:
		return v.callOnly(n)
	}
	return bashism{}
}

func (v *visitor) redirection(r *syntax.Redirect) bashism {
	switch r.Op {
	case syntax.WordHdoc:
		return bashism{what: `"<<<"`, does: "dash stops there", fix: "printf '%s\\n' … | before the command"}
	case syntax.RdrAll, syntax.AppAll:
		op := strings.TrimPrefix(r.Op.String(), "&")
		at, end := int(r.OpPos.Offset()), int(r.Word.End().Offset())
		b := bashism{what: `"` + r.Op.String() + `"`, does: "dash runs the command in the background, and empties the file",
			fix: `"` + op + `file 2>&1"`}
		if v.f.Text[at:min(at+len(r.Op.String()), len(v.f.Text))] == r.Op.String() {
			b.edit = []scriptrule.Edit{{From: at, To: at + len(r.Op.String()), Text: op}, {From: end, To: end, Text: " 2>&1"}}
		}
		return b
	}
	return bashism{}
}

// bashVariables are set by bash alone.
var bashVariables = []string{"RANDOM", "UID", "EUID", "BASH_SOURCE", "BASH_VERSION", "BASHPID", "FUNCNAME", "PIPESTATUS", "SECONDS",
	"HOSTNAME", "HOSTTYPE", "OSTYPE", "MACHTYPE", "BASH_REMATCH", "EPOCHSECONDS", "SRANDOM"}

var bashOperators = []syntax.ParExpOperator{syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll, syntax.OtherParamOps}

func (v *visitor) expansion(x *syntax.ParamExp) bashism {
	switch {
	case x.Excl:
		return bashism{what: `"${!x}"`, does: "dash calls it a bad substitution"}
	case x.Slice != nil:
		return bashism{what: `"${x:1:2}"`, does: "dash calls it a bad substitution", fix: "it with cut -c"}
	case x.Repl != nil:
		return bashism{what: `"${x/a/b}"`, does: "dash calls it a bad substitution", fix: "it with sed"}
	case x.Index != nil:
		return bashism{what: `"${x[i]}"`, does: "dash calls it a bad substitution"}
	case x.Exp != nil && slices.Contains(bashOperators, x.Exp.Op):
		return bashism{what: `"${x` + x.Exp.Op.String() + `}"`, does: "dash calls it a bad substitution", fix: "it with tr"}
	case x.Param != nil && x.Exp == nil && slices.Contains(bashVariables, x.Param.Value) && v.sets[x.Param.Value] == 0:
		fix := map[string]string{"UID": "$(id -u)", "EUID": "$(id -u)", "HOSTNAME": "$(hostname)", "OSTYPE": "$(uname -s)",
			"HOSTTYPE": "$(uname -m)", "BASH_SOURCE": "$0"}[x.Param.Value]
		return bashism{what: `"$` + x.Param.Value + `"`, does: "it is empty in dash", fix: fix}
	}
	return bashism{}
}

// bashCommands are built into bash alone, and how sh writes them.
var bashCommands = map[string]string{
	"pushd": "cd", "popd": "cd", "dirs": "pwd", "mapfile": "while read -r line", "readarray": "while read -r line", "disown": "nohup",
	"declare": "an assignment", "typeset": "an assignment", "shopt": "", "builtin": "", "compgen": "", "complete": "", "enable": "",
	"caller": "",
}

var braces = regexp.MustCompile(`\{[^{}$]*(,|\.\.)[^{}$]*\}`)

func (v *visitor) callOnly(c *syntax.CallExpr) bashism {
	for _, w := range c.Args {
		for _, part := range w.Parts {
			if lit, ok := part.(*syntax.Lit); ok && braces.MatchString(lit.Value) && !strings.Contains(lit.Value, `\`) {
				return bashism{what: `"{a,b}"`, does: "dash leaves it as it is", fix: "the words one by one", at: w}
			}
		}
	}
	if len(c.Args) == 0 {
		return bashism{}
	}
	words := make([]string, len(c.Args))
	for i, w := range c.Args {
		words[i] = w.Lit()
	}
	name := words[0]
	if v.f.defined[name] {
		return bashism{}
	}
	if fix, ok := bashCommands[name]; ok {
		return bashism{what: `"` + name + `"`, does: noSuch, fix: fix, at: c.Args[0]}
	}
	for i, w := range words[1:] {
		if b := argOnly(name, w, words[i:], c.Args[i+1]); b.what != "" {
			return b
		}
	}
	if name == "source" && len(words) > 1 {
		b := bashism{what: `"source"`, does: noSuch, fix: `"."`, at: c.Args[0]}
		if from, to := (place{}).span(c.Args[0]); strings.Contains(words[1], "/") { // without one, it is looked for in other places
			b.edit = []scriptrule.Edit{{From: from, To: to, Text: "."}}
		}
		return b
	}
	return bashism{}
}

// argOnly looks at one word of a command; before starts with the word before it.
func argOnly(name, w string, before []string, at *syntax.Word) bashism {
	from, to := place{}.span(at)
	letters := strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--")
	switch {
	case name == "echo" && before[0] == "echo" && letters && strings.Trim(w, "-neE") == "" && strings.Contains(w, "e"):
		return bashism{what: `"echo -e"`, does: "dash writes the -e out", fix: "printf", at: at}
	case name == "read" && letters && strings.ContainsAny(w[1:], "asntdiNu"):
		return bashism{what: `"read ` + w + `"`, does: "dash has no such option", at: at}
	case name == "set" && w == "pipefail" && strings.HasSuffix(before[0], "o"):
		return bashism{what: `"set -o pipefail"`, does: "dash before 0.5.13 stops there with an error", at: at}
	case (name == "[" || name == "test") && w == "==":
		return bashism{what: `"==" in "["`, does: `dash calls it an unexpected operator, and a condition false`, fix: `"="`, at: at,
			edit: []scriptrule.Edit{{From: from, To: to, Text: "="}}}
	case (name == "[" || name == "test") && w == "=~":
		return bashism{what: `"=~" in "["`, does: `dash calls it an unexpected operator, and a condition false`, at: at,
			fix: "it with grep or case"}
	case name == "trap" && (w == "ERR" || w == "DEBUG" || w == "RETURN"):
		return bashism{what: `"trap … ` + w + `"`, does: "dash stops there with an error", fix: "a trap on EXIT", at: at}
	}
	return bashism{}
}
