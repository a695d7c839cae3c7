package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/wire"
)

func newCancel(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel RUN",
		Short: "stop a run that another process works on",
		Long: `Ask the process of a run to stop and to clean up, as Ctrl-C in its terminal would. The command returns at
once; "ingot logs RUN --follow" shows the rest.

RUN is the id of a run, the first digits of it, or "latest".`,
		Example:           "  ingot cancel latest\n  ingot cancel 3f2a",
		Args:              args("RUN"),
		ValidArgsFunction: completeRuns(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			svc, err := wire.Service(cmd.Context(), env.Getenv)
			if err != nil {
				return err
			}
			defer svc.Close()
			run, err := svc.Cancel(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.say(fmt.Sprintf("run %s is asked to stop; watch it with: ingot logs %s --follow", run.ID, run.ID))
		},
	}
}
