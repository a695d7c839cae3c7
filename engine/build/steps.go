package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/emit"
)

// checkHost refuses early what would fail late: a build that dies after ten minutes for a missing program wastes ten minutes.
func checkHost(ctx context.Context, s *state) error {
	errs := []error{checkSizes(s)}
	s.checkContainer(ctx)
	errs = append(errs, s.checkVerify(ctx))
	if s.needsBuilder() {
		for _, p := range s.Target.Check(ctx, s.Plan) {
			errs = append(errs, &HostError{What: p.What, Why: p.Why, Fix: p.Fix})
		}
	}
	dirs := []string{s.Dirs.State, s.Dirs.Data}
	if s.Target.Info().External { // its disks are elsewhere
		dirs = nil
	}
	for _, dir := range dirs {
		if p := freeSpace(dir); p != nil {
			errs = append(errs, p)
			break // both folders mostly lie on one file system; once is enough
		}
	}
	return errors.Join(errs...)
}

// resolveWants makes every want of the plan exact: scripts and files by their bytes, the source by its disk.
func resolveWants(ctx context.Context, s *state) error {
	s.setState(ctx, store.Running, store.Building)
	return takeExactly(ctx, s)
}

// takeExactly makes every want of the plan exact.
func takeExactly(ctx context.Context, s *state) error {
	return s.during(ctx, stepResolve, "", func() error {
		found, err := resolve.Contents(ctx, s.Plan, s.resolver())
		if err != nil {
			return err
		}
		base, more, err := s.Place.Source(ctx, s.Plan)
		if err != nil {
			return err
		}
		found = append(found, more...)
		if found.HasErrors() {
			found.Sort()
			return &DiagnosticsError{List: found}
		}
		for _, d := range found {
			s.emit(events.Event{Step: stepResolve, Output: &events.Output{Stream: events.Say, Text: d.String()}})
		}
		s.base = base
		return nil
	})
}

// stagingDir is where the VM's disk lives during the run, incomingDir where the VHD is written: beside the gallery, so that
// publishing it is a link and not a copy.
func (s *state) stagingDir() string { return filepath.Join(s.Dirs.State, "staging", s.id) }
func (s *state) incomingDir() string {
	return filepath.Join(s.Dirs.Data, "gallery", ".incoming", s.id)
}

// stage makes the VM ready that is the first of the run.
func stage(ctx context.Context, s *state) error {
	if sourceOnly(s.Plan) {
		return s.stageBuild(ctx)
	}
	return s.stageFrom(ctx, s.firstStart())
}

// stageFrom makes a build VM ready that starts as deep as it can.
func (s *state) stageFrom(ctx context.Context, at start) error {
	if err := s.begin(ctx, at); err != nil {
		return err
	}
	s.choose()
	return s.stageBuild(ctx)
}

// unstage removes what the run made. What serves its VMs ends first: nothing is made any more then.
func unstage(ctx context.Context, s *state) error {
	s.settleLayers()
	var err error
	if t, ok := s.Target.(target.Unstager); ok {
		err = t.Unstage(ctx)
	}
	kept, kerr := s.keepCheckpoints(ctx)
	err = errors.Join(err, kerr)
	if !kept {
		err = errors.Join(err, s.Ledger.Undo(ctx, s.id))
	}
	if err == nil && s.kept == nil {
		err = ForgetVM(s.active.Run())
	}
	return err
}

// emitPacker writes the Packer template and the plan into the run's folder, where they stay: they are what was run.
func emitPacker(_ context.Context, s *state) error {
	folder, err := emit.Packer(s.Plan, s.emitOptions())
	if err != nil {
		return err
	}
	for _, l := range folder.Lost {
		if !l.Around && s.Target.Info().External && s.vmSize == "" { // else it was said before
			s.emit(events.Event{Step: stepResolve, Output: &events.Output{Stream: events.Say, Text: "warning: " + join(": ", l.Path, l.What, l.Why)}})
		}
	}
	if err := s.packerFolder(); err != nil {
		return err
	}
	if err := WriteFolder(folder, s.packer, s.Resolver.Cache.Open); err != nil {
		return err
	}
	if err := s.writeStaged(); err != nil {
		return err
	}
	public, err := resolve.Public(s.Plan)
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	text, err := json.MarshalIndent(public, "", "  ")
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	if err := os.WriteFile(filepath.Join(s.active.Run().Dir, "plan.json"), append(text, '\n'), 0o600); err != nil {
		return err
	}
	return s.sealPlan()
}

// emitOptions are those of the target's Packer templates.
func (s *state) emitOptions() emit.Options {
	if info := s.Target.Info(); info.External {
		return emit.Options{Target: info.Name, PluginVersion: s.staged.Plugin, Hosted: &emit.Host{
			Subscription: s.staged.Vars["subscription_id"], Tags: s.staged.Tags,
		}}
	}
	login := s.base.Machine.Login
	return emit.Options{Target: s.Target.Info().Template, WindowsSSH: login != nil && login.Communicator == guest.SSH, Metadata: s.answering.on}
}

// collect finds what the build VM left.
func (s *state) collect(ctx context.Context) (err error) {
	s.built, err = s.Target.Collect(ctx, s.staged)
	s.built.Machine = s.base.Machine.Generalized()
	return err
}

// onError says what the builder leaves standing when it fails.
func onError(keep bool) string {
	if keep {
		return packercore.OnErrorAbort
	}
	return packercore.OnErrorCleanup
}

// keepConsole copies the guest's serial console log to the run's folder, where it outlives the staging directory.
func (s *state) keepConsole(m machine) {
	src, err := os.Open(filepath.Join(m.staged.Dir, "console.log"))
	if errors.Is(err, fs.ErrNotExist) {
		return // the VM never started
	}
	if err == nil {
		defer src.Close()
		err = copyTo(filepath.Join(s.active.Run().Dir, m.console), src)
	}
	if err != nil {
		s.emit(events.Event{Output: &events.Output{Stream: events.Say, Text: "the console log could not be kept: " + err.Error()}})
	}
}

func copyTo(path string, src io.Reader) error {
	dst, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

// writeDisk makes of what the build left the one file that the distributors take.
func writeDisk(ctx context.Context, s *state) error {
	return s.during(ctx, stepWriteDisk, "", func() error {
		if err := s.Ledger.Record(ctx, s.id, store.Directory, s.incomingDir()); err != nil {
			return err
		}
		if err := os.MkdirAll(s.incomingDir(), 0o700); err != nil {
			return fmt.Errorf("make folder for the finished disk: %w", err)
		}
		progress := func(done, total int64) {
			s.emit(events.Event{Step: stepWriteDisk, Progress: &events.Progress{
				What: stepWriteDisk, Done: done, Total: total, Unit: "bytes",
			}})
		}
		machine := s.built.Machine
		var err error
		s.built, err = s.Place.(DiskWriter).WriteDisk(ctx, s.built, filepath.Join(s.incomingDir(), "disk.vhd"), progress)
		s.built.Machine = machine
		return err
	})
}

// distributeDisk gives the finished disk to every distributor of the template.
func distributeDisk(ctx context.Context, s *state) (err error) {
	s.setState(ctx, store.Running, store.Distributing)
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	remaining, all := s.remaining()
	outputs, err := s.Place.Distribute(ctx, distribute.Request{
		Plan: remaining, RunID: s.id, RunDir: s.active.Run().Dir, Disk: s.built, RetryFailed: s.left != nil,
		Record: func(ctx context.Context, kind store.Kind, name string) error {
			return s.Ledger.Record(ctx, s.id, kind, name)
		},
		Done: func(ctx context.Context, kind store.Kind, name string) error {
			return s.Ledger.Strike(ctx, s.id, kind, name)
		},
	}, s.emit)
	s.outputs = all(outputs)
	for _, out := range s.outputs {
		if out != nil {
			err = errors.Join(err, s.active.AddOutput(ctx, *out))
		}
	}
	return release(err)
}

// setState tells the run's record where the run stands. A record that cannot be written does not stop a build that goes well;
// it is said in the log, and the end of the run reports it again.
func (s *state) setState(ctx context.Context, st store.RunState, sub store.RunSubState) {
	if err := s.active.SetState(ctx, st, sub); err != nil && context.Cause(ctx) == nil {
		s.emit(events.Event{Output: &events.Output{Stream: events.Say, Text: "the run's record could not be written: " + err.Error()}})
	}
}
