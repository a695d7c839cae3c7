package packercore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// cleanupStep is the id of the step that error-cleanup-provisioner is.
const cleanupStep = "error-cleanup-provisioner"

// provisionHook runs the provisioners when the builder says that the guest is ready, and error-cleanup-provisioner when it says
// that one of them failed.
type provisionHook struct {
	*job
	out func(events.Event)
	// cancelled reports whether the caller ended the build. The context a builder passes may also end because the build VM is
	// gone, and that is a failure.
	cancelled func() bool
	phases    *phases // of the builder; nil: it tells them itself

	mu          sync.Mutex
	idle        chan struct{}   // closed when the run that is under way ends; nil when there is none
	over        bool            // no run may begin any more
	failed      *ProvisionError // of the provisioner that ended the build
	cleanup     error           // of error-cleanup-provisioner
	interrupted bool            // a provisioner was cancelled
	through     bool            // all provisioners ran to a good end
	ended       error           // of who was told of a boundary, and ended the build there
}

// Run implements packersdk.Hook. data holds the values of build.*, as the builder knows them now. The Ui that the builder passes
// is not used: each provisioner gets one of its own, which knows its step.
func (h *provisionHook) Run(
	ctx context.Context, name string, _ packersdk.Ui, comm packersdk.Communicator, data any,
) error {
	leave, ok := h.enter()
	if !ok {
		return errStopped
	}
	defer leave()
	values := hookData(data)
	h.learnSecrets(values)
	if name == packersdk.HookCleanupProvision {
		return h.cleanUp(ctx, comm, values)
	}
	h.forget()
	h.phases.end(events.Done)
	if err := h.reached(ctx, values); err != nil {
		return err
	}
	machine, _ := comm.(Machine)
	comm = h.beside(comm, values)
	for i, block := range h.build.Provisioners {
		if i < h.opts.From || block.Skips(h.source) {
			continue
		}
		if comm == nil {
			return errNoGuest
		}
		if err := h.between(ctx, i, comm, machine, values); err != nil {
			return err
		}
		for {
			failed := h.step(ctx, provisionerID(i), i, block, comm, values)
			if failed == nil {
				break
			}
			if v := h.verdict(ctx, failed, values); v == EndBuild {
				return failed
			} else if v == GoOn {
				break
			}
		}
	}
	if err := h.between(ctx, len(h.build.Provisioners), comm, machine, values); err != nil {
		return err
	}
	h.mu.Lock()
	h.through = true
	h.mu.Unlock()
	h.phases.begin(shutdownStep)
	return nil
}

// done reports whether all provisioners ran to a good end.
func (h *provisionHook) done() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.through
}

// errNoGuest is what a builder gets that runs provisioners without a guest to run them in.
var errNoGuest = errors.New("the builder has no connection to the build VM, and the template has provisioners")

// cleanUp runs error-cleanup-provisioner. A build that was cancelled is not one that failed: whether Packer runs it then depends on
// which of two goroutines is faster, so here it never does.
func (h *provisionHook) cleanUp(ctx context.Context, comm packersdk.Communicator, values map[string]any) error {
	block := h.build.ErrorCleanup
	if block == nil || block.Skips(h.source) || h.cancelled() {
		return nil
	}
	if comm == nil {
		return errNoGuest
	}
	err := h.step(ctx, cleanupStep, -1, block, comm, values)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cleanup = err
	return err
}

// step runs a provisioner and tells its phases. A failure of provisioner index is a *ProvisionError, and noted; index is -1 for
// error-cleanup-provisioner.
func (h *provisionHook) step(
	ctx context.Context, id string, index int, block *hcl2.Provisioner, comm packersdk.Communicator, values map[string]any,
) error {
	began := h.opts.Now()
	tell := func(phase events.Phase, detail string) {
		state := &events.State{Phase: phase, Title: block.Title(), Detail: detail, Provisioner: block.Kind}
		if phase != events.Running {
			state.Elapsed = h.opts.Now().Sub(began)
		}
		h.out(events.Event{Step: id, State: state})
	}
	if cause := context.Cause(ctx); cause != nil && h.cancelled() {
		h.interrupt()
		return cause // the step never began, so it stays pending
	}
	tell(events.Running, "")
	ui := newUI(h.out, id, &h.opts)
	disconnected, err := h.attempts(ctx, block, ui, comm, values)
	ui.finish()
	if cause := context.Cause(ctx); cause != nil {
		if h.cancelled() {
			h.interrupt()
			tell(events.Cancelled, cause.Error())
			return cause
		}
		err = cause
	}
	if err == nil {
		tell(events.Done, "")
		return nil
	}
	failed := &ProvisionError{
		Build: h.name, Step: stepID(h.prefix, id), Index: index, Type: block.Kind, Name: block.Name,
		ExitCode: exitCode(err), Disconnected: disconnected, Err: err,
	}
	h.diagnose(ctx, id, failed, comm)
	tell(events.Failed, failed.how())
	if index >= 0 {
		h.mu.Lock()
		h.failed = failed
		h.mu.Unlock()
	}
	return failed
}

// attempts runs a provisioner once, and up to max_retries times more while it fails. It reports whether the last attempt lost
// the connection.
func (h *provisionHook) attempts(
	ctx context.Context, block *hcl2.Provisioner, ui *ui, comm packersdk.Communicator, values map[string]any,
) (disconnected bool, err error) {
	for left := block.MaxRetries; ; left-- {
		if disconnected, err = h.attempt(ctx, block, ui, comm, values); err == nil {
			return false, nil
		}
		var panicked *PanicError
		if ctx.Err() != nil || left <= 0 || errors.As(err, &panicked) {
			return disconnected, err
		}
		ui.Sayf("%s: %v; trying again, %d left", block.Title(), err, left)
	}
}

// secondThought is how long a lost connection waits for a better explanation.
const secondThought = time.Second

// attempt prepares a fresh provisioner with the real values of build.* and runs it. Packer prepares the first one again instead,
// which leaves in it what its first run changed. Packer also takes a timeout for nothing where there is a pause; here both count.
func (h *provisionHook) attempt(
	ctx context.Context, block *hcl2.Provisioner, ui *ui, comm packersdk.Communicator, values map[string]any,
) (disconnected bool, err error) {
	if block.PauseBefore > 0 {
		ui.Sayf("waiting %s, as pause_before says", block.PauseBefore)
		pause := time.NewTimer(block.PauseBefore)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
	provisioner, done, _, err := h.provisioner(block, values)
	if err != nil {
		return false, err
	}
	defer done()
	if block.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, block.Timeout, &LateError{After: block.Timeout})
		defer cancel()
	}
	g := &guest{Communicator: comm, ctx: ctx, ui: ui}
	defer g.retried.end()
	lost := func() string { return "" }
	if d := h.detached(ctx, block.Kind, comm, values, ui); d != nil {
		defer d.Close()
		g.Communicator, lost = d, d.Lost
	}
	err = guard("provisioner "+block.Kind, func() error {
		// The map is the provisioner's to write into.
		return provisioner.Provision(ctx, ui, g, maps.Clone(values))
	})
	if err != nil && g.disconnected.Load() {
		// A lost connection may be the first sign of something worse, such as a machine that died. The builder notices it at
		// about the same time and then ends ctx with a cause that says more.
		select {
		case <-ctx.Done():
		case <-time.After(secondThought):
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return false, cause
	}
	if err != nil && g.disconnected.Load() {
		return true, &lostError{err, lost()}
	}
	return g.disconnected.Load(), err
}

func (h *provisionHook) interrupt() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.interrupted = true
}

// forget begins anew: somebody who was asked wanted the step to be tried again.
func (h *provisionHook) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed, h.cleanup, h.interrupted = nil, nil, false
}

// result tells how the provisioners ended: one failed, one was cancelled, or neither.
func (h *provisionHook) result() (failed error, interrupted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.failed == nil:
		return nil, h.interrupted
	case h.cleanup != nil:
		return errors.Join(h.failed, h.cleanup), h.interrupted
	default:
		return h.failed, h.interrupted
	}
}

// enter marks a run as begun; the caller calls leave at its end. It refuses when the build is over: the SDK starts the hook in a
// goroutine that a cancelled builder does not wait for.
func (h *provisionHook) enter() (leave func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || h.idle != nil {
		return nil, false
	}
	idle := make(chan struct{})
	h.idle = idle
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.idle = nil
		close(idle)
	}, true
}

// wait lets no further run begin, and waits for the one under way, at most for the given time.
func (h *provisionHook) wait(limit time.Duration) {
	h.mu.Lock()
	h.over = true
	idle := h.idle
	h.mu.Unlock()
	if idle == nil {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	}
}

// secretValues are the build.* values that must not be shown.
var secretValues = []string{"Password", "WinRMPassword", "SSHPrivateKey"}

// learnSecrets masks what the builder generated. Output is masked line by line, so the lines of a key are secrets each.
func (h *provisionHook) learnSecrets(values map[string]any) {
	for _, name := range secretValues {
		text, _ := values[name].(string)
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
				h.opts.Mask.Add(events.Secret(line))
			}
		}
	}
}

// hookData gives the builder's values by name. They come as either of two maps: in process, or from a plugin of its own.
func hookData(data any) map[string]any {
	values := map[string]any{}
	switch data := data.(type) {
	case map[string]any:
		maps.Copy(values, data)
	case map[any]any:
		for k, v := range data {
			values[fmt.Sprint(k)] = v
		}
	}
	return values
}
