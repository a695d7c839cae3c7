package dap

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-dap"
)

func (a *adapter) onOpenTerminal(ctx context.Context, _ *OpenTerminalRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	if err := a.terminal(ctx); err != nil {
		return nil, nil, err
	}
	return &OpenTerminalResponse{}, nil, nil
}

// terminal asks the editor to open a terminal in the build VM, and waits until it has.
func (a *adapter) terminal(ctx context.Context) error {
	s, st := a.status()
	if st.Run == "" || st.Way == nil {
		return errNoMachine
	}
	command := append(append([]string{}, a.Terminal...), st.Run)
	if !a.client.terminal {
		return fmt.Errorf("this editor opens no terminals for a debugger\n  fix:  run in a terminal: %s", strings.Join(command, " "))
	}
	a.mu.Lock()
	cwd := a.launch.Cwd
	a.mu.Unlock()
	s.Touch()
	m := &dap.RunInTerminalRequest{}
	m.Command = "runInTerminal"
	m.Arguments = dap.RunInTerminalRequestArguments{Kind: "integrated", Title: "build VM of run " + st.Run, Cwd: cwd, Args: command}
	reply, err := a.ask(ctx, m)
	if err != nil {
		return err
	}
	if failed, is := reply.(*dap.ErrorResponse); is {
		return fmt.Errorf("the editor opened no terminal: %s\n  fix:  run in a terminal: %s", bounded(failed.Message), strings.Join(command, " "))
	}
	return nil
}

// ask sends a request of ours, and waits for the editor's answer.
func (a *adapter) ask(ctx context.Context, m dap.RequestMessage) (dap.Message, error) {
	reply := make(chan dap.Message, 1)
	a.mu.Lock() // the answer must find who asked, so the number is known before anybody else looks
	seq := a.out.send(m)
	a.asked[seq] = reply
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.asked, seq)
		a.mu.Unlock()
	}()
	select {
	case r := <-reply:
		return r, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// answered takes an answer of the editor's. One that nobody waits for is left.
func (a *adapter) answered(to int, m dap.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.asked[to]; c != nil {
		delete(a.asked, to)
		c <- m
	}
}
