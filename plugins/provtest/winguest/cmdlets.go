package winguest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

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
