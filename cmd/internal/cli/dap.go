package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/dap"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/cmd/internal/workbench"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/plan"
)

func newDAP(env *Env) *cobra.Command {
	var logFile string
	cmd := &cobra.Command{
		Use:   "dap",
		Short: "let an editor debug a build: breakpoints on customizers, steps, and back again",
		Long: `Speak the Debug Adapter Protocol over standard input and output. Editors start this command themselves; docs/dap.md has the
settings for VS Code, Neovim and Emacs.

A breakpoint on a customizer in the JSON file stops the build VM before it. Stepping runs one customizer, restarting a
frame rewinds the VM to before it, and the debug console runs commands in it. When the editor ends the session the VM is
removed, unless it is told to let it live.`,
		Example: `  ingot dap
  ingot dap --log dap.log`,
		Args: args(),
		RunE: func(cmd *cobra.Command, _ []string) error { return serveDebugger(cmd.Context(), env, logFile) },
	}
	cmd.Flags().StringVar(&logFile, "log", "", "write which requests come to this `file`, without what is in them")
	return cmd
}

func serveDebugger(ctx context.Context, env *Env, logFile string) error {
	logger := slog.New(slog.DiscardHandler)
	if logFile != "" {
		f, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return &usageError{what: err.Error(), fix: "name a file that can be written with --log, or leave it out"}
		}
		defer f.Close()
		logger = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	program, err := os.Executable()
	if err != nil {
		program = "ingot"
	}
	d := debugger{env}
	err = dap.Serve(ctx, env.Stdin, env.Stdout, dap.Options{
		Launch: d.launch, ExitCode: func(err error) int { return exitCode(ctx, err) }, Terminal: []string{program, "shell"}, Log: logger,
	})
	if errors.Is(err, dap.ErrNoDisconnect) {
		logger.Error(err.Error())
		return &shownError{ExitFailed} // nobody reads it, and all is cleaned up
	}
	return err
}

// debugger makes the sessions of an editor.
type debugger struct{ env *Env }

// launch reads the image template that a launch configuration names, and prepares its session.
func (d debugger) launch(ctx context.Context, l dap.Launch, w dap.Watch) (*dap.Target, error) {
	o, err := launchOptions(l)
	if err != nil {
		return nil, err
	}
	r := &reread{env: d.env, o: o}
	first, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	t := &translated{plan: first.Plan}
	request, err := o.request(d.env, t, nil)
	if err != nil {
		return nil, err
	}
	svc, err := wire.Service(ctx, d.env.Getenv)
	if err != nil {
		return nil, err
	}
	session := workbench.New(workbench.Options{
		Load: r.load, Service: svc, Request: request, Sink: w.Event, Notify: w.Notify, StopFirst: l.StopOnEntry && !l.NoDebug,
	})
	local := resolve.Options{TemplateDir: filepath.Dir(o.file), Policy: o.stage.policy}
	return &dap.Target{
		Session: session, Plan: r.plan.Load, Script: local.LocalFile,
		Mask:  func(text string) string { return r.secrets.Load().Hide(text) },
		Close: func() { _ = svc.Close() },
	}, nil
}

// launchOptions are what the command line of ingot build would be.
func launchOptions(l dap.Launch) (*buildOptions, error) {
	o := &buildOptions{}
	cmd := &cobra.Command{Use: "args"}
	o.addFlags(cmd)
	o.addMachineFlags(cmd)
	o.stage.addFlags(cmd)
	o.layers.addFlags(cmd)
	var line []string
	add := func(name, value string) {
		if value != "" {
			line = append(line, "--"+name+"="+value)
		}
	}
	number := func(name string, value int) {
		if value != 0 {
			add(name, strconv.Itoa(value))
		}
	}
	for name, value := range l.Parameters {
		line = append(line, "--param="+name+"="+value)
	}
	slices.Sort(line)
	for _, file := range l.ParameterFiles {
		add("param-file", inFolder(l.Cwd, file))
	}
	add("name", l.ImageTemplate)
	number("cpus", l.CPUs)
	number("memory", l.Memory)
	add("firmware", l.Firmware)
	add("accel", l.Accel)
	add("layers", l.Layers)
	add("rebuild", l.Rebuild)
	add("timeout", l.Timeout)
	if l.NoCache {
		line = append(line, "--no-cache")
	}
	if err := cmd.ParseFlags(append(line, l.Args...)); err != nil {
		return nil, fmt.Errorf("launch configuration: %w", flagError(cmd, err))
	}
	if extra := cmd.Flags().Args(); len(extra) > 0 {
		return nil, fmt.Errorf("launch configuration: \"args\" has %q, which is no flag\n"+
			"  fix:  name the image template in \"template\"", extra[0])
	}
	o.file = inFolder(l.Cwd, l.Template)
	o.site.on = cmp.Or(l.On, service.OnLocal)
	if o.timeout == 0 {
		o.timeout = 24 * time.Hour // buildTimeoutInMinutes is about machines, and people think
	}
	if err := o.checkNumbers(); err != nil {
		return nil, err
	}
	if err := o.stage.check(true); err != nil {
		return nil, err
	}
	if err := o.site.check(cmd.Flags()); err != nil {
		return nil, err
	}
	return o, o.layers.check(cmd.Flags(), false)
}

// inFolder gives the absolute path of a file that is named from a folder; "" is the current one.
func inFolder(folder, file string) string {
	if !filepath.IsAbs(file) {
		file = filepath.Join(folder, file)
	}
	if abs, err := filepath.Abs(file); err == nil {
		return abs
	}
	return file
}

// reread reads an image template again and again, while it is edited.
type reread struct {
	env     *Env
	o       *buildOptions
	plan    atomic.Pointer[plan.Plan] // as it was read last: nobody changes it
	secrets atomic.Pointer[translate.Secrets]
}

// load reads it as it is now.
func (r *reread) load(ctx context.Context) (*workbench.Template, error) {
	in, err := r.o.read(ctx, r.env)
	if err != nil {
		return nil, err
	}
	var files []translate.Source
	for name, data := range in.sources {
		files = append(files, translate.Source{File: name, Data: data})
	}
	r.secrets.Store(translate.FindSecrets(files, in.options.Params.Values))
	t, err := r.o.translate(ctx, r.env, "")
	if err != nil {
		return nil, err
	}
	if t.list.HasErrors() {
		return nil, &dap.FindingsError{List: t.list}
	}
	// A run makes its plan exact, while an editor asks what is written: so there are two of them.
	shown, err := r.o.translate(ctx, r.env, "")
	if err != nil {
		return nil, err
	}
	if shown.plan != nil { // else somebody is saving the file this very moment, and it will be read again
		r.plan.Store(shown.plan)
	}
	return &workbench.Template{Plan: t.plan, Files: union(r.o.inputs(), t.read())}, nil
}
