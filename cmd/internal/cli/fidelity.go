package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/plan"
)

type fidelityCommand struct {
	inputOptions
	on     string
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

With --on fast or auto the commands come first that need a kernel of their own, which a container does not have: each with its place
in the image template or in a script that is on this machine. That takes no base image. See docs/fast.md.

` + templateHelp,
		Example: `  ingot fidelity web.json
  ingot fidelity web.json --on fast
  ingot fidelity web.json --output json | jq -r '.fidelity[].kind'`,
		Args:              args("TEMPLATE"),
		ValidArgsFunction: completeTemplate,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runFidelity(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	addChoice(cmd, &o.on, "on", "of a build in a VM on this machine (local, or qemu), in a container on it (fast, or nspawn), or in both "+
		"(auto)", service.OnLocal, "qemu", service.OnFast, "nspawn", service.OnAuto)
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
	scripts := newFoundScripts(env.Getenv, o.file)
	report, found, err := svc.Fidelity(ctx, service.FidelityRequest{Plan: t.plan, On: o.on, Text: scripts.text})
	if err != nil {
		return err
	}
	if err := (&translated{list: found, sources: t.sources}).err(); err != nil {
		return err
	}
	scripts.name(report.Marks)
	for i := range report.Marks {
		report.Marks[i].Command = t.secrets.Hide(report.Marks[i].Command)
	}
	for i := range report.Fidelity {
		report.Fidelity[i].What = t.secrets.Hide(report.Fidelity[i].What)
	}
	if o.output == outputJSON {
		if report.Fidelity == nil {
			report.Fidelity = []fidelity.Difference{}
		}
		return view.Document(env.Stdout, struct {
			Template string `json:"template"`
			service.FidelityReport
		}{t.plan.Name, report})
	}
	p := env.palette(env.Stdout)
	if o.on != service.OnLocal && o.on != "qemu" {
		if err := view.NeedsKernel(env.Stdout, p, t.plan.Name, report.Marks, report.Unread, placed(t.plan, o.on, report)); err != nil {
			return err
		}
	}
	rest := fidelity.Unmarked(report.Fidelity)
	if _, err := fmt.Fprintf(env.Stdout, "image template %q: the service would differ in %d ways\n", t.plan.Name, len(rest)); err != nil {
		return err
	}
	if report.BaseMissing != "" {
		why := "nothing is told of what the build starts from: " + view.Line(report.BaseMissing)
		if _, err := fmt.Fprintln(env.Stdout, p.Faint(why)); err != nil {
			return err
		}
	}
	return view.Fidelity(env.Stdout, p, rest, true)
}

// placed says where steps would run, in a line.
func placed(p *plan.Plan, on string, r service.FidelityReport) string {
	if on != service.OnAuto {
		if len(r.Marks) == 0 {
			return ""
		}
		return "fix:  use --on auto, which runs the rest in a VM from the first of them on, or --on local"
	}
	if r.InVM == "" {
		return "--on auto runs all steps in a container"
	}
	for _, st := range p.Steps {
		if st.ID == r.InVM {
			return fmt.Sprintf("--on auto runs %s, and what comes after it, in a VM", st.Title())
		}
	}
	return "--on auto runs all steps in a container, and the validators in a VM"
}

// foundScripts are the scripts of an image template that are on this machine.
type foundScripts struct {
	reader *scriptReader
	names  map[string]string // by the file that a mark has: the file as a person would type it
}

func newFoundScripts(getenv func(string) string, template string) *foundScripts {
	return &foundScripts{reader: newScriptFinder(getenv).of(template, ""), names: map[string]string{}}
}

func (f *foundScripts) text(c plan.Content) (string, bool) {
	name, data, ok := f.reader.read(c.URI, c.SHA256)
	if ok {
		f.names[kernelbound.FileOf(c)] = name
	}
	return string(data), ok
}

// name puts the names of files into marks that have what the image template calls them.
func (f *foundScripts) name(marks []kernelbound.Mark) {
	for i := range marks {
		if name := f.names[marks[i].File]; name != "" {
			marks[i].File = name
		}
	}
}
