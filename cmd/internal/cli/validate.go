package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/translate/plan"
)

type validateOptions struct {
	inputOptions
	output string
}

func newValidate(env *Env) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate TEMPLATE",
		Short: "check an image template",
		Long: `Check an image template: its JSON, its properties, and what this version of Ingot can do with it. Nothing but
the named files is read; scripts and source images are looked at by build.

` + templateHelp,
		Example: `  ingot validate web.json
  ingot validate azuredeploy.json --param-file azuredeploy.parameters.json --param region=westeurope
  ingot validate web.json --output json
  az bicep build --file web.bicep --stdout | ingot validate -`,
		Args:              args("TEMPLATE"),
		ValidArgsFunction: completeJSON,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return validate(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	addOutput(cmd, &o.output)
	return cmd
}

// validate stays clear of the store and of the host: it is what an editor runs on every save.
func validate(ctx context.Context, env *Env, o validateOptions) error {
	t, err := o.translate(ctx, env)
	if err != nil {
		return err
	}
	if o.output == outputJSON {
		if err := view.Document(env.Stdout, view.NewDiagnosticsReport(t.file, t.list)); err != nil {
			return err
		}
		if t.err() != nil {
			return &shownError{ExitTemplate}
		}
		return nil
	}
	if err := t.err(); err != nil {
		return err
	}
	if err := env.warnings(t); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "%s: image template %q is valid: %s\n", view.Line(t.file), t.plan.Name, describe(t.plan))
	return err
}

// warnings shows the findings of a template that may be used all the same.
func (env *Env) warnings(t *translated) error {
	return view.Diagnostics(env.Stderr, env.palette(env.Stderr), t.list, t.sources)
}

// describe counts what a plan does: "2 customizers, 1 distributor".
func describe(p *plan.Plan) string {
	customizers := 0
	for _, s := range p.Steps {
		if !s.Hidden {
			customizers++
		}
	}
	return count(customizers, "customizer") + ", " + count(len(p.Destinations), "distributor")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
