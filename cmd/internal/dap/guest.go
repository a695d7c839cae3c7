package dap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/cmd/internal/workbench"
)

// maxOutput bounds what is read of a command that is asked for something.
const maxOutput = 1 << 20

// environment is what was asked of the build VM since it stands.
type environment struct {
	environ, machine []dap.Variable // nil: not asked yet
}

// environ gives the environment of a login of the build user. It is asked for once each time the build VM stands.
func (a *adapter) environ(ctx context.Context, st workbench.Status) ([]dap.Variable, error) {
	a.mu.Lock()
	known := a.vars.environ
	a.mu.Unlock()
	if known != nil {
		return known, nil
	}
	// Not env: values may have lines of their own, and not every env can end them with a zero.
	text, err := ask(ctx, st, `exec "${SHELL:-/bin/sh}" -lc 'exec cat /proc/self/environ'`)
	if err != nil {
		return nil, err
	}
	list := []dap.Variable{}
	for entry := range strings.SplitSeq(strings.TrimRight(text, "\x00"), "\x00") {
		name, value, ok := strings.Cut(entry, "=")
		if !ok {
			continue
		}
		if secretName(name) && value != "" {
			value = "***"
		}
		list = append(list, dap.Variable{Name: name, Value: value, EvaluateName: "$" + name})
	}
	slices.SortFunc(list, func(a, b dap.Variable) int { return strings.Compare(a.Name, b.Name) })
	a.mu.Lock()
	a.vars.environ = list
	a.mu.Unlock()
	return list, nil
}

// secretName reports whether a variable of that name is likely to be a secret.
func secretName(name string) bool {
	name = strings.ToUpper(name)
	parts := []string{"PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE_KEY", "API_KEY", "APIKEY", "ACCESS_KEY"}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(name, part) })
}

// machine says where the build VM is, and what it says of itself.
func (a *adapter) machine(ctx context.Context, st workbench.Status) ([]dap.Variable, error) {
	a.mu.Lock()
	known := a.vars.machine
	a.mu.Unlock()
	if known != nil {
		return known, nil
	}
	list := []dap.Variable{}
	add := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" {
			list = append(list, dap.Variable{Name: name, Value: value})
		}
	}
	add("run", st.Run)
	if st.Way != nil {
		add("address", fmt.Sprintf("%s:%d", st.Way.Host, st.Way.Port))
		add("user", st.Way.User)
		add("communicator", st.Way.Communicator)
	}
	for _, s := range st.Steps {
		if s.Index < 0 && s.ID == "boot" {
			add("acceleration", s.Detail)
		}
	}
	text, err := ask(ctx, st, machineQuestion)
	if err != nil {
		add("guest", "did not answer: "+err.Error())
		return list, nil // and it is asked again the next time
	}
	lines := strings.Split(text, "\n")
	for i, name := range []string{"kernel", "processors", "memory", "root file system", "uptime in seconds"} {
		if i < len(lines) {
			add(name, lines[i])
		}
	}
	a.mu.Lock()
	a.vars.machine = list
	a.mu.Unlock()
	return list, nil
}

// errNoMachine says that nothing can be asked.
var errNoMachine = errors.New("there is no build VM at the moment that could be signed in to")

// machineQuestion prints a line for each of the things that machine names.
const machineQuestion = `uname -sr
nproc
awk '/^MemTotal/{t=$2} /^MemAvailable/{a=$2} END{printf "%d MiB, %d MiB of it available\n", t/1024, a/1024}' /proc/meminfo
df -Pk / | awk 'NR==2{printf "%d MiB, %d MiB of it free\n", $2/1024, $4/1024}'
cut -d. -f1 /proc/uptime`

// ask runs a command in the build VM that changes nothing there, and gives what it prints.
func ask(ctx context.Context, st workbench.Status, command string) (string, error) {
	if st.Way == nil {
		return "", errNoMachine
	}
	guest, err := sshto.Dial(ctx, *st.Way)
	if err != nil {
		return "", err
	}
	defer guest.Close()
	var out, complaint beginning
	exit, err := guest.Run(ctx, command, nil, &out, &complaint)
	switch {
	case err != nil:
		return "", err
	case exit != 0:
		return "", fmt.Errorf("the build VM was asked, and answered with exit code %d: %s", exit, bytes.TrimSpace(complaint.Bytes()))
	}
	return out.String(), nil
}

// worded adds the reason and the advice that an error brings with it.
func worded(err error) error {
	text := err.Error()
	var why interface{ Why() string }
	if errors.As(err, &why) && why.Why() != "" {
		text += "\n  why:  " + why.Why()
	}
	var fix interface{ Fix() string }
	if errors.As(err, &fix) && fix.Fix() != "" {
		text += "\n  fix:  " + fix.Fix()
	}
	return errors.New(text)
}

// beginning keeps the first part of what is written to it, up to maxOutput.
type beginning struct{ bytes.Buffer }

// Write implements io.Writer. What is left out is taken all the same, so that the command can end.
func (h *beginning) Write(p []byte) (int, error) {
	if room := maxOutput - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
