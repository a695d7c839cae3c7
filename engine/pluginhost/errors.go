package pluginhost

import (
	"errors"
	"fmt"
	"net/rpc"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	packerrpc "github.com/hashicorp/packer-plugin-sdk/rpc"
	"github.com/hashicorp/packer-plugin-sdk/shell"
)

// Error says that a plugin did not behave as a plugin: it crashed, hung, or spoke something else. What a component says
// about its configuration or its build is no such error.
type Error struct {
	Plugin    string // "azure"
	Component string // "builder arm"; "" for the plugin as a whole
	What      string // a predicate: "did not answer Prepare within 3m0s"
	Why       string // what is known of the reason, masked; may be ""
	Fix       string // may be ""
}

// Error names the plugin and the component, then what happened.
func (e *Error) Error() string {
	text := fmt.Sprintf("plugin %q", e.Plugin)
	if e.Component != "" {
		text += fmt.Sprintf(" (%s)", e.Component)
	}
	text += " " + e.What
	if e.Why != "" {
		text += "\n  why:  " + strings.ReplaceAll(e.Why, "\n", "\n        ")
	}
	if e.Fix != "" {
		text += "\n  fix:  " + e.Fix
	}
	return text
}

// said is an error of the component's own, sent as text over RPC and masked.
type said struct {
	text string
	exit *shell.ErrorInvalidExitCode // that the text is of; nil: of none
}

func (e *said) Error() string { return e.text }

// Unwrap gives the exit code of a script, since callers tell that from other errors.
func (e *said) Unwrap() error {
	if e.exit == nil {
		return nil
	}
	return e.exit
}

// exitStatus finds the text of a *shell.ErrorInvalidExitCode, which is all that comes of it over RPC.
var exitStatus = regexp.MustCompile(`Script exited with non-zero exit status: ([0-9]{1,10})\. Allowed exit codes are: `)

func newSaid(text string) *said {
	e := &said{text: text}
	if m := exitStatus.FindStringSubmatch(text); m != nil {
		if code, err := strconv.Atoi(m[1]); err == nil {
			e.exit = &shell.ErrorInvalidExitCode{Code: code}
		}
	}
	return e
}

// fromComponent reports whether an error of an RPC call is the component's answer. All others mean that there was none.
func fromComponent(err error) bool {
	var server rpc.ServerError
	var basic *packerrpc.BasicError
	return errors.As(err, &server) || errors.As(err, &basic)
}

// how says how a process ended, as a predicate.
func how(result error) string {
	var exit *exec.ExitError
	switch {
	case errors.As(result, &exit):
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			return fmt.Sprintf("was ended by signal %d (%s)", int(ws.Signal()), ws.Signal())
		}
		return fmt.Sprintf("exited with %d", exit.ExitCode())
	case result == nil || errors.Is(result, exec.ErrWaitDelay):
		return "exited with 0"
	default:
		return "ended: " + result.Error()
	}
}
