package machine

import (
	"fmt"
	"strings"
)

// A Doom is a text on the console after which waiting for the guest is in vain.
type Doom struct{ Text, Why, Hint string }

// SystemdDooms are those of a guest's systemd.
var SystemdDooms = []Doom{
	{"You are in emergency mode", "the guest's systemd gave up", "the console says which unit failed"},
	{"You are in rescue mode", "the guest's systemd gave up", "the console says which unit failed"},
}

// Doomed is the error for a line of the console that has one of the texts in it, or nil.
func Doomed(line string, dooms []Doom) error {
	for _, d := range dooms {
		if strings.Contains(line, d.Text) {
			return fmt.Errorf("the guest cannot go on: %s (%q on its console)\n  fix:  %s", d.Why, d.Text, d.Hint)
		}
	}
	return nil
}
