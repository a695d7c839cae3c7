package dap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/go-dap"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
)

// onEvaluate runs what is typed into the debug console as a command in the build VM, as the build user. "!shell" opens a terminal there.
// A watch may be the name of a variable of the environment and nothing else: it is read again at each stop.
func (a *adapter) onEvaluate(ctx context.Context, m *dap.EvaluateRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	text := strings.TrimSpace(m.Arguments.Expression)
	switch {
	case text == "":
		return nil, nil, errors.New("there is nothing to run")
	case m.Arguments.Context == "hover":
		return nil, nil, errors.New("nothing is run by pointing at it")
	case m.Arguments.Context == "watch", m.Arguments.Context == "variables":
		return a.watch(ctx, text)
	case text == "!shell":
		r := &dap.EvaluateResponse{}
		r.Body.Result = "a terminal is opened"
		if err := a.terminal(ctx); err != nil {
			return nil, nil, err
		}
		return r, nil, nil
	}
	return a.command(ctx, text)
}

// watch gives the value of a variable of the environment.
func (a *adapter) watch(ctx context.Context, text string) (dap.ResponseMessage, func(), error) {
	_, st, err := a.standing()
	if err != nil {
		return nil, nil, err
	}
	name, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, nil, errors.New("what is watched is asked at each stop, so it may change nothing: only a variable, such as $PATH, is read\n" +
			"  fix:  run commands in the debug console")
	}
	list, err := a.environ(ctx, st)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range list {
		if v.Name == name {
			r := &dap.EvaluateResponse{}
			r.Body.Result = a.mask(bounded(v.Value))
			return r, nil, nil
		}
	}
	return nil, nil, fmt.Errorf("a login of the build user has no variable %s", name)
}

// command runs a command line. Its output is shown as it comes; the answer is how it ended.
func (a *adapter) command(ctx context.Context, line string) (dap.ResponseMessage, func(), error) {
	s, st := a.status()
	if st.Way == nil {
		return nil, nil, errNoMachine
	}
	s.Touch()
	guest, err := sshto.Dial(ctx, *st.Way)
	if err != nil {
		return nil, nil, err
	}
	defer guest.Close()
	stdout, stderr := &lines{say: a.say, category: "stdout"}, &lines{say: a.say, category: "stderr"}
	exit, err := guest.Run(ctx, line, nil, stdout, stderr)
	stdout.flush()
	stderr.flush()
	a.mu.Lock()
	a.vars = environment{} // whatever it was, it may have changed it
	a.mu.Unlock()
	if err != nil {
		return nil, nil, err
	}
	r := &dap.EvaluateResponse{}
	r.Body.Result = fmt.Sprintf("exit code %d", exit)
	return r, nil, nil
}

// lines hands on what is written to it line by line. A line longer than maxText is broken.
type lines struct {
	say      func(category, text string)
	category string

	mu   sync.Mutex
	rest []byte
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	// Whole lines go together: a command that prints a thousand of them is a few messages.
	for len(l.rest) > 0 {
		end := bytes.LastIndexByte(l.rest[:min(len(l.rest), maxText)], '\n')
		if end < 0 && len(l.rest) < maxText {
			break
		}
		if end < 0 {
			end = maxText - 1
		}
		l.say(l.category, string(l.rest[:end+1]))
		l.rest = l.rest[end+1:]
	}
	return len(p), nil
}

// flush hands on a last line without an end.
func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.say(l.category, string(l.rest))
		l.rest = nil
	}
}
