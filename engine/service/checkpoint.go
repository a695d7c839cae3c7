package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/diag"
)

// Checkpointing says what a run in Azure keeps of its build VM on the way.
type Checkpointing = build.Checkpointing

// FromCheckpoint names what a run in Azure begins with in place of its source image.
type FromCheckpoint struct {
	Run   string // id of the run that kept it, the first digits of it, or "latest": the last one that has a checkpoint
	Step  string // id, name or number of the step that it was kept before; "": the last one that there is
	Stale bool   // also when the image template does not lead to it any more
}

// NoCheckpointError says that a run has no such checkpoint.
type NoCheckpointError struct {
	Run, Word string
	Near      string   // the word that was probably meant; "" if none is near
	Known     []string // what there is, as RUN@STEP
}

// Error says so.
func (e *NoCheckpointError) Error() string {
	if e.Word == "" || len(e.Known) == 0 {
		return fmt.Sprintf("run %s has no checkpoint", e.Run)
	}
	return fmt.Sprintf("run %s has no checkpoint before %q", e.Run, e.Word)
}

// Why lists what there is.
func (e *NoCheckpointError) Why() string {
	if len(e.Known) == 0 {
		return "a build on Azure keeps those that --checkpoint STEP asks for; one that succeeds removes them, but with --keep-checkpoints"
	}
	return "it has " + strings.Join(e.Known, ", ")
}

// Fix says what to type.
func (e *NoCheckpointError) Fix() string {
	switch {
	case len(e.Known) == 0:
		return "build without --from-checkpoint"
	case e.Near != "":
		return fmt.Sprintf("did you mean %s@%s?", e.Run, e.Near)
	}
	return "--from-checkpoint " + e.Known[len(e.Known)-1]
}

// start finds the checkpoint that a run is to begin with, and takes the run to where its disks are; nil: it begins with its source. The
// error is a *NoCheckpointError, a *store.NotFoundError, or a *HostError.
func (s *Service) start(ctx context.Context, r *BuildRequest) (*build.Start, error) {
	if (len(r.Checkpointing.Before) > 0 || r.From != nil) && r.On != OnAzure {
		return nil, build.ErrCheckpoints
	}
	if r.From == nil {
		return nil, nil
	}
	run, list, err := s.checkpointed(ctx, r.From.Run)
	if err != nil {
		return nil, err
	}
	c, err := checkpointOf(list, run.ID, r.From.Step)
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(c.Disks.OSDisk, "/subscriptions/")
	home, _, _ := strings.Cut(rest, "/")
	if asked := r.Azure.Subscription; asked != "" && !strings.EqualFold(asked, home) {
		return nil, &HostError{What: fmt.Sprintf("the build cannot go on from checkpoint %s", c.Ref()),
			Why: fmt.Sprintf("its disks are in subscription %s, and the build is to be in %s", home, asked), Fix: "leave --subscription out"}
	}
	r.Azure.Subscription = home
	if r.Azure.Location == "" {
		r.Azure.Location = c.Disks.Location
	}
	return &build.Start{Checkpoint: c, Stale: r.From.Stale}, nil
}

// latestRun is how a person names the last run; with checkpoints, the last one that has any: a run that began with one has mostly none.
const latestRun = "latest"

// checkpointed finds a run, and what is kept of its build VM.
func (s *Service) checkpointed(ctx context.Context, ref string) (store.Run, []build.Checkpoint, error) {
	run, err := s.store.Find(ctx, ref)
	if err != nil {
		return run, nil, err
	}
	list, err := build.Checkpoints(s.cfg.Dirs, run)
	if err != nil || len(list) > 0 || ref != latestRun {
		return run, list, err
	}
	all, err := s.store.Runs(ctx)
	for _, one := range all {
		if err != nil {
			break
		}
		if list, err = build.Checkpoints(s.cfg.Dirs, one); len(list) > 0 {
			return one, list, err
		}
	}
	return run, nil, err
}

// checkpointOf finds one by the step that it was kept before, by the names that steps had then.
func checkpointOf(list []build.Checkpoint, run, word string) (build.Checkpoint, error) {
	e := &NoCheckpointError{Run: run, Word: word}
	if len(list) > 0 && word == "" {
		return list[len(list)-1], nil
	}
	if i := slices.IndexFunc(list, func(c build.Checkpoint) bool {
		return word == c.Step || "customize["+word+"]" == c.Step
	}); i >= 0 {
		return list[i], nil
	}
	if i := slices.IndexFunc(list, func(c build.Checkpoint) bool { return word != "" && word == c.Name }); i >= 0 {
		return list[i], nil
	}
	var words []string
	for _, c := range list {
		e.Known = append(e.Known, c.Ref())
		words = append(words, c.Step, c.Name)
	}
	e.Near = diag.Near(word, slices.DeleteFunc(words, func(w string) bool { return w == "" }))
	return build.Checkpoint{}, e
}
