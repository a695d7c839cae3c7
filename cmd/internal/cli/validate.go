package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
)

type validateOptions struct {
	inputOptions
	output string
	target string
}

func newValidate(env *Env) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate TEMPLATE",
		Short: "check an image template",
		Long: `Check the image templates of a file, all or the one with --name: the JSON, the properties, and the rules of the service; with
--target also what a build there cannot do. Nothing but the named files is read; scripts and source images are looked at by build.

What only the deployment can know, such as a parameter without a value, is no error: nothing is said that does
not hold whatever it will be. A build does need some of these values, and says which.

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
	cmd.Flags().StringVar(&o.target, "target", "", "also say what this target cannot do: "+check.QEMU)
	return cmd
}

// validate stays clear of the store and of the host: it is what an editor runs on every save.
func validate(ctx context.Context, env *Env, o validateOptions) error {
	in, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	if in.options.Target = o.target; o.target != "" && o.target != check.QEMU {
		return &usageError{what: fmt.Sprintf("--target %q is unknown", o.target), fix: "known: " + check.QEMU}
	}
	t := &translated{file: in.template.File, list: in.refused, sources: in.sources}
	var checked []translate.Checked
	if !t.list.HasErrors() {
		checked, err = await(ctx, func() (all []translate.Checked, err error) {
			all, t.list = translate.Validate(in.template, in.options)
			return all, nil
		})
		if err != nil {
			return err
		}
	}
	in.hideSecrets(t.list)
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
	for _, c := range checked {
		if _, err := fmt.Fprintf(env.Stdout, "%s: image template %q is valid%s\n", view.Line(t.file), c.Name, describe(c)); err != nil {
			return err
		}
	}
	return nil
}

// warnings shows the findings of a template that may be used all the same.
func (env *Env) warnings(t *translated) error {
	return view.Diagnostics(env.Stderr, env.palette(env.Stderr), t.list, t.sources)
}

// describe counts what an image template does, and says when it is not all known: ": 2 customizers, 1 distributor".
func describe(c translate.Checked) string {
	var parts []string
	if t := c.Template; t.Customize.IsKnown() {
		parts = append(parts, count(len(t.Customize.Value), "customizer"))
	}
	if t := c.Template; t.Distribute.IsKnown() {
		parts = append(parts, count(len(t.Distribute.Value), "distributor"))
	}
	text := ""
	if n := len(c.Unknowns); n > 0 {
		text = " as far as it is known"
		parts = append(parts, count(n, "value")+" known at the deployment only (ingot expand shows which)")
	}
	return text + ": " + strings.Join(parts, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
