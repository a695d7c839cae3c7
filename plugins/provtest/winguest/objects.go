package winguest

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// object is what a cmdlet gives that looks at the machine: a service, a registry key with its values, a process.
type object map[string]string // properties, by name in lower case

// member is a property of what an expression gives: (Get-Service -Name 'x').Status.
type member struct {
	of   expression
	name string // in lower case
}

// looking are the cmdlets that give what SetObject said of the machine; nothing, and no complaint to a script that wants none, for
// what is not there.
var looking = []string{
	"get-itemproperty", "get-service", "start-process", "get-process", "get-ciminstance", "get-bitlockervolume", "get-psdrive",
}

func init() { // after the init of cmdlets.go
	for _, name := range looking {
		cmdlets[name] = func(in *interpreter, r run) (any, outcome) {
			o, ok := in.object(r.name, in.operand(r))
			if !ok {
				return nil, in.missing(r, in.operand(r))
			}
			return o, outcome{}
		}
	}
	cmdlets["get-filehash"] = func(in *interpreter, r run) (any, outcome) {
		content, ok := in.load(in.operand(r))
		if !ok {
			return nil, in.missing(r, in.operand(r))
		}
		return object{"hash": fmt.Sprintf("%X", sha256.Sum256(content))}, outcome{}
	}
}

// SetObject says what a cmdlet gives about something on the machine: SetObject("Get-Service", "RdAgent", "Status", "Running").
// Properties of one thing add up. A registry key is one of Get-ItemProperty.
func (m *Machine) SetObject(cmdlet, of, property, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects == nil {
		m.objects = map[string]object{}
	}
	key := objectKey(cmdlet, of)
	if m.objects[key] == nil {
		m.objects[key] = object{}
	}
	m.objects[key][strings.ToLower(property)] = value
}

func (m *Machine) object(cmdlet, of string) (object, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[objectKey(cmdlet, of)]
	return o, ok
}

func objectKey(cmdlet, of string) string { return strings.ToLower(cmdlet + "\x00" + of) }

// missing complains about a thing that is not there, unless the script wants no complaints.
func (in *interpreter) missing(r run, what string) outcome {
	if in.quiet(r) {
		return outcome{}
	}
	in.complain(r.name + " : Cannot find '" + what + "'.\r\n")
	return outcome{}
}

// quiet reports whether a command's errors are not shown.
func (in *interpreter) quiet(r run) bool {
	return r.opt("erroraction") != nil || strings.EqualFold(display(in.lookup("erroractionpreference")), "silentlycontinue")
}

// operand is the thing that a command looks at, whatever the option is called that it stands behind; "" if it names none.
func (in *interpreter) operand(r run) string {
	after := ""
	for _, w := range r.words {
		if w.option == "" && after != "erroraction" {
			return display(in.value(w.value))
		}
		after = w.option
	}
	return ""
}

// count is the value of an option that is a number; -1 if it is not there.
func (in *interpreter) count(r run, option string) int {
	for i, w := range r.words[:max(0, len(r.words)-1)] {
		if w.option == option {
			if n, err := strconv.Atoi(display(in.value(r.words[i+1].value))); err == nil {
				return n
			}
		}
	}
	return -1
}

// property gives a property of a value; nothing of what has none.
func property(v any, name string) any {
	if o, ok := v.(object); ok {
		switch text, ok := o[name]; {
		case ok && strings.EqualFold(text, "True"):
			return true
		case ok && strings.EqualFold(text, "False"):
			return false
		case ok:
			return text
		}
	}
	return nil
}
