package winguest

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// powershell is powershell.exe and pwsh.exe: it finds the script among the arguments and runs it.
func (p *process) powershell(args []string) int {
	for i := 0; i < len(args); i++ {
		name, isOption := strings.CutPrefix(strings.ToLower(args[i]), "-")
		if !isOption {
			return p.script(strings.Join(args[i:], " ")) // -Command may be left out
		}
		rest := args[i+1:]
		switch {
		case name == "command" || name == "c":
			return p.script(strings.Join(rest, " "))
		case name == "encodedcommand" || name == "enc" || name == "e" || name == "ec":
			if len(rest) != 1 {
				break
			}
			text, err := decode(rest[0])
			if err != nil {
				p.complain("Cannot process the command because the value specified with -EncodedCommand is not properly encoded. " +
					"The value must be Base64 encoded.\r\n")
				return 1
			}
			return p.script(text)
		case name == "file" || name == "f":
			if len(rest) == 0 {
				break
			}
			content, ok := p.load(rest[0])
			if !ok || !strings.HasSuffix(strings.ToLower(rest[0]), ".ps1") {
				p.complain("The argument '" + rest[0] + "' to the -File parameter does not exist. " +
					"Provide the path to an existing '.ps1' file as an argument to the -File parameter.\r\n")
				return -196608 // as Windows PowerShell has it
			}
			return p.script(string(content))
		case name == "executionpolicy" || name == "ep" || name == "ex" || name == "exec" || name == "version" ||
			name == "outputformat" || name == "inputformat" || name == "windowstyle":
			i++
			continue
		case name == "noprofile" || name == "nop" || name == "noninteractive" || name == "noni" || name == "nologo" ||
			name == "sta" || name == "mta":
			continue
		}
		return p.notUnderstood(strings.Join(args, " "), "powershell.exe does not take "+args[i]+" like this")
	}
	return p.notUnderstood("powershell", "powershell without a script waits for somebody at its keyboard")
}

// decode reads the argument of -EncodedCommand: UTF-16 in base64.
func decode(text string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", err
	}
	if len(b)%2 != 0 {
		return "", errors.New("half a character")
	}
	var units []uint16
	for ; len(b) > 0; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units)), nil
}

// script runs the text of a script as a process of its own, and returns the process's exit code.
func (p *process) script(text string) int {
	if p.deep > deepest {
		return p.notUnderstood(text, "processes start each other for ever")
	}
	in := &interpreter{process: p, vars: map[string]any{}}
	out := in.source(text)
	if out.kind == threw {
		p.complain(out.message + "\r\n")
		return 1
	}
	return out.code
}

// source runs a text as part of a process: the process's own script, or one that it calls.
func (in *interpreter) source(text string) outcome {
	p := in.process
	if a, ok := p.Scripts[Sum(text)]; ok {
		return in.ended(p.give(a))
	}
	if p.Answers != nil {
		if a, ok := p.Answers(text); ok {
			return in.ended(p.give(a))
		}
	}
	if form, list := formOf(text); form != nil {
		return in.ended(form(p, list))
	}
	program, err := parseScript(strings.TrimPrefix(text, "\ufeff"))
	if err == nil {
		return in.block(program)
	}
	if p.PowerShell == "" {
		return in.ended(p.notUnderstood(text, "a script that is not understood, and has no answer under "+Sum(text)+": "+err.Error()))
	}
	return in.ended(p.real(text))
}

// ended is the outcome of something that ran apart.
func (in *interpreter) ended(code int) outcome { return outcome{kind: exited, code: code} }

// real runs a script by a real PowerShell.
func (p *process) real(text string) int {
	dir, err := os.MkdirTemp("", "winguest-")
	if err != nil {
		return p.notUnderstood(text, err.Error())
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "script.ps1")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return p.notUnderstood(text, err.Error())
	}
	return p.run(p.PowerShell, "-NoProfile", "-NonInteractive", "-File", path)
}
