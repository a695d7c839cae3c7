package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
)

// How many builds run at a time where nobody says. A VM here takes the CPUs of this machine; in Azure it takes those of Azure.
const (
	parallelHere  = 1
	parallelAzure = 8
)

// oneOfMany is one build of several.
type oneOfMany struct {
	options buildOptions
	name    string
	t       *translated // nil: the template could not be read
	show    view.Run
	event   events.Sink
	ending  view.Ending
	err     error
}

// checkMany refuses what goes with one image template alone.
func (o *buildOptions) checkMany(cmd *cobra.Command, files []string) error {
	if o.parallel < 0 {
		return &usageError{what: fmt.Sprintf("--parallel %d is negative", o.parallel), fix: "leave it out, or give 1 or more"}
	}
	if len(files) == 1 {
		return nil
	}
	for _, file := range files {
		if isPackerTemplate(file) {
			return &usageError{what: fmt.Sprintf("%s is a Packer template", file), why: "only image templates are built several at a time",
				fix: "build it by itself: " + cmd.CommandPath() + " " + file}
		}
	}
	if cmd.Flags().Changed("from-checkpoint") {
		return errFromMany
	}
	if err := refuseFlags(cmd, "several image templates", func(name string) bool {
		return name != "on-error" || o.packer.onError != service.OnErrorAsk && o.packer.onError != service.OnErrorShell
	}); err != nil {
		return err
	}
	return nil
}

// buildMany builds image templates side by side, with one sign-in and one rate. One that fails stops no other.
func buildMany(ctx context.Context, env *Env, o buildOptions, files []string) error {
	if err := o.checkNumbers(); err != nil {
		return err
	}
	if err := o.stage.check(true); err != nil {
		return err
	}
	list := make([]*oneOfMany, len(files))
	for i, file := range files {
		one := &oneOfMany{options: o, name: filepath.Base(file)}
		one.options.file = file
		one.t, one.err = one.options.translate(ctx, env, o.site.target())
		if one.err == nil {
			one.err = one.t.err()
			if one.t.plan != nil {
				one.name = one.t.plan.Name
			}
		}
		list[i] = one
	}
	nameApart(list)
	whole := env.showMany(o.output, list)
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	stop := context.AfterFunc(ctx, func() { whole.Notice("cleaning up; press Ctrl-C again to stop at once") })
	defer stop()
	var group errgroup.Group
	group.SetLimit(o.atOnce())
	for _, one := range list {
		group.Go(func() error {
			one.build(ctx, env, svc)
			return nil
		})
	}
	_ = group.Wait() // every error is in its build
	return env.endMany(ctx, o.output, whole, list)
}

// atOnce is how many builds run at a time.
func (o *buildOptions) atOnce() int {
	switch {
	case o.parallel > 0:
		return o.parallel
	case o.site.azure():
		return parallelAzure
	default:
		return parallelHere
	}
}

// nameApart gives builds of image templates with one name the names of their files.
func nameApart(list []*oneOfMany) {
	count := map[string]int{}
	for _, one := range list {
		count[one.name]++
	}
	for _, one := range list {
		if count[one.name] > 1 {
			one.name = one.options.file
		}
	}
}

// showMany chooses how builds are shown: a line for each on a terminal, else lines with the name of each, or events as they are.
func (env *Env) showMany(output string, list []*oneOfMany) view.Run {
	whole := env.runView(output)
	var mu sync.Mutex
	for _, one := range list {
		switch whole := whole.(type) {
		case *view.Live:
			line := &view.OneLine{Name: one.name, To: whole}
			one.event, one.show = line.Event, &view.Plain{Out: env.Stdout, Log: env.Stderr}
		case *view.Plain:
			plain := &view.Plain{Out: env.Stdout, Log: &view.Prefixed{Out: env.Stderr, Name: view.Line(one.name), Mu: &mu}}
			one.event, one.show = plain.Event, plain
		default:
			one.event, one.show = whole.Event, whole
		}
	}
	return whole
}

// build builds one, if its image template has no errors.
func (one *oneOfMany) build(ctx context.Context, env *Env, svc *service.Service) {
	var res service.Result
	start := time.Now()
	if one.err == nil {
		if one.err = context.Cause(ctx); one.err == nil {
			o := one.options
			o.site.apply(one.t.plan, env, o.place.location)
			var request service.BuildRequest
			if request, one.err = o.request(env, one.t, nil); one.err == nil {
				one.err = o.site.preflight(ctx, env, o.place, one.t)
			}
			if one.err == nil {
				res, one.err = svc.Build(ctx, request, one.event)
			}
		}
	}
	t := one.t
	if t == nil {
		t = &translated{}
	}
	one.ending = newEnding(ctx, t, res, time.Since(start), one.err)
	one.ending.ShowFidelity = one.options.fidelity.show
	if one.ending.Name == "" {
		one.ending.Name = one.name
	}
}

// endMany shows how each build ended, in the order in which they were named, and then the whole. The exit code is that of all when they
// agree.
func (env *Env) endMany(ctx context.Context, output string, whole view.Run, list []*oneOfMany) error {
	if live, ok := whole.(*view.Live); ok {
		if err := live.End(view.Ending{}); err != nil {
			return err
		}
	}
	endings := make([]view.Ending, len(list))
	codes := map[int]int{}
	for i, one := range list {
		t := one.t
		if t == nil {
			t = &translated{}
		}
		endings[i] = one.ending
		err := finishBuild(ctx, one.show, one.ending, t, one.err)
		codes[env.report(ctx, err)]++
	}
	if output != outputJSON {
		var to io.Writer = env.Stdout
		if err := view.Tally(to, env.palette(to), endings); err != nil {
			return err
		}
	}
	if code := codeOfMany(ctx, codes); code != ExitDone {
		return &shownError{code}
	}
	return nil
}

// codeOfMany is the exit code of several builds, of which so many ended with each code.
func codeOfMany(ctx context.Context, codes map[int]int) int {
	switch {
	case ctx.Err() != nil && codes[ExitCancelled] > 0:
		return ExitCancelled
	case len(codes) == 1: // all alike
		for code := range codes {
			return code
		}
	case codes[ExitDone] > 0 || codes[ExitPartly] > 0:
		return ExitPartly
	}
	return ExitFailed
}
