package detach

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

//go:embed guest.sh
var guestShell string

// posix is the dialect of a POSIX shell. The guest's half is sent on standard input: the login shell only has to
// understand "/bin/sh", no command line is too long, and nothing of it shows in a list of processes.
type posix struct{}

func (posix) command(o order) (*packersdk.RemoteCmd, error) {
	var b strings.Builder
	b.WriteString("{\n")
	for _, v := range []struct{ name, value string }{
		{"mode", o.mode}, {"id", o.id}, {"old", strings.Join(o.old, " ")}, {"cmd", o.line}, {"known", o.boot},
		{"magic", o.magic},
		{"o", fmt.Sprint(o.out)}, {"e", fmt.Sprint(o.err)}, {"beat", fmt.Sprint(max(1, int64(o.beat/(10*time.Millisecond))))},
	} {
		fmt.Fprintf(&b, "%s=%s\n", v.name, Quote(v.value))
	}
	for line := range strings.Lines(guestShell) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	b.WriteString("}\n")
	return &packersdk.RemoteCmd{Command: "/bin/sh", Stdin: strings.NewReader(b.String())}, nil
}

// Quote makes text one word of a POSIX shell.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func (posix) base64() bool { return false }

func (posix) place(ids []string) string {
	return "/var/tmp/.ingot-" + strings.Join(ids, ", /var/tmp/.ingot-")
}
