package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/debug"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/engine/service"
)

// sessionTimeout is the longest time of a run that somebody stands beside: buildTimeoutInMinutes is about machines, and people think.
const sessionTimeout = 24 * time.Hour

type debugOptions struct {
	buildOptions
	breaks []string // as FindStep takes them
}

func newDebug(env *Env) *cobra.Command {
	var o debugOptions
	cmd := &cobra.Command{
		Use:   "debug TEMPLATE",
		Short: "work on an image template beside its running build VM",
		Long: `Build an image template step by step, on a screen of its own: the steps on the left, what they say on the right, and a key for each
thing to do. The build VM stands before the first customizer that is run, and goes on as told: a step, to a breakpoint, to where the
cursor is. A step that fails leaves it standing.

The template and its scripts are watched. After an edit, r begins with the first step that is another one now, in a machine as it was
before that step: it comes from the layer that was kept there. w goes back the same way, to before any step. ! is a shell in the machine,
u and g copy files, d shows what a step changed on the disk. ? lists all keys.

The session stops by itself when all customizers are done; e makes the image then. q leaves, and asks whether the VM is to be removed.
Ctrl-C, twice, stops and cleans up.

For scripts, and where there is no terminal, the same is: ingot build --until STEP, ingot build --on-error shell, ingot shell, ingot cp,
ingot diff. See docs/debugging.md.

` + templateHelp,
		Example: `  ingot debug web.json
  ingot debug web.json --break installNginx --break 4
  ingot debug azuredeploy.json --param-file azuredeploy.parameters.json --memory 2048
  ingot debug web.json --on fast
  ingot debug web.json --rebuild installNginx`,
		Args:              args("TEMPLATE"),
		ValidArgsFunction: completeTemplate,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			if err := o.check(cmd); err != nil {
				return err
			}
			return runDebug(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	o.site.addFlags(cmd)
	o.addMachineFlags(cmd)
	o.stage.addFlags(cmd)
	o.layers.addFlags(cmd)
	o.fidelity.addFlags(cmd)
	cmd.Flags().StringArrayVarP(&o.breaks, "break", "b", nil, "stop before `STEP`, named by its id, its name or its number; may be repeated")
	cmd.Flag("timeout").Usage = "longest time for each run (default 24h: the template's own is not for people who think)"
	return cmd
}

// check refuses command lines that make no session.
func (o *debugOptions) check(cmd *cobra.Command) error {
	if isPackerTemplate(o.file) {
		return &usageError{what: fmt.Sprintf("%s is a Packer template", o.file), why: "only image templates have steps to go back to",
			fix: "build it with: ingot build " + o.file + " --on-error ask"}
	}
	if o.file == "-" {
		return &usageError{what: "ingot debug cannot read a template from standard input", why: "that is the keyboard here", fix: "name a file"}
	}
	if o.layers.until != "" {
		return &usageError{what: "--until does not go with ingot debug", why: "a session stops where you tell it",
			fix: "stop there with: --break " + o.layers.until}
	}
	flags, azure := cmd.Flags(), o.site.azure
	for _, err := range []error{
		o.site.check(flags), o.layers.check(flags, azure()), o.fidelity.check(flags, azure()), o.checkNumbers(), o.stage.check(true),
	} {
		if err != nil {
			return err
		}
	}
	if o.timeout == 0 {
		o.timeout = sessionTimeout
	}
	return nil
}

// screen is the terminal of a session.
func (env *Env) screen() (debug.Terminal, error) {
	in, keys := env.Stdin.(*os.File)
	out, screen := env.Stdout.(*os.File)
	if !keys || !screen || !isTerminal(in) || !isTerminal(out) || env.Getenv("TERM") == "dumb" {
		return debug.Terminal{}, &usageError{what: "ingot debug needs a terminal", why: "standard input or standard output is none",
			fix: "use the commands for scripts: ingot build TEMPLATE --until STEP, ingot shell RUN@STEP, ingot cp, ingot diff RUN@STEP"}
	}
	return debug.Terminal{In: in, Out: out, Environ: os.Environ(), Kind: env.Getenv("TERM")}, nil
}

func runDebug(ctx context.Context, env *Env, o debugOptions) error {
	terminal, err := env.screen()
	if err != nil {
		return err
	}
	t, err := o.translate(ctx, env, o.site.target())
	if err != nil {
		return err
	}
	if err := t.err(); err != nil {
		return err
	}
	o.site.apply(t.plan, env, o.place.location)
	request, err := o.request(env, t, nil)
	if err != nil {
		return err
	}
	breaks, err := o.breakpoints(t)
	if err != nil {
		return err
	}
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	news := make(chan struct{}, 1)
	session := workbench.New(workbench.Options{
		Service: svc, Request: request, StopFirst: len(breaks) == 0,
		Load: func(ctx context.Context) (*workbench.Template, error) { return o.load(ctx, env) },
		Notify: func() {
			select {
			case news <- struct{}{}:
			default: // somebody is to look already
			}
		},
	})
	session.SetBreaks(breaks...)
	return o.show(ctx, env, terminal, session, t, news)
}

// show shows a session until it is over, and then how it ended.
func (o *debugOptions) show(
	ctx context.Context, env *Env, terminal debug.Terminal, session *workbench.Session, t *translated, news <-chan struct{},
) error {
	run, stop := context.WithCancel(ctx)
	defer stop()
	start := time.Now()
	type end struct {
		res service.Result
		err error
	}
	over := make(chan end, 1)
	go func() {
		res, err := session.Run(run)
		over <- end{res, err}
	}()
	words := func(err error) []string { return wordsOf(ctx, err) }
	model := debug.NewModel(run, session, debug.Machine{Ctx: run, Terminal: terminal}, words, env.palette(env.Stdout), t.plan.Name, time.Now)
	outcome, shown := debug.Run(run, terminal, model, news)
	if outcome != debug.Left {
		_ = env.say("cleaning up; press Ctrl-C again to stop at once") // a terminal that is gone must not keep the machine
		stop()
	}
	e := <-over
	err := errors.Join(shown, e.err)
	if outcome == debug.Cancel && err == nil {
		err = context.Canceled
	}
	if e.res.Run.ID == "" {
		return endedSession(outcome, err)
	}
	told := err
	if last := session.Status().Err; told == nil && !errors.Is(last, context.Canceled) {
		told = last // to leave a run that failed is no failure, and still it failed
	}
	ending := newEnding(run, t, e.res, time.Since(start), told)
	if ending.ShowFidelity = o.fidelity.show; len(e.res.Outputs) == 0 {
		ending.ShowFidelity = view.FidelityOff // there is no image that could be another one
	}
	if verr := (&view.Plain{Out: env.Stdout, Log: env.Stderr}).End(ending); verr != nil {
		return verr
	}
	return endedSession(outcome, err)
}

// endedSession gives what Main makes the exit code of: a session that was left is done, however its last run ended.
func endedSession(outcome debug.Outcome, err error) error {
	switch {
	case outcome == debug.Cancel:
		return &shownError{ExitCancelled}
	case err == nil:
		return nil
	default:
		return err
	}
}

// breakpoints finds the steps of --break.
func (o *debugOptions) breakpoints(t *translated) ([]string, error) {
	var ids []string
	for _, word := range o.breaks {
		i, err := service.FindStep(t.plan, word)
		if err != nil {
			return nil, fmt.Errorf("--break: %w", err)
		}
		ids = append(ids, t.plan.Steps[i].ID)
	}
	return ids, nil
}

// load reads the image template as it is now.
func (o *debugOptions) load(ctx context.Context, env *Env) (*workbench.Template, error) {
	t, err := o.translate(ctx, env, o.site.target())
	if err != nil {
		return nil, err
	}
	if err := t.err(); err != nil {
		return nil, err
	}
	o.site.apply(t.plan, env, o.place.location)
	return &workbench.Template{Plan: t.plan, Files: union(o.inputs(), t.read())}, nil
}

// wordsOf puts an error into few lines of a screen that shows more than the error.
func wordsOf(ctx context.Context, err error) []string {
	var findings *findingsError
	if errors.As(err, &findings) {
		var lines []string
		for _, d := range findings.list {
			lines = append(lines, view.Line(d.String()))
		}
		return lines
	}
	var lines []string
	for _, p := range problems(ctx, err) {
		line := p.What
		if p.Why != "" {
			line += ": " + strings.ReplaceAll(p.Why, "\n", " ")
		}
		if lines = append(lines, view.Line(line)); p.Fix != "" {
			lines = append(lines, view.Line(p.Fix))
		}
	}
	return lines
}
