package winguest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// interpreter runs the statements of one PowerShell process.
type interpreter struct {
	*process
	vars      map[string]any
	outer     []map[string]any // of the functions around this one, the script's first
	functions map[string]define
	last      *int // $LASTEXITCODE; nil: no program ran
}

// outcome is how statements came to their end.
type outcome struct {
	kind    int
	code    int
	message string // of what was thrown
}

const (
	passed   = iota // by running out
	exited          // by exit
	threw           // by an error that nobody caught
	broke           // by break
	returned        // by return
)

func thrown(format string, args ...any) outcome {
	return outcome{kind: threw, message: fmt.Sprintf(format, args...)}
}

func (in *interpreter) block(list []statement) outcome {
	for _, st := range list {
		if in.ctx.Err() != nil {
			return outcome{kind: exited, code: exitTerminated}
		}
		if out := in.do(st); out.kind != passed {
			return out
		}
	}
	return outcome{}
}

func (in *interpreter) do(st statement) outcome {
	switch st := st.(type) {
	case ifElse:
		for _, t := range st.tests {
			if t.condition == nil || truth(in.value(t.condition)) {
				return in.block(t.body)
			}
		}
		return outcome{}
	case tryCatch:
		out := in.block(st.body)
		if out.kind == threw && st.catch != nil {
			in.vars["_"] = out.message
			out = in.block(st.catch)
		}
		if end := in.block(st.finally); end.kind != passed {
			return end
		}
		return out
	case assign:
		in.assign(st.name, in.value(st.value))
		return outcome{}
	case define:
		if in.functions == nil {
			in.functions = map[string]define{}
		}
		in.functions[st.name] = st
		return outcome{}
	case while:
		for truth(in.value(st.condition)) {
			if in.ctx.Err() != nil {
				return outcome{kind: exited, code: exitTerminated}
			}
			switch out := in.block(st.body); out.kind {
			case passed:
			case broke:
				return outcome{}
			default:
				return out
			}
		}
		return outcome{}
	case leave:
		return outcome{kind: st.kind}
	case exit:
		code := 0
		if st.code != nil {
			code, _ = number(in.value(st.code))
		}
		return outcome{kind: exited, code: code}
	case throw:
		if st.message == nil {
			return thrown("ScriptHalted")
		}
		return thrown("%s", display(in.value(st.message)))
	case call:
		return in.call(st)
	case show:
		if v := in.value(st.value); v != nil {
			in.say(display(v) + "\r\n")
		}
		return outcome{}
	case run:
		v, out := in.command(st)
		if v != nil && !st.null {
			in.say(display(v) + "\r\n")
		}
		return out
	default:
		panic(fmt.Sprintf("no such statement: %T", st))
	}
}

// call runs a block, or a script file. What a file does with exit ends that file alone.
func (in *interpreter) call(c call) outcome {
	if c.path == nil {
		return in.block(c.block)
	}
	path := display(in.value(c.path))
	content, ok := in.load(path)
	if !ok {
		if external(strings.ToLower(path)) {
			_, out := in.command(run{name: strings.ToLower(path)})
			return out
		}
		return thrown("The term '%s' is not recognized as the name of a cmdlet, function, script file, or operable program.", path)
	}
	if in.deep++; in.deep > deepest {
		return thrown("The script failed due to call depth overflow.")
	}
	out := in.source(string(content))
	in.deep--
	if out.kind == exited {
		if in.ctx.Err() != nil {
			return out
		}
		in.last = &out.code
		return outcome{}
	}
	return out
}

func (in *interpreter) assign(name string, v any) {
	if e, ok := strings.CutPrefix(name, "env:"); ok {
		if display(v) == "" {
			delete(in.env, strings.ToUpper(e))
		} else {
			in.env[strings.ToUpper(e)] = display(v)
		}
		return
	}
	if name == "lastexitcode" {
		n, _ := number(v)
		in.last = &n
		return
	}
	if n, ok := strings.CutPrefix(name, "script:"); ok {
		script := in.vars
		if len(in.outer) > 0 {
			script = in.outer[0]
		}
		script[n] = v
		return
	}
	in.vars[name] = v
}

// function runs one that the script defined. It sees the variables of who calls it, and what it sets is its own.
func (in *interpreter) function(f define, r run) outcome {
	if in.deep++; in.deep > deepest {
		return thrown("The script failed due to call depth overflow.")
	}
	defer func() { in.deep-- }()
	own := map[string]any{}
	values := in.values(r)
	for i, name := range f.params {
		own[name] = ""
		if i < len(values) {
			own[name] = values[i]
		}
	}
	caller, outer := in.vars, in.outer
	in.vars, in.outer = own, append(slices.Clone(outer), caller)
	defer func() { in.vars, in.outer = caller, outer }()
	if out := in.block(f.body); out.kind != returned {
		return out
	}
	return outcome{}
}

// value computes an expression. Conversions that PowerShell would refuse give its empty value.
func (in *interpreter) value(e expression) any {
	switch e := e.(type) {
	case literal:
		return e.value
	case variable:
		return in.lookup(e.name)
	case text:
		var b strings.Builder
		for _, part := range e.parts {
			b.WriteString(display(in.value(part)))
		}
		return b.String()
	case cast:
		v := in.value(e.of)
		if e.to == "string" {
			return display(v)
		}
		n, _ := number(v)
		return n
	case member:
		return property(in.value(e.of), e.name)
	case negate:
		return !truth(in.value(e.of))
	case evaluate:
		v, _ := in.command(e.what)
		return v
	case operation:
		left := in.value(e.left)
		switch e.op {
		case "and":
			return truth(left) && truth(in.value(e.right))
		case "or":
			return truth(left) || truth(in.value(e.right))
		case "+", "-":
			a, _ := number(left)
			b, _ := number(in.value(e.right))
			if e.op == "-" {
				b = -b
			}
			return a + b
		}
		return compare(e.op, left, in.value(e.right))
	default:
		panic(fmt.Sprintf("no such expression: %T", e))
	}
}

func (in *interpreter) lookup(name string) any {
	if e, ok := strings.CutPrefix(name, "env:"); ok {
		if v, ok := in.env[strings.ToUpper(e)]; ok {
			return v
		}
		return nil
	}
	switch name {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	case "lastexitcode":
		if in.last == nil {
			return nil
		}
		return *in.last
	}
	name = strings.TrimPrefix(name, "script:")
	for _, vars := range slices.Backward(append(slices.Clone(in.outer), in.vars)) {
		if v, ok := vars[name]; ok {
			return v
		}
	}
	return nil
}

func compare(op string, left, right any) bool {
	if op == "like" {
		return like(strings.ToLower(display(left)), strings.ToLower(display(right)))
	}
	a, aok := number(left)
	b, bok := number(right)
	same := strings.EqualFold(display(left), display(right)) && (left == nil) == (right == nil)
	if aok && bok {
		same = a == b
	}
	switch op {
	case "eq":
		return same
	case "ne":
		return !same
	case "gt":
		return a > b
	case "lt":
		return a < b
	case "ge":
		return a >= b
	default:
		return a <= b
	}
}

// like matches * alone.
func like(s, pattern string) bool {
	first, rest, found := strings.Cut(pattern, "*")
	if !found {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	for i := 0; i <= len(s); i++ {
		if like(s[i:], rest) {
			return true
		}
		if rest == "" {
			return true
		}
	}
	return false
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int:
		return v != 0
	default:
		return display(v) != ""
	}
}

func number(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	default:
		return 0, false
	}
}

func display(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int:
		return strconv.Itoa(v)
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// cmdlets are the commands that this PowerShell has itself.
var cmdlets map[string]func(in *interpreter, r run) (any, outcome)

func init() { // they run scripts
	say := func(in *interpreter, r run) (any, outcome) {
		var parts []string
		for _, w := range r.words {
			if w.option == "" {
				parts = append(parts, display(in.value(w.value)))
			}
		}
		if !r.null {
			separator := "\r\n" // each is an object of its own
			if r.name == "write-host" {
				separator = " "
			}
			in.say(strings.Join(parts, separator) + "\r\n")
		}
		return nil, outcome{}
	}
	nothing := func(*interpreter, run) (any, outcome) { return nil, outcome{} }
	remove := func(in *interpreter, r run) (any, outcome) {
		for _, path := range in.values(r) {
			clean, err := clean(in.Dir, path)
			if err == nil {
				err = in.fs.remove(clean)
			}
			if err != nil && r.opt("erroraction") == nil {
				in.complain("Remove-Item : Cannot find path '" + path + "' because it does not exist.\r\n")
			}
		}
		return nil, outcome{}
	}
	cmdlets = map[string]func(*interpreter, run) (any, outcome){
		"echo": say, "write-output": say, "write-host": say,
		"write-error": func(in *interpreter, r run) (any, outcome) {
			message := strings.Join(in.values(r), " ")
			if strings.EqualFold(display(in.lookup("erroractionpreference")), "stop") && r.opt("erroraction") == nil {
				return nil, thrown("%s", message)
			}
			in.complain("Write-Error : " + message + "\r\n")
			return nil, outcome{}
		},
		"set-variable": nothing, "set-psdebug": nothing, "set-executionpolicy": nothing,
		"start-sleep": func(in *interpreter, r run) (any, outcome) {
			unit := time.Second
			if w := append(r.words, argument{})[0]; strings.HasPrefix(w.option, "m") {
				unit = time.Millisecond
			}
			n := 0
			for _, v := range in.values(r) {
				n, _ = strconv.Atoi(v)
			}
			if in.Slept != nil {
				in.Slept(in.Machine, time.Duration(n)*unit)
				return nil, outcome{}
			}
			select {
			case <-time.After(time.Duration(n) * unit):
			case <-in.ctx.Done():
			}
			return nil, outcome{}
		},
		"test-path": func(in *interpreter, r run) (any, outcome) {
			for _, path := range in.values(r) {
				return in.testPath(path), outcome{}
			}
			return false, outcome{}
		},
		"remove-item": remove, "rm": remove, "del": remove,
		"restart-computer": func(in *interpreter, _ run) (any, outcome) { in.Restart(); return nil, outcome{} },
		"get-content":      getContent, "cat": getContent, "type": getContent,
		"set-content": func(in *interpreter, r run) (any, outcome) {
			v := in.values(r)
			if len(v) != 2 {
				return nil, thrown("Set-Content : want a path and a value")
			}
			path, err := clean(in.Dir, v[0])
			if err == nil {
				err = in.fs.write(path, []byte(v[1]+"\r\n"), false)
			}
			if err != nil {
				return nil, thrown("Set-Content : Could not find a part of the path '%s'.", v[0])
			}
			return nil, outcome{}
		},
	}
}

func getContent(in *interpreter, r run) (any, outcome) {
	for _, path := range in.values(r) {
		content, ok := in.load(path)
		if !ok {
			if !in.quiet(r) {
				in.complain("Get-Content : Cannot find path '" + path + "' because it does not exist.\r\n")
			}
			continue
		}
		lines := slices.Collect(strings.Lines(string(content)))
		if n := in.count(r, "tail"); n >= 0 {
			lines = lines[max(0, len(lines)-n):]
		}
		for _, line := range lines {
			in.say(strings.TrimRight(line, "\r\n") + "\r\n")
		}
	}
	return nil, outcome{}
}

func known(name string) bool {
	_, ok := cmdlets[name]
	return ok || external(name)
}

// external reports whether a name is a program's. Those of cmd.exe alone are none.
func external(name string) bool {
	switch strings.TrimSuffix(name, ".exe") {
	case "cmd", "powershell", "pwsh", "shutdown", "hostname", "whoami", "ipconfig", "more":
		return true
	}
	return false
}

// opt finds an option by its name; nil if it is not there.
func (r run) opt(name string) *argument {
	for i := range r.words {
		if r.words[i].option == name {
			return &r.words[i]
		}
	}
	return nil
}

// taking are the options that are followed by a value which is no operand.
var taking = map[string]bool{"erroraction": true, "foregroundcolor": true, "pathtype": true, "name": true, "scope": true,
	"tail": true}

// values are the operands of a command.
func (in *interpreter) values(r run) []string {
	var list []string
	skip := false
	for _, w := range r.words {
		if w.option != "" {
			skip = taking[w.option]
			continue
		}
		if !skip {
			list = append(list, display(in.value(w.value)))
		}
		skip = false
	}
	return list
}

func (in *interpreter) command(r run) (any, outcome) {
	if f, ok := in.functions[r.name]; ok {
		return nil, in.function(f, r)
	}
	if f, ok := cmdlets[r.name]; ok {
		return f(in, r)
	}
	var words []string
	for _, w := range r.words {
		if w.option != "" {
			words = append(words, w.bare)
			continue
		}
		v := display(in.value(w.value))
		if w.bare == "" && strings.ContainsAny(v, " \t") {
			v = `"` + v + `"`
		}
		words = append(words, v)
	}
	code, _ := in.child().words(strings.Join(append([]string{r.name}, words...), " "))
	in.last = &code
	return nil, outcome{}
}

// testPath is Test-Path for files, registry keys and variables.
func (in *interpreter) testPath(path string) bool {
	scope, name, _ := strings.Cut(path, ":")
	switch strings.ToLower(scope) {
	case "hklm", "hkcu":
		return in.HasKey(path)
	case "env":
		return in.lookup("env:"+name) != nil
	case "variable":
		switch name := strings.ToLower(strings.TrimPrefix(strings.ToLower(name), "global:")); name {
		case "progresspreference", "erroractionpreference":
			return true
		case "lastexitcode":
			return in.last != nil
		default:
			_, ok := in.vars[name]
			return ok
		}
	}
	clean, err := clean(in.Dir, path)
	if err != nil {
		return false
	}
	exists, _ := in.fs.stat(clean)
	return exists
}
