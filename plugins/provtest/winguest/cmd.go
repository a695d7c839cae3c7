package winguest

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// longest is what cmd.exe takes for a line.
// Reference: https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation
const longest = 8191

// commandLine is cmd /c.
func (p *process) commandLine(line string) int {
	if p.deep > deepest {
		return p.notUnderstood(line, "processes start each other for ever")
	}
	if a, ok := p.Programs[strings.TrimSpace(line)]; ok {
		return p.give(a)
	}
	if len(line) > longest {
		p.complain("The command line is too long.\r\n")
		return 1
	}
	code, _ := p.commands(line)
	return code
}

// commands runs the commands of a line. Ended tells that one of them was exit.
func (p *process) commands(line string) (code int, ended bool) {
	list, err := parseLine(p.expand(line))
	if err != "" {
		p.complain(err + "\r\n")
		return 1, false
	}
	for _, c := range list {
		if c.after == "&&" && code != 0 || c.after == "||" && code == 0 {
			continue
		}
		if code, ended = p.command(c); ended {
			return code, true
		}
	}
	return code, false
}

// expand replaces %NAME%. A name without a value stays as it is, as on a command line.
func (p *process) expand(line string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(line, '%')
		if i < 0 {
			break
		}
		j := strings.IndexByte(line[i+1:], '%')
		if j < 0 {
			break
		}
		value, ok := p.env[strings.ToUpper(line[i+1:][:j])]
		if !ok {
			b.WriteString(line[:i+1])
			line = line[i+1:]
			continue
		}
		b.WriteString(line[:i] + value)
		line = line[i+j+2:]
	}
	return b.String() + line
}

// simple is one command of a line.
type simple struct {
	after  string // what is before it: "", &, && or ||
	text   string // without redirections, quotes and all
	stdout redirect
	stderr redirect
	stdin  string // the file; "": inherited
}

type redirect struct {
	path   string // "": inherited
	extend bool
	merged bool // stderr only: 2>&1
}

// parseLine takes a line apart. err is cmd's complaint, or "".
func parseLine(line string) (list []simple, err string) {
	var (
		c      simple
		text   strings.Builder
		quoted bool
	)
	end := func() {
		c.text = strings.TrimLeft(text.String(), " \t@")
		if strings.TrimSpace(c.text) != "" {
			list = append(list, c)
		}
		c = simple{}
		text.Reset()
	}
	for i := 0; i < len(line); i++ {
		switch ch := line[i]; {
		case ch == '"':
			quoted = !quoted
			text.WriteByte(ch)
		case quoted:
			text.WriteByte(ch)
		case ch == '^' && i+1 < len(line):
			i++
			text.WriteByte(line[i])
		case ch == '&' || ch == '|':
			op := string(ch)
			if i+1 < len(line) && line[i+1] == ch {
				i++
				op += string(ch)
			}
			if op == "|" {
				return nil, "winguest: pipes are not understood"
			}
			end()
			c.after = op
		case ch == '>' || ch == '<':
			which := byte('1')
			if before := text.String(); ch == '>' && len(before) > 0 {
				digit := before[len(before)-1]
				if (digit == '1' || digit == '2') && (len(before) == 1 || before[len(before)-2] == ' ') {
					which = digit
					text.Reset()
					text.WriteString(before[:len(before)-1])
				}
			}
			r := redirect{}
			if i+1 < len(line) && line[i+1] == '>' {
				i++
				r.extend = true
			}
			var path string
			path, i = word(line, i+1)
			r.path = path
			switch {
			case path == "":
				return nil, "The syntax of the command is incorrect."
			case ch == '<':
				c.stdin = path
			case which == '2':
				r.merged = path == "&1"
				c.stderr = r
			default:
				c.stdout = r
			}
		default:
			text.WriteByte(ch)
		}
	}
	end()
	return list, ""
}

// word reads a file name from a place of the line on, and gives the place of its last character.
func word(line string, at int) (string, int) {
	for at < len(line) && line[at] == ' ' {
		at++
	}
	var b strings.Builder
	for quoted := false; at < len(line); at++ {
		ch := line[at]
		if ch == '"' {
			quoted = !quoted
			continue
		}
		if !quoted && (strings.IndexByte(" <>|", ch) >= 0 || ch == '&' && b.Len() > 0) {
			break
		}
		b.WriteByte(ch)
	}
	return b.String(), at - 1
}

// command runs one command of a line with its redirections.
func (p *process) command(c simple) (int, bool) {
	q := *p // shares the environment: set is for the whole line
	var out, errs bytes.Buffer
	if c.stdout.path != "" {
		q.Stdout = &out
	}
	switch {
	case c.stderr.merged:
		q.Stderr = q.Stdout
	case c.stderr.path != "":
		q.Stderr = &errs
	}
	if c.stdin != "" {
		content, ok := q.load(c.stdin)
		if !ok {
			p.complain("The system cannot find the file specified.\r\n")
			return 1, false
		}
		q.Stdin = bytes.NewReader(content)
	}
	code, ended := q.words(c.text)
	p.Dir = q.Dir
	for _, r := range []struct {
		redirect
		content []byte
	}{{c.stdout, out.Bytes()}, {c.stderr, errs.Bytes()}} {
		if r.path == "" || r.merged || strings.EqualFold(r.path, "nul") {
			continue
		}
		path, err := clean(p.Dir, r.path)
		if err == nil {
			err = p.fs.write(path, r.content, r.extend)
		}
		if err != nil {
			p.complain("The system cannot find the path specified.\r\n")
			return 1, false
		}
	}
	return code, ended
}

// load reads a file as a command names it.
func (p *process) load(path string) ([]byte, bool) {
	path, err := clean(p.Dir, strings.Trim(path, `"`))
	if err != nil {
		return nil, false
	}
	content, err := p.fs.read(path)
	return content, err == nil
}

// args splits a command into words, without their quotes.
func args(text string) []string {
	var list []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var b strings.Builder
		i, quoted := 0, false
		for ; i < len(text) && (quoted || text[i] != ' ' && text[i] != '\t'); i++ {
			switch {
			case text[i] == '\\' && i+1 < len(text) && text[i+1] == '"': // as programs read their command lines
				i++
				b.WriteByte('"')
			case text[i] == '"':
				quoted = !quoted
			default:
				b.WriteByte(text[i])
			}
		}
		list = append(list, b.String())
		text = text[i:]
	}
	return list
}

// words runs a command without redirections.
func (p *process) words(text string) (code int, ended bool) {
	text = strings.TrimRight(text, "\t")
	list := args(text)
	if len(list) == 0 {
		return 0, false
	}
	first, list := list[0], list[1:]
	_, rest, _ := strings.Cut(text, " ")
	name := strings.ToLower(first)
	if strings.HasPrefix(name, "echo.") || strings.HasPrefix(name, "echo:") {
		p.say(text[5:] + "\r\n")
		return 0, false
	}
	name = strings.TrimSuffix(name, ".exe")
	if a, ok := p.Programs[name]; ok {
		return p.give(a), false
	}
	switch name {
	case "echo":
		if line := strings.ToLower(strings.TrimSpace(rest)); line == "off" || line == "on" {
			return 0, false
		}
		p.say(rest + "\r\n")
		return 0, false
	case "rem", "title", "color", "cls", "chcp", "setlocal", "endlocal":
		return 0, false
	case "exit":
		list = slices.DeleteFunc(list, func(a string) bool { return strings.EqualFold(a, "/b") })
		if len(list) > 0 {
			code, _ = strconv.Atoi(list[0])
		} else {
			code = p.errorLevel()
		}
		return code, true
	case "set":
		return p.set(rest), false
	case "if":
		return p.when(rest)
	case "call":
		return p.words(rest)
	case "cmd":
		_, line, ok := cutFold(text, "/c")
		if !ok {
			return p.notUnderstood(text, "cmd without /c waits for somebody at its keyboard"), false
		}
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, `"`) && strings.HasSuffix(line, `"`) && strings.Count(line, `"`) == 2 {
			line = line[1 : len(line)-1]
		}
		return p.child().commandLine(line), false
	}
	if run, ok := programs[name]; ok {
		return run(p, list), false
	}
	if strings.HasSuffix(name, ".bat") || strings.HasSuffix(name, ".cmd") {
		return p.batch(first), false
	}
	p.complain("'" + first + "' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n")
	p.mu.Lock()
	p.unknown = append(p.unknown, strings.TrimSpace(text))
	p.mu.Unlock()
	return 1, false
}

func cutFold(text, sep string) (before, after string, found bool) {
	i := strings.Index(strings.ToLower(text), sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

func (p *process) errorLevel() int {
	n, _ := strconv.Atoi(p.env["ERRORLEVEL"])
	return n
}

// set is the command of that name: NAME=value, with quotes around both or none.
func (p *process) set(text string) int {
	text = strings.TrimSpace(text)
	if unquoted, ok := strings.CutPrefix(text, `"`); ok {
		text = unquoted[:max(0, strings.LastIndexByte(unquoted, '"'))]
	}
	name, value, ok := strings.Cut(text, "=")
	name = strings.ToUpper(name)
	switch {
	case ok && value == "":
		delete(p.env, name)
	case ok:
		p.env[name] = value
	default:
		found := false
		for _, n := range slices.Sorted(maps.Keys(p.env)) {
			if strings.HasPrefix(n, name) {
				p.say(n + "=" + p.env[n] + "\r\n")
				found = true
			}
		}
		if !found {
			p.complain("Environment variable " + text + " not defined\r\n")
			return 1
		}
	}
	return 0
}

// when is the command if, for files alone: [not] exist NAME COMMAND.
func (p *process) when(text string) (int, bool) {
	list := args(text)
	not := len(list) > 0 && strings.EqualFold(list[0], "not")
	if not {
		list = list[1:]
	}
	if len(list) < 3 || !strings.EqualFold(list[0], "exist") {
		return p.notUnderstood("if "+text, "this if is not understood"), false
	}
	path, err := clean(p.Dir, list[1])
	exists := err == nil
	if exists {
		exists, _ = p.fs.stat(path)
	}
	if exists == not {
		return 0, false
	}
	return p.words(strings.Join(list[2:], " "))
}

// batch runs a batch file line by line.
func (p *process) batch(path string) int {
	content, ok := p.load(path)
	if !ok {
		p.complain("The system cannot find the path specified.\r\n")
		return 1
	}
	code := 0
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "::") {
			continue
		}
		if p.ctx.Err() != nil {
			return exitTerminated
		}
		var ended bool
		if code, ended = p.commands(line); ended {
			return code
		}
		p.env["ERRORLEVEL"] = strconv.Itoa(code)
	}
	return code
}

// programs are what a command line can start, beside what cmd does itself.
var programs map[string]func(p *process, args []string) int

func init() { // they start each other
	fail := func(p *process, text string) int { p.complain(text + "\r\n"); return 1 }
	programs = map[string]func(*process, []string) int{
		"powershell": func(p *process, args []string) int { return p.child().powershell(args) },
		"pwsh":       func(p *process, args []string) int { return p.child().powershell(args) },
		"shutdown":   (*process).shutdown,
		"hostname":   func(p *process, _ []string) int { p.say(p.Name + "\r\n"); return 0 },
		"whoami": func(p *process, _ []string) int {
			who := p.Name + `\` + p.User
			if strings.EqualFold(p.User, "SYSTEM") {
				who = `nt authority\system`
			}
			p.say(strings.ToLower(who) + "\r\n")
			return 0
		},
		"ver": func(p *process, _ []string) int { p.say("\r\nMicrosoft Windows [Version 10.0.20348.1]\r\n"); return 0 },
		"ipconfig": func(p *process, _ []string) int {
			p.say("\r\nWindows IP Configuration\r\n\r\n   Host Name . . . . . . . . . . . . : " + p.Name + "\r\n")
			return 0
		},
		"more": func(p *process, _ []string) int {
			_, err := io.Copy(p.Stdout, p.Stdin)
			if err != nil {
				return 1
			}
			return 0
		},
		"cd": func(p *process, args []string) int {
			args = slices.DeleteFunc(args, func(a string) bool { return strings.EqualFold(a, "/d") })
			if len(args) == 0 {
				p.say(p.Dir + "\r\n")
				return 0
			}
			path, err := clean(p.Dir, args[0])
			if _, dir := p.fs.stat(path); err != nil || !dir {
				return fail(p, "The system cannot find the path specified.")
			}
			p.Dir = path
			return 0
		},
		"type": func(p *process, args []string) int {
			for _, a := range args {
				content, ok := p.load(a)
				if !ok {
					return fail(p, "The system cannot find the file specified.")
				}
				p.say(string(content))
			}
			return 0
		},
		"md": func(p *process, args []string) int {
			for _, a := range args {
				path, err := clean(p.Dir, a)
				if exists, _ := p.fs.stat(path); exists || err != nil || p.fs.mkdir(path) != nil {
					return fail(p, "A subdirectory or file "+a+" already exists.")
				}
			}
			return 0
		},
		"del": func(p *process, args []string) int {
			for _, a := range args {
				if path, err := clean(p.Dir, a); !strings.HasPrefix(a, "/") && (err != nil || p.fs.remove(path) != nil) {
					p.complain("Could Not Find " + a + "\r\n") // and that is no error to del
				}
			}
			return 0
		},
	}
	programs["mkdir"], programs["erase"], programs["chdir"] = programs["md"], programs["del"], programs["cd"]
}
