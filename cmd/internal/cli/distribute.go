package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/plan"
)

type distributeOptions struct {
	retryFailed   bool
	cloud, output string
}

func newDistribute(env *Env) *cobra.Command {
	var o distributeOptions
	cmd := &cobra.Command{
		Use:   "distribute RUN",
		Short: "go on with the distribution of a run in Azure",
		Long: `Go on with the distribution of a run that was built in Azure and was killed or cancelled while it distributed; with
--retry-failed also of what had failed. Nothing is built again: the images are made of the snapshot that the build left. What
was distributed stays as it is, and of an image version only the regions are tried that lack it.

RUN is the id of a run, the first digits of it, or "latest".`,
		Example:           "  ingot distribute latest\n  ingot distribute 3f2a --retry-failed",
		Args:              args("RUN"),
		ValidArgsFunction: completeRuns(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			return distributeRun(cmd.Context(), env, args[0], o)
		},
	}
	cmd.Flags().BoolVar(&o.retryFailed, "retry-failed", false, "try again what had failed too")
	cmd.Flags().Var(choice{&o.cloud, clouds}, "cloud", "the cloud that the run was built in (default: that of the environment)")
	addOutput(cmd, &o.output)
	return cmd
}

func distributeRun(ctx context.Context, env *Env, run string, o distributeOptions) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	show := env.runView(o.output)
	stop := context.AfterFunc(ctx, func() { show.Notice("stopping; press Ctrl-C again to stop at once") })
	defer stop()
	start := time.Now()
	res, err := svc.Distribute(ctx, service.DistributeRequest{Run: run, RetryFailed: o.retryFailed, Cloud: o.cloud}, show.Event)
	if err != nil && res.Run.ID == "" { // it did not begin: there is no run to show the end of
		return err
	}
	t := &translated{plan: &plan.Plan{Name: res.Run.Name}} // what is shown of it
	return finishBuild(ctx, show, newEnding(ctx, t, res, time.Since(start), err), t, err)
}
