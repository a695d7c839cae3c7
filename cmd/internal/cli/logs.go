package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/diag"
)

// followEvery is how often a live run's journal is read; the journal itself is written ten times a second.
const followEvery = 200 * time.Millisecond

type logsOptions struct {
	run, step, output string
	follow            bool
}

func newLogs(env *Env) *cobra.Command {
	var o logsOptions
	cmd := &cobra.Command{
		Use:   "logs RUN",
		Short: "print what happened in a run",
		Long: `Print everything that happened in a run, the guest's serial console included.

RUN is the id of a run, the first digits of it, or "latest".`,
		Example: `  ingot logs latest
  ingot logs 3f2a --step 'customize[2]'
  ingot logs latest --follow
  ingot logs 3f2a9c1e --output json`,
		Args:              args("RUN"),
		ValidArgsFunction: completeRuns(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			return printLogs(cmd.Context(), env, o)
		},
	}
	cmd.Flags().StringVar(&o.step, "step", "", "only this step, such as boot or 'customize[0]'")
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "wait for more until the run is over")
	addOutput(cmd, &o.output)
	return cmd
}

func printLogs(ctx context.Context, env *Env, o logsOptions) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	run, err := svc.Run(ctx, o.run)
	if err != nil {
		return err
	}
	if o.step != "" {
		if err := checkStep(ctx, svc, run.ID, o.step); err != nil {
			return err
		}
	}
	plain := &view.Plain{Log: env.Stdout, Replay: true, Step: o.step}
	show := func(e events.Event) error { plain.Event(e); return plain.Err() }
	if o.output == outputJSON {
		lines := &view.JSON{Out: env.Stdout}
		show = func(e events.Event) error {
			if o.step != "" && e.Step != o.step {
				return nil
			}
			return lines.Write(e)
		}
	}
	return replay(ctx, svc, run.ID, o.follow, show)
}

// replay hands every event of a run to show, and if follow is set, those that are still to come.
func replay(ctx context.Context, svc *service.Service, id string, follow bool, show func(events.Event) error) error {
	var last int64
	for {
		// The state is read before the journal: when it says that the run is over, the journal is complete.
		run, err := svc.Run(ctx, id)
		if err != nil {
			return err
		}
		for e, err := range svc.Events(ctx, id, last) {
			if err != nil {
				return err
			}
			if err := show(e); err != nil {
				return err
			}
			last = e.Seq
		}
		if !follow || !run.Live() {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(followEvery):
		}
	}
}

// checkStep refuses a step that the run does not have, since its log would be silently empty.
func checkStep(ctx context.Context, svc *service.Service, id, step string) error {
	seen := map[string]bool{}
	var steps []string
	for e, err := range svc.Events(ctx, id, 0) {
		if err != nil {
			return err
		}
		if e.Step == step {
			return nil
		}
		if e.Step != "" && !seen[e.Step] {
			seen[e.Step] = true
			steps = append(steps, e.Step)
		}
	}
	return &usageError{what: fmt.Sprintf("run %s has no step %q", id, step), fix: diag.KnownNames(step, steps)}
}
