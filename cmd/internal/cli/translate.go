package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/emit/configspec"
	"github.com/ingot-build/ingot/translate/lower"
)

type translateOptions struct {
	inputOptions
	emit  emit.Options
	stage stagingOptions
	dir   string
	print string
	force bool
}

// The values of --print.
const (
	printHCL  = "hcl"
	printPlan = "plan"
)

func newTranslate(env *Env) *cobra.Command {
	var o translateOptions
	cmd := &cobra.Command{
		Use:   "translate TEMPLATE",
		Short: "translate an image template to a Packer template",
		Long: `Print the Packer template that an image template becomes; or, with -o, write it with all files it needs into a
folder. Scripts and files named by a URI are fetched only with -o.

With --target qemu, which is what it is without, the folder is what build runs on this machine, and with --target nspawn
what build --on fast runs. With --target azure it is for the builder azure-arm of HashiCorp's plugin, and keeps to the fields of the version that --plugin-version
names. What a plain "packer build" does not do is in the README.md of the folder; a warning says so of what the
plugin cannot do.

` + templateHelp,
		Example: `  ingot translate web.json
  ingot translate web.json -o out
  ingot translate web.json -o out --target azure --standalone
  ingot translate web.json --print plan`,
		Args:              args("TEMPLATE"),
		ValidArgsFunction: completeJSON,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runTranslate(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	addChoice(cmd, &o.emit.Target, "target", "where the build VM will live", emit.QEMU, emit.Nspawn, emit.Azure)
	cmd.Flags().StringVar(&o.emit.PluginVersion, "plugin-version", "", "`version` of the azure plugin, such as 2.6.3; without it ~> 2.5")
	cmd.Flags().BoolVar(&o.emit.Standalone, "standalone", false, "let the azure plugin distribute as much as it can by itself")
	cmd.Flags().StringVarP(&o.dir, "out", "o", "", "`folder` to write the Packer template and its files to")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace an earlier translation in that folder")
	o.stage.addFlags(cmd)
	addChoice(cmd, &o.print, "print", "what to print without -o: the Packer template, or the plan as JSON", printHCL, printPlan)
	return cmd
}

func runTranslate(ctx context.Context, env *Env, o translateOptions) error {
	if o.dir == "" && o.force {
		return &usageError{what: "--force has no meaning without -o", fix: "name the folder with -o, or leave out --force"}
	}
	if err := o.checkTarget(); err != nil {
		return err
	}
	if err := o.stage.check(o.dir != ""); err != nil {
		return err
	}
	t, err := o.translate(ctx, env, rulesFor(o.emit.Target))
	if err != nil {
		return err
	}
	if err := t.err(); err != nil {
		return err
	}
	if o.print == printPlan && o.dir == "" {
		if err := env.warnings(t); err != nil {
			return err
		}
		public, err := resolve.Public(t.plan) // what is printed is passed on: no signatures
		if err != nil {
			return err
		}
		return view.Document(env.Stdout, public)
	}
	folder, err := emit.Packer(t.plan, o.emit)
	if err != nil {
		t.list = append(t.list, refusals(t.file, err)...)
		return t.err()
	}
	t.list.Add(losses(t, folder)...)
	t.list.Sort()
	if err := env.warnings(t); err != nil {
		return err
	}
	if o.dir != "" {
		return writeTranslation(ctx, env, o, t)
	}
	return printPacker(env, folder)
}

// checkTarget refuses what has no meaning for a target.
func (o *translateOptions) checkTarget() error {
	if o.emit.Target == emit.Azure {
		if _, err := configspec.ParseWanted(o.emit.PluginVersion); err != nil {
			return &usageError{what: "--plugin-version: " + err.Error(), fix: "give one, or leave it out"}
		}
		return nil
	}
	for _, f := range []struct {
		name  string
		given bool
	}{{"--plugin-version", o.emit.PluginVersion != ""}, {"--standalone", o.emit.Standalone}} {
		if f.given {
			return &usageError{what: fmt.Sprintf("%s has no meaning with --target %s", f.name, o.emit.Target),
				why: "it is about the plugin for Azure", fix: "add --target azure, or leave it out"}
		}
	}
	return nil
}

// rulesFor is the target whose rules count: a container on this machine has those of a VM on it.
func rulesFor(target string) string {
	if target == emit.Nspawn {
		return emit.QEMU
	}
	return target
}

// refusals are the reasons why there is no Packer template. Each begins with the property that it is about, where it is about one.
func refusals(file string, err error) diag.List {
	reasons := []error{cmp.Or(errors.Unwrap(err), err)} // the plan's name is around them
	if several, ok := reasons[0].(interface{ Unwrap() []error }); ok {
		reasons = several.Unwrap()
	}
	var list diag.List
	for _, r := range reasons {
		d := diag.Diagnostic{
			Severity: diag.Error, Code: lower.CodePackerRefuses, Subject: diag.Range{File: file}, Summary: r.Error(),
			Why: "no Packer template for this target can hold it",
		}
		if path, rest, ok := strings.Cut(d.Summary, ": "); ok && strings.HasPrefix(path, "properties.") {
			d.Path, d.Summary = path, rest
		}
		list.Add(d)
	}
	return list
}

// losses are what the target and its plugin cannot do. What the engine does around any Packer template is in the README alone.
func losses(t *translated, folder *emit.Folder) diag.List {
	var list diag.List
	for _, l := range folder.Lost {
		if l.Around {
			continue
		}
		list.Add(diag.Diagnostic{
			Severity: diag.Warning, Code: lower.CodePackerLacks, Subject: t.place(l.Path), Path: l.Path,
			Summary: l.What, Why: l.Why, Fix: l.Fix,
		})
	}
	return list
}

// printPacker prints the HCL of a plan whose wants are still wants.
func printPacker(env *Env, folder *emit.Folder) error {
	for _, f := range folder.Files {
		if !strings.HasSuffix(f.Path, ".pkr.hcl") {
			continue
		}
		if _, err := fmt.Fprintf(env.Stdout, "# %s\n%s\n", f.Path, bytes.TrimSpace(f.Data)); err != nil {
			return err
		}
	}
	return nil
}

// writeTranslation makes the folder beside its place and then moves it in, so that a translation that fails half-way leaves the
// earlier one as it was.
func writeTranslation(ctx context.Context, env *Env, o translateOptions, t *translated) (err error) {
	if err := checkFolder(o.dir, o.force); err != nil {
		return err
	}
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	if err := o.stage.run(ctx, env, svc, o.file, t); err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(o.dir, ".ingot-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := svc.WritePacker(t.plan, o.emit, fresh); err != nil {
		return err
	}
	for _, name := range translationNames {
		if err := replace(filepath.Join(fresh, name), filepath.Join(o.dir, name)); err != nil {
			return err
		}
	}
	return env.say(fmt.Sprintf("Packer template written to %s", view.Line(o.dir)))
}

// translationNames are what a translation consists of. The template comes last: a folder without it is not taken for a whole one.
var translationNames = []string{emit.FilesDir, emit.ValidateDir, emit.ReadmeFile, emit.VariablesFile, emit.TemplateFile}

// replace moves from to to, if it exists, in place of what is there.
func replace(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if _, err := os.Lstat(from); os.IsNotExist(err) { // a plan without files has no files folder
		return nil
	}
	return os.Rename(from, to)
}

// translationMark is how a Packer template of Ingot starts.
var translationMark = []byte("# Made by Ingot ")

// checkFolder refuses a folder with things in it that are not ours to replace.
func checkFolder(dir string, force bool) error {
	entries, err := os.ReadDir(dir)
	switch {
	case os.IsNotExist(err), err == nil && len(entries) == 0:
		return nil
	case err != nil:
		if info, serr := os.Stat(dir); serr == nil && !info.IsDir() {
			return &usageError{what: fmt.Sprintf("%q is a file, not a folder", dir), fix: "name a folder with -o"}
		}
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, emit.TemplateFile))
	if err != nil || !bytes.HasPrefix(text, translationMark) {
		return &usageError{
			what: fmt.Sprintf("folder %q has files that are not a translation by Ingot", dir),
			why:  "it would overwrite some of them", fix: "name another folder with -o, or empty this one",
		}
	}
	if !force {
		return &usageError{
			what: fmt.Sprintf("folder %q has an earlier translation", dir),
			why:  "it may have been edited since", fix: "replace it with --force",
		}
	}
	return nil
}
