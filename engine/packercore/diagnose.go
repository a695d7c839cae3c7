package packercore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
)

// Remote runs a command in the build VM, as the user whom Packer is connected as, and returns its standard output, up to 1 MiB.
// The command's exit code does not matter. The error says that it could not be run to its end; what it printed until then is
// returned beside it. Not for concurrent use.
type Remote func(ctx context.Context, command string) (output string, err error)

const (
	// diagnosisLimit bounds Options.Diagnose: a build VM that just failed may be one that does not answer any more.
	diagnosisLimit = 2 * time.Minute
	// maxAnswer is how much of a command's output is kept.
	maxAnswer = 1 << 20
)

// errUnanswered is the cause of a diagnosis that took too long.
var errUnanswered = errors.New("the build VM did not answer in time")

// diagnose lets the caller ask the build VM about a provisioner that failed in it. The connection is the builder's, and still open:
// the builder takes the machine away when the hook returns.
func (h *provisionHook) diagnose(ctx context.Context, id string, failed *ProvisionError, comm packersdk.Communicator) {
	if h.opts.Diagnose == nil || failed.Index < 0 || ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, diagnosisLimit, errUnanswered)
	defer cancel()
	err := guard("diagnosis", func() error {
		h.opts.Diagnose(ctx, failed, h.remote(id, comm))
		return nil
	})
	if err != nil { // the failure itself is worth more than that
		h.out(events.Event{Step: id, Output: &events.Output{Stream: events.Say, Text: err.Error()}})
	}
}

// remote runs commands apart from any provisioner: nothing of them is seen as its output. A connection that hangs is left behind
// when ctx ends; it ends with the machine.
func (h *provisionHook) remote(id string, comm packersdk.Communicator) Remote {
	unseen := newUI(func(events.Event) {}, id, &h.opts)
	return func(ctx context.Context, command string) (string, error) {
		var out answer
		ended := make(chan error, 1)
		go func() {
			g := &guest{Communicator: comm, ctx: ctx, ui: unseen}
			cmd := &packersdk.RemoteCmd{Command: command, Stdout: &out, Stderr: io.Discard}
			err := g.Start(ctx, cmd)
			if err == nil && cmd.Wait() == packersdk.CmdDisconnect {
				err = errors.New("the connection to the build VM was lost")
			}
			ended <- err
		}()
		select {
		case err := <-ended:
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return out.text(), err
		case <-ctx.Done():
			return out.text(), context.Cause(ctx)
		}
	}
}

// answer keeps the first maxAnswer bytes that are written to it. It is safe for concurrent use.
type answer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer. What is too much is taken and forgotten: a command must not fail of it.
func (a *answer) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.buf.Write(p[:min(len(p), maxAnswer-a.buf.Len())])
	return len(p), nil
}

func (a *answer) text() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.buf.String()
}
