package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/steps"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// Resume goes on with a run whose process ended: with the plan that it had, from where left says. recorded are the names that the run
// has in the ledger. What is promised of Run holds here as well; and a *HostError says why there is nothing to go on with. Then, and as
// long as the build VM cannot be reached, nothing is removed, so that it can be tried again.
func (b *Builder) Resume(
	ctx context.Context, a *Asked, left Left, recorded []string, active *store.ActiveRun, mask *events.Mask, emit func(events.Event),
) (Result, error) {
	return b.tell(ctx, Request{
		Plan: a.Plan, Machine: a.Machine, Timeout: a.Timeout, Detach: a.Detach, GeneralizeTimeout: a.GeneralizeTimeout,
		Checkpointing: a.Checkpointing, Start: a.Start,
	}, active, mask, emit, func(s *state) []steps.Step[state] {
		s.base, s.staged = a.Base, a.Staged
		s.packer = filepath.Join(active.Run().Dir, "packer")
		s.left, s.recorded = &left, recorded
		s.cancelled = func() bool { return ctx.Err() != nil }
		return s.rest()
	})
}

// resumed is what a process knows that goes on with a run.
type resumed struct {
	left      *Left
	recorded  []string // names in the ledger
	cancelled func() bool
	way       packercore.Way // to the build VM
	vm        target.VM
	complete  bool // the run came to its good end
	held      bool // what it was distributed from is kept
}

// rest is what is left to happen in the run, in order.
func (s *state) rest() []steps.Step[state] {
	list := []steps.Step[state]{
		{Name: "look", Do: lookAtRest}, // refuses, and removes nothing
		{Name: "take up", Do: takeUp, Undo: unstageRest, Patience: removal},
	}
	if !s.left.Built {
		list = append(list, steps.Step[state]{Name: "build", Do: buildRest})
	}
	if validates(s.Plan) && !s.left.Validated {
		list = append(list, steps.Step[state]{Name: "validate", Do: validateImage})
	}
	list = append(list, s.distribution()...)
	return append(list, steps.Step[state]{Name: "end", Do: end})
}

// refusal says why a run cannot be gone on with.
func (s *state) refusal(why string) error { return NotResumable(s.id, s.Target.Info().External, why) }

// NotResumable says that a run cannot be resumed, and what to do instead.
func NotResumable(run string, elsewhere bool, why string) *HostError {
	clean := "ingot clean"
	if elsewhere {
		clean += " --on azure"
	}
	return &HostError{What: fmt.Sprintf("run %s cannot be resumed", run), Why: why,
		Fix: fmt.Sprintf("remove what is left of it: %s; and build again", clean)}
}

// lookAtRest finds what the earlier process left: the build VM, or what was kept of it.
func lookAtRest(ctx context.Context, s *state) error {
	if sourceOnly(s.Plan) {
		return s.refusal("it validates its source image and builds nothing: there is nothing that could be gone on with")
	}
	t, ok := s.Target.(target.Resumer)
	if !ok {
		return s.lookHere(ctx)
	}
	err := t.TakeUp(ctx, s.stageRequest(s.staged.Dir, s.base, false), s.staged)
	if err == nil && !s.left.Built {
		err = s.lookForVM(ctx, t)
	}
	if err == nil && s.left.Built {
		err = s.collect(ctx)
	}
	if err == nil && validates(s.Plan) && !s.left.Validated {
		err = checkHost(ctx, s) // a validation VM is made by the plugin
	}
	if gone, ok := errors.AsType[*target.GoneError](err); ok {
		return s.refusal(gone.Error())
	}
	return err
}

// lookHere looks for the disk of a build VM of this machine, whose VMs end with their process.
func (s *state) lookHere(ctx context.Context) error {
	if !s.left.Built {
		return s.refusal("its process ended before the build VM was done, and build VMs on this machine end with it")
	}
	if err := s.collect(ctx); err != nil {
		return s.refusal("the disk that the build VM left is not there any more: " + err.Error())
	}
	return nil
}

// lookForVM finds the build VM, and how it is reached. One that was captured and deleted already is none that is missing.
func (s *state) lookForVM(ctx context.Context, t target.Resumer) error {
	provisioned := s.left.Step == len(s.Plan.Steps)
	way, err := ReadWay(s.Dirs, s.active.Run())
	if err != nil && !provisioned {
		why := "its process ended before the build VM was up"
		if s.left.Step > 0 || s.left.UnderWay {
			why = "nothing says how its build VM is reached: " + err.Error()
		}
		return s.refusal(why)
	}
	s.way = way
	s.vm, err = t.Standing(ctx, s.stageRequest(s.staged.Dir, s.base, false), s.staged, s.recorded, way.Host)
	switch gone, ok := errors.AsType[*target.GoneError](err); {
	case ok && provisioned && s.collect(ctx) == nil:
		s.left.Built = true
		return nil
	case ok:
		return gone
	case err != nil:
		return err
	case !s.vm.Running && !provisioned:
		return s.refusal(fmt.Sprintf("its build VM %s does not run any more", s.vm.Name))
	}
	return nil
}

// takeUp makes what the earlier process had kept, for a look inside or for a distribution, the run's again.
func takeUp(ctx context.Context, s *state) error {
	if h, ok := s.Ledger.(Holder); ok {
		if err := h.Release(ctx, s.id); err != nil {
			return err
		}
	}
	if _, ok := s.Target.(target.Resumer); ok && s.left.Built {
		s.free(ctx) // what the builder was removing when it was killed
	}
	return nil
}

// unstageRest cleans up as at the end of any run; but as long as nothing was done with the build VM it stays, for another try.
func unstageRest(ctx context.Context, s *state) error {
	if s.waiting && !s.reached && !s.cancelled() {
		text := fmt.Sprintf("nothing was removed: try again with ingot resume %s, or remove what is left with ingot clean --on azure", s.id)
		s.emit(events.Event{Step: stepBoot, Output: &events.Output{Stream: events.Say, Text: text}})
		if t, ok := s.Target.(target.Unstager); ok {
			return t.Unstage(ctx)
		}
		return nil
	}
	return unstage(ctx, s)
}

// buildRest runs what is left of the steps in the build VM, and keeps its disks.
func buildRest(ctx context.Context, s *state) error {
	if s.left.Built {
		return nil // it had been captured
	}
	if s.left.Step < len(s.Plan.Steps) {
		if err := s.goOn(ctx); err != nil {
			return err
		}
	}
	return s.captureStanding(ctx)
}

// captureStanding keeps the disks of a build VM that the builder did not make, and removes it.
func (s *state) captureStanding(ctx context.Context) error {
	err := s.during(ctx, stepShutdown, "", func() error {
		err := s.Target.(target.Resumer).Capture(ctx, s.stageRequest(s.staged.Dir, s.base, false), s.staged, s.vm)
		if err != nil {
			return err
		}
		return s.collect(ctx)
	})
	if err == nil {
		s.free(context.WithoutCancel(ctx))
	}
	return err
}

// A Sparer is a ledger that can remove a part of what a run made, before the run ends.
type Sparer interface {
	UndoOf(ctx context.Context, runID string, which func(kind store.Kind, name string) bool) error
}

// free removes the build VM and what is around it, as its builder would have by now: while the image is distributed nobody needs to pay
// for them. What cannot be removed is tried again at the end.
func (s *state) free(ctx context.Context) {
	ledger, ok := s.Ledger.(Sparer)
	if !ok {
		return
	}
	spent := s.Target.(target.Resumer).Spent
	err := ledger.UndoOf(ctx, s.id, func(kind store.Kind, name string) bool { return kind == store.AzureResource && spent(name) })
	if err != nil {
		text := "the build VM is removed at the end of the run: " + err.Error()
		s.emit(events.Event{Step: stepShutdown, Output: &events.Output{Stream: events.Say, Text: text}})
	}
}

// standingFolder has, in the run's folder, the Packer template for a build VM that stands.
const standingFolder = "resume"

// goOn runs the steps that are left.
func (s *state) goOn(ctx context.Context) error {
	next := s.Plan.Steps[s.left.Step]
	if s.left.UnderWay {
		text := fmt.Sprintf("%s was under way when the run's process ended: it is run again, from its beginning", next.Title())
		s.emit(events.Event{Step: next.ID, Output: &events.Output{Stream: events.Say, Text: text}})
	}
	s.waiting = true
	return s.runStanding(ctx, s.left.Step, fmt.Sprintf("the VM %s, which stands, at %s", s.vm.Name, s.vm.Host))
}

// runStanding runs the steps from one on in a build VM that stands already, and is reached by s.way.
func (s *state) runStanding(ctx context.Context, from int, detail string) error {
	folder, err := emit.Packer(s.Plan, emit.Options{Target: emit.Standing})
	if err != nil {
		return err
	}
	dir := filepath.Join(s.active.Run().Dir, standingFolder)
	if err := WriteFolder(folder, dir, filesOf(s.Plan, s.packer)); err != nil {
		return err
	}
	staged := s.staged
	staged.Detail = detail
	staged.Vars = varsOf(s.way, s.Plan.OS, s.vm.Host)
	return s.run(ctx, machine{
		staged: staged, folder: dir, steps: s.Plan.Steps, from: from, standing: true,
		boot: stepBoot, shutdown: stepShutdown, sub: store.Customizing, console: "console.log",
		onError: onError(s.Plan.OnError.KeepBuildVM),
	})
}

// varsOf are the values of the Packer template for a VM that stands.
func varsOf(w packercore.Way, os plan.OS, host string) map[string]string {
	vars := map[string]string{"host": host, "port": strconv.Itoa(w.Port), "username": w.User, "password": w.Password}
	if os != plan.Windows {
		vars["private_key"] = w.PrivateKey
	}
	return vars
}

// filesOf opens the files of a plan by their checksums, where the run's own Packer template has them: the download cache may have lost
// them since.
func filesOf(p *plan.Plan, folder string) func(sha256 string) (io.ReadCloser, error) {
	return func(sha256 string) (io.ReadCloser, error) {
		for _, c := range p.Contents() {
			if c.SHA256 != sha256 {
				continue
			}
			for _, dir := range []string{"", emit.ValidateDir} {
				f, err := os.Open(filepath.Join(folder, dir, emit.FilesDir, c.FileName))
				if !errors.Is(err, fs.ErrNotExist) {
					return f, err
				}
			}
		}
		return nil, fmt.Errorf("no file of the run has the SHA-256 %s", sha256)
	}
}

// remaining is the plan without what was distributed already by a process that is gone, where the place keeps no journal of that itself.
// all puts the outputs of the two together.
func (s *state) remaining() (p *plan.Plan, all func([]*events.RunOutput) []*events.RunOutput) {
	if s.left == nil || s.Target.Info().External {
		return s.Plan, func(outputs []*events.RunOutput) []*events.RunOutput { return outputs }
	}
	rest := *s.Plan
	rest.Destinations = slices.DeleteFunc(slices.Clone(s.Plan.Destinations), func(d plan.Destination) bool {
		_, done := s.left.Outputs[d.ID]
		return done
	})
	return &rest, func(outputs []*events.RunOutput) []*events.RunOutput {
		var list []*events.RunOutput
		for _, d := range s.Plan.Destinations {
			if out, done := s.left.Outputs[d.ID]; done {
				list = append(list, &out)
				continue
			}
			if len(outputs) == 0 { // nothing was distributed
				return nil
			}
			list, outputs = append(list, outputs[0]), outputs[1:]
		}
		return list
	}
}

// announceRest tells the views every step that will come.
func (s *state) announceRest(pending func(id, title string)) func(id, title string) {
	known := maps.Clone(s.left.done)
	if !slices.ContainsFunc(s.Plan.Steps, func(st plan.Step) bool { return !known[st.ID] }) {
		known[stepBoot] = true // nothing is left that needs a connection
	}
	known[stepResolve] = true
	delete(known, stepWriteDisk) // which is done again
	return func(id, title string) {
		if !known[id] || id == stepBoot && !known[stepBoot] {
			pending(id, title)
		}
	}
}
