package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/service"
)

// packerOptions are those of Packer's own build command that count for a Packer template.
type packerOptions struct {
	vars         []string // name=value
	varFiles     []string
	only, except []string
	onError      string
	force        bool
	parallel     int
}

// packerFlags are the flags of packerOptions, and commonFlags those that every template takes.
var (
	packerFlags = []string{"var", "var-file", "only", "except", "on-error", "force", "parallel-builds"}
	commonFlags = []string{"timeout", "detach", "detach-timeout", "output", "no-color", "help"}
)

func (o *packerOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.vars, "var", nil, "Packer template: a variable as `name=value`; may be repeated; wins over --var-file")
	f.StringArrayVar(&o.varFiles, "var-file", nil, "Packer template: `file` with values; may be repeated, a later one wins")
	f.StringSliceVar(&o.only, "only", nil, "Packer template: run only the builds whose name matches a `pattern`")
	f.StringSliceVar(&o.except, "except", nil, "Packer template: leave out builds and post-processors that match a `pattern`")
	addChoice(cmd, &o.onError, "on-error",
		"what to do when a step failed; shell and keep are for image templates (default there: errorHandling of the template), run-cleanup-provisioner for Packer templates",
		onErrors()...)
	f.BoolVar(&o.force, "force", false, "Packer template: replace what an earlier run made")
	f.IntVar(&o.parallel, "parallel-builds", 0, "Packer template: builds that run at a time (default: all)")
}

// onErrors lists what --on-error takes, for both kinds of templates.
func onErrors() []string {
	list := slices.Clone(service.PackerOnErrors)
	for _, one := range service.OnErrors {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// refuseOnError refuses a value of --on-error that is for the other kind of template.
func refuseOnError(value, kind string, known []string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return &usageError{what: fmt.Sprintf("--on-error %s says nothing to %s", value, kind), fix: "choose one of " + strings.Join(known, ", ")}
}

// takeOnError reads --on-error for an image template, which says itself what is done where the flag is not given.
func (o *buildOptions) takeOnError(flags *pflag.FlagSet) error {
	if !flags.Changed("on-error") {
		return nil
	}
	o.onError = o.packer.onError
	return refuseOnError(o.onError, "an image template", service.OnErrors)
}

// isPackerTemplate tells by the name what a template is. An image template is never a folder.
func isPackerTemplate(path string) bool {
	if strings.HasSuffix(path, ".pkr.hcl") || strings.HasSuffix(path, ".pkr.json") {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// completeTemplate completes the files that build takes.
func completeTemplate(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"json", "jsonc", "hcl"}, cobra.ShellCompDirectiveFilterFileExt
}

// packerStyle rewrites the flags of "packer build", which have one dash, to those of "ingot build", which have two: -var-file=x.
// Other command lines stay as they are; no flag of Ingot's with one letter takes what would follow.
func packerStyle(args []string) []string {
	if len(args) == 0 || args[0] != "build" {
		return args
	}
	args = slices.Clone(args)
	for i, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if arg == "--" {
			break
		}
		if strings.HasPrefix(arg, "-") && slices.Contains(packerFlags, name) {
			args[i] = "-" + arg
		}
	}
	return args
}

// refuseFlags refuses flags that say nothing to a kind of template: leaving them unheard would build something else than was asked.
func refuseFlags(cmd *cobra.Command, kind string, ok func(name string) bool) (err error) {
	why := fmt.Sprintf("%s is %s", cmd.Flags().Arg(0), kind)
	if n := cmd.Flags().NArg(); n > 1 {
		why = fmt.Sprintf("%d templates are given", n)
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && !ok(f.Name) {
			err = &usageError{
				what: fmt.Sprintf("--%s says nothing to %s", f.Name, kind),
				why:  why,
				fix:  "leave it out; see: " + cmd.CommandPath() + " --help",
			}
		}
	})
	return err
}

// packerRequest is what the service is asked.
func (o *buildOptions) packerRequest(env *Env, show view.Run) (service.PackerRequest, error) {
	r := service.PackerRequest{
		Path: o.file, VarFiles: o.packer.varFiles, Env: os.Environ(), Only: o.packer.only, Except: o.packer.except,
		OnError: o.packer.onError, Force: o.packer.force, Parallel: o.packer.parallel, Timeout: o.timeout, Vars: map[string]string{},
		Detach: o.detach,
	}
	for _, path := range append([]string{o.file}, o.packer.varFiles...) {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return r, &usageError{what: fmt.Sprintf("%s does not exist", path), fix: "check the path"}
		}
	}
	for _, v := range o.packer.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return r, &usageError{what: fmt.Sprintf("--var %q has no value", v), fix: "write it as --var name=value"}
		}
		r.Vars[name] = value
	}
	switch {
	case o.packer.parallel < 0:
		what := fmt.Sprintf("--parallel-builds %d is negative", o.packer.parallel)
		return r, &usageError{what: what, fix: "leave it out, or give 1 or more"}
	case o.detach.Patience <= 0:
		return r, badDetachTimeout(o.detach.Patience)
	case o.timeout < 0:
		what := fmt.Sprintf("--timeout %s is negative", o.timeout)
		return r, &usageError{what: what, fix: "leave it out, or write it as 90m or 2h"}
	}
	if r.OnError == service.PackerAsk {
		in, ok := env.Stdin.(*os.File)
		if !ok || !isTerminal(in) {
			return r, &usageError{
				what: "--on-error ask needs somebody to ask", why: "standard input is not a terminal",
				fix: "choose one of " + strings.Join(service.PackerOnErrors, ", "),
			}
		}
		r.Ask = asker(in, show)
	}
	return r, nil
}

// asker puts questions to the person at a terminal, one at a time: two builds may fail at once. A line that is typed after the build
// was stopped is lost.
func asker(in io.Reader, show view.Run) func(context.Context, string) (string, error) {
	lines := make(chan string)
	read := sync.OnceFunc(func() {
		go func() {
			defer close(lines)
			for in := bufio.NewScanner(in); in.Scan(); {
				lines <- in.Text()
			}
		}()
	})
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, question string) (string, error) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
		show.Notice(question)
		read()
		select {
		case line, ok := <-lines:
			if !ok {
				return "", errors.New("standard input ended")
			}
			return line, nil
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// buildPacker runs a Packer template.
func buildPacker(cmd *cobra.Command, env *Env, o buildOptions) error {
	ctx := cmd.Context()
	err := refuseFlags(cmd, "a Packer template", func(name string) bool {
		return slices.Contains(packerFlags, name) || slices.Contains(commonFlags, name)
	})
	if err != nil {
		return err
	}
	if err := refuseOnError(o.packer.onError, "a Packer template", service.PackerOnErrors); err != nil {
		return err
	}
	show := env.runView(o.output)
	if o.packer.onError == service.PackerAsk && o.output == outputText {
		show = &view.Plain{Out: env.Stdout, Log: env.Stderr} // the live view has the keyboard for itself
	}
	request, err := o.packerRequest(env, show)
	if err != nil {
		return err
	}
	start := time.Now()
	res, err := runPackerBuild(ctx, env, request, show)
	e := packerEnding(ctx, o, res, time.Since(start), err)
	return finishBuild(ctx, show, e, &translated{sources: packerSources(err)}, err)
}

func runPackerBuild(ctx context.Context, env *Env, r service.PackerRequest, show view.Run) (service.PackerResult, error) {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return service.PackerResult{}, err
	}
	defer svc.Close()
	stop := context.AfterFunc(ctx, func() { show.Notice("cleaning up; press Ctrl-C again to stop at once") })
	defer stop()
	return svc.BuildPacker(ctx, r, show.Event)
}

// packerEnding sums the run up for the views.
func packerEnding(ctx context.Context, o buildOptions, res service.PackerResult, took time.Duration, err error) view.Ending {
	e := newEnding(ctx, &translated{}, service.Result{Run: res.Run, LogPath: res.LogPath}, took, err)
	e.Packer = true
	if e.Name = res.Run.Name; e.Name == "" {
		e.Name = o.file
	}
	for _, b := range res.Builds {
		build := view.Build{Name: b.Name, Elapsed: b.Elapsed, Error: b.Error, Artifacts: []view.Artifact{}}
		for _, a := range b.Artifacts {
			build.Artifacts = append(build.Artifacts, view.Artifact{BuilderID: a.BuilderID, ID: a.ID, Text: a.Text, Files: a.Files})
		}
		e.Builds = append(e.Builds, build)
	}
	return e
}

// packerSources reads the files that findings point into, to show the lines. One that cannot be read shows none.
func packerSources(err error) view.Sources {
	var found *service.DiagnosticsError
	if !errors.As(err, &found) {
		return nil
	}
	sources := view.Sources{}
	for _, d := range found.List {
		if name := d.Subject.File; name != "" && sources[name] == nil {
			sources[name], _ = os.ReadFile(name)
		}
	}
	return sources
}
