package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/plan"
)

// checkpointOptions say what a build on Azure keeps of its build VM on the way, and where it begins.
type checkpointOptions struct {
	before []string
	keep   bool
	from   string
	stale  bool
}

// errFromMany is for several image templates that are built at once.
var errFromMany = &usageError{what: "--from-checkpoint is for one image template", why: "a checkpoint is of the build VM of one of them",
	fix: "build that one by itself"}

// checkpointFlags are those that say nothing to a build on this machine.
var checkpointFlags = []string{"checkpoint", "keep-checkpoints", "from-checkpoint", "allow-stale-checkpoint"}

func (o *checkpointOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.before, "checkpoint", nil,
		"with --on azure: keep snapshots of the build VM's disks before `STEP`, until the build succeeds; may be given several times")
	f.BoolVar(&o.keep, "keep-checkpoints", false, "with --on azure: keep them after a build that succeeds, too")
	f.StringVar(&o.from, "from-checkpoint", "",
		"with --on azure: begin with `RUN@STEP`, a checkpoint of an earlier build, and run STEP and all after it as the template has them now")
	f.BoolVar(&o.stale, "allow-stale-checkpoint", false,
		"with --from-checkpoint: also when the source or a step before it was changed since")
}

// check refuses flags that say nothing to each other. azure: the build is in a subscription.
func (o *checkpointOptions) check(flags *pflag.FlagSet, azure bool) error {
	if i := slices.IndexFunc(checkpointFlags, flags.Changed); i >= 0 && !azure {
		return &usageError{what: fmt.Sprintf("--%s says nothing to a build on this machine", checkpointFlags[i]),
			why: "layers are kept here before each step, without being asked for: --from STEP begins with one", fix: "leave it out"}
	}
	run, step, named := strings.Cut(o.from, "@")
	switch {
	case flags.Changed("from-checkpoint") && (run == "" || named && step == ""):
		return &usageError{what: fmt.Sprintf("--from-checkpoint %q names no checkpoint", o.from),
			fix: "write it as RUN@STEP, such as 3f2a9c1e@customize[2] or latest@install; RUN alone is the last one of a run"}
	case o.stale && o.from == "":
		return &usageError{what: "--allow-stale-checkpoint says nothing without --from-checkpoint", fix: "leave it out"}
	case o.keep && len(o.before) == 0:
		return &usageError{what: "--keep-checkpoints says nothing without --checkpoint", fix: "say before which step: --checkpoint STEP"}
	}
	return nil
}

// apply tells a request of a plan what to keep, and where to begin. The error is about what was typed.
func (o *checkpointOptions) apply(r *service.BuildRequest, p *plan.Plan) error {
	r.Checkpointing = service.Checkpointing{Keep: o.keep}
	for _, word := range o.before {
		i, err := service.FindStep(p, word)
		if err != nil {
			return fmt.Errorf("--checkpoint: %w", err)
		}
		if !slices.Contains(r.Checkpointing.Before, i) {
			r.Checkpointing.Before = append(r.Checkpointing.Before, i)
		}
	}
	if o.from != "" {
		run, step, _ := strings.Cut(o.from, "@")
		r.From = &service.FromCheckpoint{Run: run, Step: step, Stale: o.stale}
	}
	return nil
}
