// Package build is the story of one run, from a plan to the artifacts of its distributors.
//
// The story is the list in Run: each entry is a step with its undo. What is made on the way lies in the run's staging
// directories, stands in the ledger before it exists, and is gone at the end, whatever the end was.
package build

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/steps"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// Builder holds what every run needs. It has no state of its own and is safe for concurrent use.
type Builder struct {
	Target   target.Target
	Then     target.Target // of VMs, where Target is of containers: for Request.Moves and VerifyInVM; nil: there is none
	Registry packercore.Registry
	Place    Place
	Resolver resolve.Options // TemplateDir is set for each run
	Ledger   Ledger
	Dirs     store.Dirs

	LayerStore *layers.Store // nil: build VMs of Target leave no layers
	Answers    Answering     // zero: no build VM has a metadata service, unless it is asked for, and none has tokens
}

// Ledger is what a run says of the things it makes.
type Ledger interface {
	// Record returns once the entry would survive a crash.
	Record(ctx context.Context, runID string, kind store.Kind, name string) error
	// Strike forgets a thing of the run that is gone, or is the user's now. One that is not noted is no error.
	Strike(ctx context.Context, runID string, kind store.Kind, name string) error
	// Keep leaves to a person what the run recorded so far; how says how to get at it.
	Keep(ctx context.Context, runID, how string) error
	// Undo removes everything else that the run recorded, processes first, and strikes what is gone.
	Undo(ctx context.Context, runID string) error
}

// Request is one run that is wanted.
type Request struct {
	Plan        *plan.Plan // resolve fills in what is not exact yet
	TemplateDir string     // relative URIs are relative to it
	Staging     resolve.Policy
	Machine     target.Machine
	Timeout     time.Duration // 0: the plan's
	Site        []byte        // JSON of what the caller needs to find the place of the run again; kept sealed

	// FallbackSizes are tried one after another when the build VM cannot be made in its size, on a target whose VMs have sizes by name.
	FallbackSizes []string

	// Attend is somebody who is asked about a step that failed; nil: what the plan says is done. The builder leaves a VM standing then, and
	// the ledger removes it where it is not wanted.
	Attend *Attend

	// Bench decides how the run goes on while its build VM stands still; nil: it goes on.
	Bench Bench
	// Until is the id of the step before which the run ends, without an image; "": it goes on to its end. With Stay the build VM is left
	// standing then, for a look inside.
	Until string
	Stay  bool
	// Layers says how layers are used, where the target and the image template have any.
	Layers LayerUse

	// Moves says that the build goes on in a VM from the first step on that needs a kernel of its own, and that all of it runs in one where
	// no container is to be had.
	Moves bool
	// VerifyInVM says that what was built in containers is built once more in VMs, on Builder.Then, and held against that; what is
	// validated and distributed is the VM's image.
	VerifyInVM bool

	// Metadata says whether a build VM on this machine is answered as one in Azure.
	Metadata Metadata
	// StrictFidelity are the kinds of differences from the service for which a run on this machine is refused.
	StrictFidelity []fidelity.Kind

	// Checkpointing says what is kept of the build VM on the way; Start is what was kept and is begun with, nil: the source image.
	Checkpointing Checkpointing
	Start         *Start

	// Detach says which customizers' commands go on when the connection to the build VM is lost.
	Detach packercore.Detach
	// GeneralizeTimeout bounds the last step; 0: it may take as long as the run, as in the service. Nil: emit.GeneralizeTimeout.
	GeneralizeTimeout *time.Duration
}

// Result is what came of a run, also of one that failed.
type Result struct {
	Outputs    []*events.RunOutput // in template order, nil where a distributor failed
	Validation Validation
	Kept       *target.Kept       // the VM that was left standing; nil: none
	VMSize     string             // of Request.FallbackSizes, the one that the build VM was made in last; "" where none was needed
	Stopped    *Stopped           // the run ended before its end, as somebody wanted; nil: it did not
	Reused     *Reused            // of earlier builds; nil: layers were not used
	Ran        Ran                // where steps were run, where that may have been a container; else nil
	Marks      []kernelbound.Mark // what may come out otherwise in a container, of steps that were run in one
	Verified   *Verified          // nil: it was not wanted, or the run did not come that far

	Fidelity []fidelity.Difference // what the service would do otherwise; nil in Azure, and when the run ended before it was known
}

// Run does everything that r asks for. active is the run's record, made by the caller, who also closes it. emit must be safe for
// concurrent use.
//
// The error is a *DiagnosticsError, a *HostError or a *RunError; or the cause of ctx when it was cancelled. A *RunError has a
// *ValidationError in it when the image did not pass its validation: the run failed then, even if all was distributed.
func (b *Builder) Run(ctx context.Context, r Request, active *store.ActiveRun, mask *events.Mask, emit func(events.Event)) (Result, error) {
	return b.tell(ctx, r, active, mask, emit, (*state).story)
}

// tell does what a story lists, within the time that the run has.
func (b *Builder) tell(
	ctx context.Context, r Request, active *store.ActiveRun, mask *events.Mask, emit func(events.Event),
	story func(*state) []steps.Step[state],
) (Result, error) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = time.Duration(r.Plan.TimeoutMinutes) * time.Minute
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, &TimeoutError{After: timeout})
	defer cancel()

	s := &state{
		Builder: b,
		Request: r,
		active:  active,
		id:      active.Run().ID,
		mask:    mask,
		said:    newRecent(),
	}
	if validates(r.Plan) {
		s.validation = NotValidated
	}
	s.begins()
	how := &progress{path: filepath.Join(active.Run().Dir, progressFile)}
	s.emit = func(e events.Event) {
		s.said.note(e)
		s.end.note(e)
		s.unlike.note(e)
		err := how.note(e)
		emit(e)
		if err != nil {
			emit(events.Event{Output: &events.Output{Stream: events.Say, Text: "the run cannot be resumed if it is killed: " + err.Error()}})
		}
	}
	list := story(s)
	s.announce()
	err := steps.Run(ctx, s, list)
	s.settle(ctx)
	s.letGo(ctx)
	s.sumUpOverrides()
	return Result{Outputs: s.outputs, Validation: s.validation, Kept: s.kept, VMSize: s.vmSize, Stopped: s.stopped, Reused: s.reused,
		Ran: s.stretches(s.Plan), Marks: s.inContainer(), Verified: s.verified, Fidelity: s.differences()}, s.explain(ctx, err)
}

// story is what happens in the run, in order. A run that only validates its source image ends after that.
func (s *state) story() []steps.Step[state] {
	list := []steps.Step[state]{
		{Name: "check host", Do: checkHost},
		{Name: "resolve", Do: resolveWants},
		{Name: "place steps", Do: placeSteps},
		{Name: "learn what of Azure is wanted", Do: learnAzure},
		{Name: "check checkpoint", Do: checkStart},
		{Name: "stage", Do: stage, Undo: unstage, Patience: removal}, // everything after it writes into the staging directories
		{Name: "emit", Do: emitPacker},
		compareStep,
	}
	if !sourceOnly(s.Plan) {
		list = append(list, steps.Step[state]{Name: "build", Do: buildImage})
		if s.VerifyInVM {
			list = append(list, steps.Step[state]{Name: "verify", Do: verifyInVM})
		}
	}
	if validates(s.Plan) || s.Bench != nil {
		list = append(list, steps.Step[state]{Name: "validate", Do: has(validates, validateImage)})
	}
	list = append(list, s.distribution()...)
	return append(list, steps.Step[state]{Name: "end", Do: end})
}

// distributes reports whether what comes of the plan goes anywhere.
func distributes(p *plan.Plan) bool { return len(p.Destinations) > 0 }

// distribution is the end of the story.
func (s *state) distribution() []steps.Step[state] {
	if !distributes(s.Plan) && s.Bench == nil {
		return nil
	}
	var list []steps.Step[state]
	if _, ok := s.Place.(DiskWriter); ok {
		list = append(list, steps.Step[state]{Name: "write disk", Do: has(distributes, writeDisk)})
	}
	return append(list, steps.Step[state]{Name: "distribute", Do: has(distributes, distributeDisk)})
}

// settle ends the steps that are still shown as running: a builder that was cut off does not always say so itself.
func (s *state) settle(ctx context.Context) {
	phase := events.Failed
	if context.Cause(ctx) != nil {
		phase = events.Cancelled
	}
	for id, title := range s.said.unfinished() {
		s.emit(events.Event{Step: id, State: &events.State{Phase: phase, Title: title}})
	}
}

// state is what the steps of one run hand on to each other.
type state struct {
	*Builder
	Request
	active *store.ActiveRun
	id     string
	mask   *events.Mask
	emit   func(events.Event)
	said   *recent
	end    generalizing
	unlike unlike

	answering answering
	moving

	base    target.Disk // after resolve
	files   []resolve.Staged
	staged  target.Staged // after stage
	packer  string        // folder of the Packer template, after emit
	built   target.Disk   // after build; after write disk, as distributors take it
	outputs []*events.RunOutput

	validation Validation
	invalid    error // a *ValidationError that did not end the run
	kept       *target.Kept

	standing standing
	layering *layering // nil: the run has nothing to do with layers
	reused   *Reused
	clock    clock
	visit    func(context.Context, packercore.Way) // the machine is up for that alone; nil: for a build
	stopped  *Stopped                              // nil: the run goes to its end

	// reached: the build VM was reached by this process. waiting: it is one that stood before, and was not reached yet.
	reached, waiting bool
	resumed                 // zero in a run of its first process
	vmSize           string // that was fallen back to
	unwanted         bool   // the VM in which a step failed is not to be kept, whatever the plan says
}

// Step ids of the run that are not steps of the plan.
const (
	stepResolve   = "resolve"
	stepBoot      = "boot"
	stepShutdown  = "shutdown"
	stepWriteDisk = "write disk"
)

// titles are what people read for the steps of a machine that are not in the plan.
var titles = map[string]string{
	stepBoot: stepBoot, stepShutdown: stepShutdown, stepValidateBoot: "boot validation VM", stepValidateShutdown: "shut down validation VM",
}

// announce tells the views every step that will come, in order.
func (s *state) announce() {
	pending := func(id, title string) {
		s.emit(events.Event{Step: id, State: &events.State{Phase: events.Pending, Title: title}})
	}
	if s.left != nil {
		pending = s.announceRest(pending)
	}
	if s.visit != nil {
		pending(stepBoot, stepBoot)
		return
	}
	pending(stepResolve, stepResolve)
	if !sourceOnly(s.Plan) {
		pending(stepBoot, stepBoot)
		for _, st := range s.Plan.Steps {
			pending(st.ID, st.Title())
		}
		pending(stepShutdown, stepShutdown)
		if s.VerifyInVM {
			pending(stepVerify, stepVerify)
		}
	}
	if validates(s.Plan) {
		pending(stepValidateBoot, titles[stepValidateBoot])
		for _, st := range s.Plan.Validation.Steps {
			pending(st.ID, st.Title())
		}
		pending(stepValidateShutdown, titles[stepValidateShutdown])
	}
	if _, ok := s.Place.(DiskWriter); ok && len(s.Plan.Destinations) > 0 {
		pending(stepWriteDisk, stepWriteDisk)
	}
	for _, d := range s.Plan.Destinations {
		pending(d.ID, fmt.Sprintf("%s %s %s", d.ID, d.Kind(), d.RunOutputName))
	}
}

// during reports a step as running, does it, and reports how it ended.
func (s *state) during(ctx context.Context, id, detail string, do func() error) error {
	start := time.Now()
	s.emit(events.Event{Step: id, State: &events.State{Phase: events.Running, Title: id, Detail: detail}})
	err := do()
	end := events.State{Phase: events.Done, Title: id, Elapsed: time.Since(start)}
	switch {
	case err != nil && context.Cause(ctx) != nil:
		end.Phase = events.Cancelled
	case err != nil:
		end.Phase = events.Failed
	}
	s.emit(events.Event{Step: id, State: &end})
	return err
}
