package winguest

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Some scripts of Packer's, and one of Ingot's, use .NET and COM. They are known by their form: the text with its strings taken out
// and its blanks made alike. The strings are what the form's function is given, in their order. A new version of Packer or of its libraries
// that writes them differently is noticed thereby: Machine.Unknown names the new form.
var forms map[string]func(p *process, strings []string) int

func init() { // a task runs commands, which run scripts
	forms = map[string]func(*process, []string) int{
		"d87781e489061632": (*process).restore,
		"03828f331b28eade": (*process).forget,
		"43b6df085606e2ef": (*process).download,
		"b6366fbdb9aa2c5a": (*process).restarted,
		"d89cb71dcf8cc69e": (*process).elevate,
		"cd16ad67e207e8a0": (*process).startDetached,
		"5e5a268875961848": (*process).followDetached,
		"1e2f24e01209cf22": (*process).killDetached,
		"1becfb24e9620788": (*process).forgetOnly,
		"0810085bc8801427": (*process).receive,
	}
}

func formOf(text string) (func(*process, []string) int, []string) {
	form, list := shape(text)
	return forms[Sum(form)[:16]], list
}

// shape takes the strings out of a script. A string keeps its quotes, so that "a" + 'b' has another form than 'a' + "b".
func shape(text string) (form string, list []string) {
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case strings.HasPrefix(text[i:], "@'\n") || strings.HasPrefix(text[i:], "@\"\n"):
			quote := text[i+1]
			end := strings.Index(text[i:], "\n"+string(quote)+"@")
			if end < 0 {
				return "", nil
			}
			list = append(list, text[i+3:max(i+end, i+3)])
			b.WriteString("@" + string(quote))
			i += end + 3
		case c == '"' || c == '\'':
			j, value := i+1, strings.Builder{}
			for ; j < len(text) && text[j] != c; j++ {
				if text[j] == '`' && c == '"' && j+1 < len(text) {
					j++
				}
				value.WriteByte(text[j])
			}
			list = append(list, value.String())
			b.WriteByte(c)
			i = j + 1
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
				i++
			}
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
			i++
		}
	}
	return strings.TrimSpace(b.String()), list
}

// variables replaces what a script writes for folders.
func (p *process) variables(path string) string {
	root, temp := p.env["SYSTEMROOT"], p.env["TEMP"]
	return strings.NewReplacer("$env:TEMP", temp, "%TEMP%", temp, "%SYSTEMROOT%", root).Replace(path)
}

// restore puts together what was uploaded in lines of base64, and puts it where it belongs.
func (p *process) restore(list []string) int {
	from, err1 := clean(p.Dir, p.variables(list[1]))
	to, err2 := clean(p.Dir, strings.Trim(p.variables(list[2]), "'"))
	if err1 != nil || err2 != nil {
		p.complain(`Exception calling "GetFullPath" with "1" argument(s): "Illegal characters in path."` + "\r\n")
		return 1
	}
	if _, dir := p.fs.stat(to); dir {
		return 1
	}
	var content []byte
	lines, err := p.fs.read(from)
	if err != nil {
		content = []byte("\xff\xfe") // echo $null > file: a byte order mark, and nothing
	}
	for line := range strings.Lines(string(lines)) {
		part, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		if err != nil {
			p.complain("Exception calling \"FromBase64String\" with \"1\" argument(s): " +
				"\"Invalid length for a Base-64 char array or string.\"\r\n")
			return 1
		}
		content = append(content, part...)
	}
	if p.fs.mkdir(parent(to)) != nil || p.fs.write(to, content, false) != nil {
		p.complain(`Exception calling "OpenWrite" with "1" argument(s): "Could not find a part of the path '` + to + `'."` + "\r\n")
	}
	return 0 // nothing in the script looks at that error
}

// forget removes what was uploaded.
func (p *process) forget(list []string) int {
	if path, err := clean(p.Dir, p.variables(list[1])); err == nil {
		_ = p.fs.remove(path) // it may not be there
	}
	return 0
}

// download writes a file as base64.
func (p *process) download(list []string) int {
	content, ok := p.load(p.variables(list[1]))
	if !ok {
		p.complain(`Exception calling "ReadAllBytes" with "1" argument(s): "Could not find file '` + list[1] + `'."` + "\r\n\r\n")
		return 1
	}
	p.say(base64.StdEncoding.EncodeToString(content) + "\r\n")
	return 0
}

// restarted tells that PowerShell works.
func (p *process) restarted([]string) int {
	p.say(p.Name + " restarted.\r\n")
	return 0
}

// taskDefinition is a scheduled task, as far as it matters here.
type taskDefinition struct {
	Principal struct {
		UserID    string `xml:"UserId"`
		LogonType string
		RunLevel  string
	} `xml:"Principals>Principal"`
	Exec struct{ Command, Arguments string } `xml:"Actions>Exec"`
}

// elevate is Packer's runner of commands by a scheduled task: it registers the task, runs it, shows what it writes into its log,
// and takes everything away again, itself included.
func (p *process) elevate(list []string) int {
	log, definition, password, user, script := list[1], list[3], list[4], list[9], list[12]
	var task taskDefinition
	d := xml.NewDecoder(strings.NewReader(definition))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it says UTF-16, and is a string here
	if err := d.Decode(&task); err != nil {
		p.complain(fmt.Sprintf("Cannot convert value to type \"System.Xml.XmlDocument\". Error: %q\r\n", err))
		return 1
	}
	short := user[strings.LastIndexByte(user, '\\')+1:]
	want, exists := p.Users[strings.ToLower(short)]
	switch system := strings.EqualFold(short, "SYSTEM"); {
	case !system && !exists:
		p.complain("Exception calling \"RegisterTaskDefinition\": \"(8,17):UserId:" + user + "\"\r\n")
		return 1
	case !system && want != password:
		p.complain("The user name or password is incorrect. (Exception from HRESULT: 0x8007052E)\r\n")
		return 1
	}
	q := p.child()
	q.as(short)
	q.Dir = `C:\Windows\system32`
	line := strings.TrimPrefix(task.Exec.Arguments, "/c ")
	q.Stdout, q.Stderr = io.Discard, io.Discard // a task has no console
	code := q.commandLine(line)

	p.mu.Lock()
	p.tasks = append(p.tasks, Task{
		User: user, Level: task.Principal.RunLevel, Command: task.Exec.Command + " " + task.Exec.Arguments, Exit: code,
	})
	p.mu.Unlock()
	log = p.variables(log)
	if content, ok := p.load(log); ok {
		for line := range strings.Lines(string(content)) {
			p.say(strings.TrimRight(line, "\r\n") + "\r\n")
		}
	}
	for _, path := range []string{log, script} {
		if path, err := clean(p.Dir, p.variables(path)); err == nil {
			_ = p.fs.remove(path)
		}
	}
	return code
}
