package build

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// machine is one VM of a run: the build VM, or the validation VM.
type machine struct {
	staged         target.Staged
	folder         string            // of its Packer template
	steps          []plan.Step       // step i is what provisioner i does
	boot, shutdown string            // step ids of what the builder does by itself
	sub            store.RunSubState // while steps of the image template run
	console        string            // file in the run's folder that its serial console is kept in
	onError        string            // as packercore.Options has it
	spare          bool              // its disk is thrown away, so that it does not matter how it powers off
	standing       bool              // it is there already, and another one than the builder powers it off
	from           int               // the first step that is run
}

// run boots a VM, runs its steps and powers it off. Events come under the ids and titles of the plan's steps.
func (s *state) run(ctx context.Context, m machine) error {
	defer s.keepConsole(m)
	last := m.boot // what the builder says outside of all steps belongs to the one of its own that is next
	s.boundGeneralize(m)
	unserve, err := s.serveMetadata(m)
	if err != nil {
		return err
	}
	defer unserve()
	var way packercore.Way
	_, err = packercore.Build(ctx, s.Registry, packercore.Options{
		AsService:  true,
		Phases:     s.Target.Info().External,
		NoArtifact: s.Target.Info().External,

		Dir:     m.folder,
		Vars:    m.staged.Vars,
		OnError: m.onError,
		Detach:  s.Detach,
		Mask:    s.mask,
		Failed:  s.failing(m),
		Between: s.withMetadata(m, s.boundary(ctx, m)),
		Reached: noting(&way, s.keepWay(m)),
		From:    m.from,
		Diagnose: func(ctx context.Context, failed *packercore.ProvisionError, remote packercore.Remote) {
			if failed.Index < len(m.steps) && m.steps[failed.Index].Generalizes() {
				s.diagnose(ctx, failed, remote)
			}
		},
	}, func(e events.Event) {
		if m.standing && e.Step == stepShutdown {
			return // it goes on running
		}
		if _, isStep := provisionerIndex(e.Step); !isStep && m.boot == stepBoot && s.standing.left.Load() {
			return // how a machine is given up is no news of the run's
		}
		if e = s.named(ctx, m, e); e.Step == "" {
			e.Step = last
			if before := s.standing.freezing.Load(); before != nil && m.boot == stepBoot {
				e.Step = *before
			}
		} else if e.Step != m.boot {
			last = m.shutdown
		}
		s.emit(e)
	})
	var failed *packercore.ProvisionError
	wanted := errors.As(err, &failed) && !s.unwanted || errors.Is(err, errMoved) && s.standing.move.Kind == Keep
	if m.onError == packercore.OnErrorAbort && wanted && context.Cause(ctx) == nil {
		s.keep(ctx, m, way)
	}
	return s.refused(err)
}

// keep leaves a VM standing whose step failed, as errorHandling says. One that cannot be kept is cleaned up like any other: the step
// that failed is what the run ends with.
func (s *state) keep(ctx context.Context, m machine, way packercore.Way) {
	kept, err := s.keepVM(ctx, m, way)
	if err != nil {
		text := "the VM could not be kept, and is removed: " + err.Error()
		s.emit(events.Event{Step: m.shutdown, Output: &events.Output{Stream: events.Say, Text: text}})
		return
	}
	s.kept = &kept
}

func (s *state) keepVM(ctx context.Context, m machine, way packercore.Way) (target.Kept, error) {
	keeper, ok := s.Target.(target.Keeper)
	if !ok {
		return target.Kept{}, fmt.Errorf("the target %s keeps none", s.Target.Info().Name)
	}
	kept, err := keeper.Kept(ctx, m.staged)
	if err == nil {
		err = letIn(&kept, way, m.staged.Dir)
	}
	if err == nil && way.Host != "" {
		err = s.sealWay(way)
	}
	if err != nil {
		return target.Kept{}, err
	}
	return kept, s.Ledger.Keep(ctx, s.id, wayIn(kept))
}

// wayIn says how to get into a VM, as a person types it or reads it.
func wayIn(k target.Kept) string {
	if k.Command != "" {
		return k.Command
	}
	return fmt.Sprintf("%s, user %s", k.Address, k.User)
}

// named gives an event of the Packer core the id and title of the plan's step.
func (s *state) named(ctx context.Context, m machine, e events.Event) events.Event {
	i, isStep := provisionerIndex(e.Step)
	switch {
	case isStep && i < len(m.steps):
		st := m.steps[i]
		e.Step = st.ID
		if e.State != nil {
			e.State.Title = st.Title()
			e.State.Detail, _, _ = strings.Cut(e.State.Detail, "\n") // the run's problem has the rest
			if e.State.Phase == events.Running && m.boot == stepBoot {
				s.noteRan(i)
			}
			if e.State.Phase == events.Running && !st.Hidden {
				s.setState(ctx, store.Running, m.sub)
			}
		}
	case e.Step == stepBoot:
		e.Step = m.boot
		if e.State != nil && e.State.Phase == events.Running {
			e.State.Detail = m.staged.Detail // the builder knows the accelerator only; the target also why it is that one
		}
	case e.Step == stepShutdown:
		e.Step = m.shutdown
		if e.State != nil && e.State.Phase == events.Failed && m.spare && ctx.Err() == nil {
			e.State.Phase = events.Done
		}
	}
	if e.State != nil && e.State.Title == "" {
		e.State.Title = titles[e.Step] // which the builder leaves to us
	}
	return e
}

// provisionerIndex reads "provisioner[3]".
func provisionerIndex(step string) (int, bool) {
	inner, ok := strings.CutPrefix(step, "provisioner[")
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(strings.TrimSuffix(inner, "]"))
	return i, err == nil
}
