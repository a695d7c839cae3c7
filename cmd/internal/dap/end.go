package dap

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/go-dap"
)

// onTerminate ends the run: the build VM is removed, and no image is made. The conversation goes on until the editor disconnects.
func (a *adapter) onTerminate(context.Context, *dap.TerminateRequest, []byte) (dap.ResponseMessage, func(), error) {
	return &dap.TerminateResponse{}, func() {
		a.mu.Lock()
		begun := a.ended != nil
		a.mu.Unlock()
		if !begun {
			a.send(&dap.TerminatedEvent{Event: dap.Event{Event: "terminated"}})
			return
		}
		a.askToLeave(false)
	}, nil
}

// onDisconnect ends the conversation, and the run with it: the build VM is removed unless the editor says that it shall stay.
// The answer is sent when that is done.
func (a *adapter) onDisconnect(_ context.Context, _ *dap.DisconnectRequest, content []byte) (dap.ResponseMessage, func(), error) {
	// The library's type cannot tell "not said" from false: an adapter that launched something ends it, where nobody says otherwise.
	var said struct {
		Arguments struct {
			TerminateDebuggee *bool `json:"terminateDebuggee"`
		} `json:"arguments"`
	}
	_ = json.Unmarshal(content, &said) // it was read before, as another type
	keep := said.Arguments.TerminateDebuggee != nil && !*said.Arguments.TerminateDebuggee
	a.mu.Lock()
	a.stage = disconnected
	a.mu.Unlock()
	a.leave(keep)
	return &dap.DisconnectResponse{}, func() { close(a.bye) }, nil
}

// askToLeave ends the run, without waiting for it. A step that runs is broken off, unless the machine is to be kept: then it is let
// come to its end first. Who asks a second time does not want to wait.
func (a *adapter) askToLeave(keep bool) {
	a.mu.Lock()
	ended, stop, left := a.ended, a.stop, a.left
	a.left, a.keep = true, keep
	var s Session
	if a.target != nil {
		s = a.target.Session
	}
	a.mu.Unlock()
	if ended == nil {
		return
	}
	select {
	case <-ended:
		return
	default:
	}
	switch {
	case left:
		stop()
	case s.Leave(keep) == nil:
	case keep && s.Pause() == nil: // it is left when it stands
	default:
		stop()
	}
}

// leave ends the run, waits until all is cleaned up, and gives up what was launched. It may be called more than once.
func (a *adapter) leave(keep bool) {
	a.askToLeave(keep)
	a.mu.Lock()
	ended := a.ended
	a.mu.Unlock()
	if ended != nil {
		<-ended
	}
	a.mu.Lock()
	t := a.target
	var done func()
	if t != nil {
		done, t.Close = t.Close, nil
	}
	a.mu.Unlock()
	if done != nil {
		done()
	}
}

// over tells that the run has ended.
func (a *adapter) over(err error) {
	_, st := a.status()
	exit := 0
	if err = cmp.Or(err, st.Err); err != nil {
		exit = a.ExitCode(err)
		if st.Problem == nil { // else it was shown
			a.say("important", "error: "+worded(err).Error())
		}
	}
	if st.Result.Stopped != nil {
		a.say("console", st.Result.Stopped.String())
	}
	if k := st.Result.Kept; k != nil {
		a.say("console", fmt.Sprintf("the build VM %s is kept; a shell in it: ingot shell %s; remove it with: ingot clean", k.Name, st.Run))
	}
	a.mu.Lock()
	bars := a.bars
	a.bars = map[string]bool{}
	a.mu.Unlock()
	for id := range bars {
		a.send(&dap.ProgressEndEvent{Event: dap.Event{Event: "progressEnd"}, Body: dap.ProgressEndEventBody{ProgressId: id}})
	}
	a.send(&dap.ThreadEvent{Event: dap.Event{Event: "thread"}, Body: dap.ThreadEventBody{Reason: "exited", ThreadId: theThread}})
	a.send(&dap.ExitedEvent{Event: dap.Event{Event: "exited"}, Body: dap.ExitedEventBody{ExitCode: exit}})
	a.send(&dap.TerminatedEvent{Event: dap.Event{Event: "terminated"}})
}

// onCancel gives up a request that takes its time. One that is answered already is left alone.
func (a *adapter) onCancel(_ context.Context, m *dap.CancelRequest, _ []byte) (dap.ResponseMessage, func(), error) {
	if m.Arguments != nil {
		a.mu.Lock()
		if cancel := a.working[m.Arguments.RequestId]; cancel != nil {
			cancel()
		}
		a.mu.Unlock()
	}
	return &dap.CancelResponse{}, nil, nil
}
