package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/fidelity"
)

type fidelityCommand struct {
	inputOptions
	output string
}

func newFidelity(env *Env) *cobra.Command {
	var o fidelityCommand
	cmd := &cobra.Command{
		Use:   "fidelity TEMPLATE",
		Short: "say what the service would do otherwise than a build on this machine",
		Long: `List what the managed service would do otherwise than a build of an image template on this machine, each with its reason:
as far as it is known without a build. No script is fetched and no VM starts; the base image must be there.
A build lists them at its end, and refuses those that --strict-fidelity names. See docs/fidelity.md.

` + templateHelp,
		Example: `  ingot fidelity web.json
  ingot fidelity web.json --output json | jq -r '.fidelity[].kind'`,
		Args:              args("TEMPLATE"),
		ValidArgsFunction: completeTemplate,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runFidelity(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	addOutput(cmd, &o.output)
	return cmd
}

func runFidelity(ctx context.Context, env *Env, o fidelityCommand) error {
	t, err := o.translate(ctx, env, "")
	if err != nil {
		return err
	}
	if err := t.err(); err != nil {
		return err
	}
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	list, found, err := svc.Fidelity(ctx, t.plan)
	if err != nil {
		return err
	}
	if err := (&translated{list: found, sources: t.sources}).err(); err != nil {
		return err
	}
	if o.output == outputJSON {
		if list == nil {
			list = []fidelity.Difference{}
		}
		return view.Document(env.Stdout, map[string]any{"template": t.plan.Name, "fidelity": list})
	}
	if _, err := fmt.Fprintf(env.Stdout, "image template %q: the service would differ in %d ways\n", t.plan.Name, len(list)); err != nil {
		return err
	}
	return view.Fidelity(env.Stdout, env.palette(env.Stdout), list, true)
}
