package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
)

type resumeOptions struct {
	run    string
	clean  bool
	output string
}

func newResume(env *Env) *cobra.Command {
	var o resumeOptions
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "go on with a run that was killed",
		Long: `Go on with a run whose process was killed, or whose machine went down, from where it stopped. It stays the
same run: with the plan that it had, under the same id, with its log going on.

A run on Azure whose build VM stands goes on with the step after the last one that was done; a step that was
under way is run again from its beginning, so that its script has to bear that. A run that was distributing goes
on with the destinations and regions that are not done, also when it failed there by itself. Build VMs on this
machine end with their process: such a run can be resumed once its disk was finished.

RUN is the id of a run, the first digits of it, or "latest". See docs/resume.md.`,
		Example: `  ingot resume latest
  ingot resume 3f2a --output json
  ingot resume 3f2a --clean           # do not go on: remove what the run left`,
		Args:              args("RUN"),
		ValidArgsFunction: completeRuns(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			if o.clean {
				return abandon(cmd.Context(), env, o)
			}
			return resume(cmd.Context(), env, o)
		},
	}
	cmd.Flags().BoolVar(&o.clean, "clean", false, "do not go on: remove what the run left, its build VM included")
	addOutput(cmd, &o.output)
	return cmd
}

// resume shows the rest of a run as build shows the whole.
func resume(ctx context.Context, env *Env, o resumeOptions) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	show := env.runView(o.output)
	start := time.Now()
	stop := context.AfterFunc(ctx, func() { show.Notice("cleaning up; press Ctrl-C again to stop at once") })
	defer stop()
	res, err := svc.Resume(ctx, o.run, show.Event)
	e := newEnding(ctx, &translated{}, res, time.Since(start), err)
	e.Name = res.Run.Name
	return finishBuild(ctx, show, e, &translated{}, err)
}

// abandon removes what a run left.
func abandon(ctx context.Context, env *Env, o resumeOptions) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	run, gone, err := svc.Abandon(ctx, o.run, func(line string) {
		if o.output == outputText {
			_ = env.say(view.Line(line)) // a screen that is gone changes nothing
		}
	})
	if err != nil {
		return err
	}
	if o.output == outputJSON {
		return view.Document(env.Stdout, abandoned{Run: run.ID, State: string(run.State), Removed: gone})
	}
	return env.say(fmt.Sprintf("run %s is over: %d thing(s) that it had left are gone", run.ID, gone))
}

// abandoned is the result of resume --clean as JSON.
type abandoned struct {
	Run     string `json:"run"`
	State   string `json:"runState"`
	Removed int    `json:"removed"`
}
