package winguest

import (
	"fmt"
	"slices"
	"strings"
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
