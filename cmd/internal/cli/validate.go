package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/config"
	"github.com/ingot-build/ingot/cmd/internal/gather"
	"github.com/ingot-build/ingot/cmd/internal/shellcheck"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
)

type validateOptions struct {
	inputOptions
	selectOptions
	paths          []string // as typed
	target         string
	format, output string
	explainUnknown bool
	skipOther      bool
	watch          bool
	fix, diff      bool
	scripts        string // a folder
	shellcheck     string // "" when it was not said
}

// The values of --format.
const (
	formatText   = "text"
	formatJSON   = "json"
	formatSARIF  = "sarif"
	formatGitHub = "github"
	formatJUnit  = "junit"
)

func newValidate(env *Env) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate [FILE|FOLDER|PATTERN|-]...",
		Short: "check image templates",
		Long: `Check the image templates of files, all or those with --name: the JSON, the properties, the rules of the service, and the
scripts in them; with --target also what a build there cannot do. No Azure, no Packer and no VM are needed, and
nothing is downloaded.

A folder stands for every .json file below it, without .git and node_modules; a pattern such as "images/**/*.json" for the files that it
matches. Files without an image template are passed over there, and are an error when they are named. "-" reads standard
input. Without an argument it is the current folder.

What only the deployment can know, such as a parameter without a value, is no error: nothing is said that does
not hold whatever it will be. A build does need some of these values, and says which.

Settings come from the nearest ingot.hcl upwards from each file, and from flags, which win.`,
		Example: `  ingot validate web.json
  ingot validate . --severity warning
  ingot validate azuredeploy.json --param-file azuredeploy.parameters.json --param region=westeurope
  ingot validate web.json --fix --diff
  ingot validate images --format sarif > ingot.sarif
  ingot validate web.json --scripts scripts --watch
  az bicep build --file web.bicep --stdout | ingot validate -`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.FixedCompletions([]string{"json", "jsonc"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.paths = args; len(args) == 0 {
				o.paths = []string{"."}
			}
			if err := o.complete(cmd); err != nil {
				return err
			}
			return validate(cmd.Context(), env, o)
		},
	}
	o.inputOptions.addFlags(cmd)
	f := cmd.Flags()
	addOutput(cmd, &o.output)
	f.Lookup("output").Usage = "json is short for --format json"
	addChoice(cmd, &o.format, "format", "how to print what is found", formatText, formatJSON, formatSARIF, formatGitHub, formatJUnit)
	o.selectOptions.addFlags(cmd)
	f.StringVar(&o.target, "target", "", "also say what this target cannot do: "+check.QEMU)
	f.BoolVar(&o.explainUnknown, "explain-unknown", false, "list what is not known before the deployment, and why")
	f.BoolVar(&o.skipOther, "skip-other", false, "pass over files without an image template when they are named, too")
	f.BoolVar(&o.fix, "fix", false, "mend what has one right answer, in the files themselves, and show what is left")
	f.BoolVar(&o.diff, "diff", false, "with --fix: show what would be changed, and change nothing; findings are those of the mended text")
	f.BoolVarP(&o.watch, "watch", "w", false, "check again whenever a file changes, until Ctrl-C")
	f.StringVar(&o.scripts, "scripts", "", "`folder` with the scripts that are published at the URIs, by their file names")
	f.Var(choice{&o.shellcheck, config.Shellcheck}, "shellcheck", "ask the program shellcheck about shell scripts: auto if it is installed (default auto)")
	// The error is for a flag that does not exist; it was just added.
	_ = cmd.RegisterFlagCompletionFunc("shellcheck", cobra.FixedCompletions(config.Shellcheck, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// complete checks the flags that depend on each other.
func (o *validateOptions) complete(cmd *cobra.Command) error {
	switch changed := cmd.Flags().Changed; {
	case o.output == outputJSON && changed("format") && o.format != formatJSON:
		return &usageError{what: fmt.Sprintf("--output json and --format %s exclude each other", o.format), fix: "leave --output out"}
	case o.output == outputJSON:
		o.format = formatJSON
	}
	if o.target != "" && o.target != check.QEMU {
		return &usageError{what: fmt.Sprintf("--target %q is unknown", o.target), fix: "known: " + check.QEMU}
	}
	if o.watch && o.format != formatText {
		return &usageError{what: fmt.Sprintf("--watch and --format %s exclude each other", o.format), why: "it would print one document after another"}
	}
	switch {
	case o.diff && !o.fix:
		return &usageError{what: "--diff has no meaning without --fix", fix: "add --fix: with --diff it changes nothing"}
	case o.fix && o.watch:
		return &usageError{what: "--fix and --watch exclude each other", why: "each change of a file would start the next"}
	case o.diff && o.format != formatText:
		return &usageError{what: fmt.Sprintf("--diff and --format %s exclude each other", o.format), why: "both print on standard output"}
	case o.fix && !o.diff && slices.Contains(o.paths, gather.Stdin):
		return &usageError{what: "--fix cannot change standard input", fix: "name a file, or add --diff"}
	}
	if _, err := parameters(o.params); err != nil { // before anybody looks for files
		return err
	}
	return o.selectOptions.complete()
}

// validate stays clear of the store and of the host: it is what an editor runs on every save.
func validate(ctx context.Context, env *Env, o validateOptions) error {
	v := &validator{env: env, o: o, checker: shellcheck.New(runcmd.Host{})}
	for _, path := range o.paths {
		a, err := gather.Parse(path)
		var pattern *gather.PatternError
		switch {
		case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?[{"):
			return &usageError{what: fmt.Sprintf("there is no file %q", path)}
		case errors.As(err, &pattern):
			return &usageError{what: pattern.Error(), why: pattern.Why()}
		case err != nil:
			return noTemplate(path, err)
		case o.watch && path == gather.Stdin:
			return &usageError{what: "--watch does not go with standard input", why: "it can be read once", fix: "name a file"}
		}
		v.args = append(v.args, a)
	}
	if o.watch {
		return v.watch(ctx)
	}
	return v.run(ctx)
}

// A validator checks files with one set of options.
type validator struct {
	env     *Env
	o       validateOptions
	args    []gather.Arg
	checker *shellcheck.Checker

	// Of one run:
	around  *input // what was read beside the templates
	config  *config.Finder
	scripts *scriptFinder
}

// run checks all files once. The error is a *shownError when something fails.
func (v *validator) run(ctx context.Context) error {
	var err error
	if v.around, err = v.o.readAround(ctx); err != nil {
		return err
	}
	if len(v.around.refused) > 0 {
		return &findingsError{list: v.around.refused, sources: v.around.sources}
	}
	v.around.options.Target = v.o.target
	v.config, v.scripts = &config.Finder{}, newScriptFinder(v.env.Getenv)

	report := v.report()
	var n tally
	shown := map[*config.File]bool{}
	err = inOrder(ctx, gather.Files(v.args), runtime.GOMAXPROCS(0), v.file, func(r fileResult) error {
		if c := r.config; c != nil && !shown[c] {
			shown[c] = true
			if len(c.Findings) > 0 {
				f := view.FileReport{File: c.Name, List: c.Findings, Sources: view.Sources{c.Name: c.Data}, FailOn: diag.Error}
				n.failures += f.Failures()
				if err := report.File(f); err != nil {
					return err
				}
			}
		}
		if n.files++; r.passed {
			return nil
		}
		n.shown++
		n.failures += r.report.Failures()
		if err := v.mend(r); err != nil {
			return err
		}
		return report.File(r.report)
	})
	if err != nil {
		return err
	}
	if err := v.nothing(n); err != nil {
		return err
	}
	if err := report.End(); err != nil {
		return err
	}
	if n.failures > 0 {
		return &shownError{ExitTemplate}
	}
	return nil
}

// mend shows what --fix changes in a file, or writes it.
func (v *validator) mend(r fileResult) error {
	switch {
	case r.mended == 0:
		return nil
	case v.o.diff:
		return showDiff(v.env.Stdout, v.env.palette(v.env.Stdout), r.report.File, r.before, r.after)
	}
	if err := replaceFile(r.report.File, r.before, r.after); err != nil {
		return err
	}
	return v.env.say(fmt.Sprintf("%s: %s mended", view.Line(r.report.File), count(r.mended, "finding")))
}

// tally counts files that were found, those of them that there is something to say of, and findings that fail.
type tally struct{ files, shown, failures int }

// nothing says so when there was nothing to check: whoever mistypes a folder should not take that for success.
func (v *validator) nothing(n tally) error {
	switch {
	case n.shown > 0 || v.o.skipOther:
		return nil
	case n.files == 0:
		return &usageError{what: fmt.Sprintf("there is no file to check in %q", v.o.paths[0]), why: "a folder stands for the .json files below it",
			fix: "name a file, or another folder"}
	case v.o.format == formatText:
		return v.env.say(fmt.Sprintf("no image template in %s", count(n.files, "file")))
	default:
		return nil
	}
}

// report makes what shows the findings.
func (v *validator) report() view.Report {
	switch v.o.format {
	case formatJSON:
		return &view.JSONReport{Out: v.env.Stdout}
	case formatSARIF:
		return &view.SARIFReport{Out: v.env.Stdout, Version: readBuildInfo().Version, Rule: sarifRule}
	case formatGitHub:
		return &view.GitHubReport{Out: v.env.Stdout}
	case formatJUnit:
		return &view.JUnitReport{Out: v.env.Stdout}
	default:
		return &view.TextReport{Out: v.env.Stdout, Err: v.env.Stderr,
			OutPalette: v.env.palette(v.env.Stdout), ErrPalette: v.env.palette(v.env.Stderr)}
	}
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
		parts = append(parts, count(n, "value")+" known at the deployment only (--explain-unknown shows which)")
	}
	return text + ": " + strings.Join(parts, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
