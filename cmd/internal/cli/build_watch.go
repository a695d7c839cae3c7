package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/watch"
	"github.com/ingot-build/ingot/engine/service"
)

// The values of --watch.
const (
	watchSteps = "steps" // what whoever works on a customizer waits for
	watchImage = "image"
)

var watches = []string{watchSteps, watchImage}

// addWatch adds --watch, whose value may be left out.
func (o *buildOptions) addWatch(cmd *cobra.Command) {
	f := cmd.Flags()
	f.VarP(choice{&o.watch, watches}, "watch", "w",
		"build again whenever a file changes that the build is made of, until Ctrl-C: the customizers (steps), or all (image)")
	f.Lookup("watch").NoOptDefVal = watchSteps
	// The error is for a flag that does not exist; it was just added.
	_ = cmd.RegisterFlagCompletionFunc("watch", cobra.FixedCompletions(watches, cobra.ShellCompDirectiveNoFileComp))
}

// checkWatch refuses what makes no sense for a build that is done again and again, and says how far it goes each time.
func (o *buildOptions) checkWatch(flags *pflag.FlagSet, files []string) error {
	switch {
	case o.watch == "":
		return nil
	case len(files) > 1:
		return &usageError{what: fmt.Sprintf("--watch goes with one image template, and %d are given", len(files)), fix: "leave out the others"}
	case o.site.azure():
		return &usageError{what: "--watch does not go with --on azure", why: "a build in Azure begins at its source each time",
			fix: "watch it here, and build it in Azure once it is right"}
	case o.file == "-":
		return &usageError{what: "--watch cannot watch standard input", fix: "name a file"}
	case o.onError != service.OnErrorTemplate && o.onError != service.OnErrorCleanup:
		return &usageError{what: fmt.Sprintf("--watch does not go with --on-error %s", o.onError), why: "each save would leave another machine",
			fix: "leave it out: after a failure, \"ingot shell latest\" shows the machine before that step"}
	case o.watch == watchImage && o.layers.until != "":
		return &usageError{what: "--watch=image does not go with --until", why: "with --until there is no image", fix: "leave out one of them"}
	}
	if o.watch == watchSteps && o.layers.until == "" {
		o.layers.until = "generalize"
	}
	if !flags.Changed("fidelity") {
		o.fidelity.show = view.FidelityOff // it would be the same at each save
	}
	o.onError = service.OnErrorCleanup // whatever the image template says: each save would leave another machine
	return nil
}

// errSaved is why a run was stopped that a save has made worthless.
var errSaved = fmt.Errorf("a file was saved: %w", context.Canceled)

// buildWatch builds again whenever something changes that the build is made of. It ends with ctx: that is how one leaves it.
func buildWatch(ctx context.Context, env *Env, o buildOptions) error {
	w, err := watch.New()
	if err != nil {
		return err
	}
	defer w.Close()
	var now, built *watched // built: nil when the last build did not end well; a save then is a wish to try again
	for {
		now, err = o.look(ctx, env, w, now)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			env.report(ctx, err) // what is wrong may be mended in a moment
		case built != nil && now.sum == built.sum:
			err = env.say("nothing that the build is made of has changed")
		default:
			if built, err = nil, o.buildUntilSaved(ctx, env, w, now); err == nil {
				built = now
			}
		}
		var shown *shownError
		switch {
		case errors.Is(err, syscall.EPIPE), errors.As(err, &shown) && shown.code == ExitCancelled && ctx.Err() != nil:
			return err
		case ctx.Err() != nil:
			return nil // however the last build had ended before
		case errors.Is(err, errSaved):
			continue
		}
		if err := env.say(fmt.Sprintf("watching %s; Ctrl-C ends", count(len(now.files), "file"))); err != nil {
			return err
		}
		if _, err := w.Wait(ctx); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// buildUntilSaved builds, and shows how that ends. It gives up when something is saved that the build is made of: the error is errSaved
// then.
func (o *buildOptions) buildUntilSaved(ctx context.Context, env *Env, w *watch.Watcher, now *watched) error {
	if err := o.showFindings(env, now.t); err != nil {
		return err
	}
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	over, ended := context.WithCancel(context.WithoutCancel(ctx))
	defer ended()
	show := env.runView(o.output)
	var result error
	go func() {
		defer ended()
		result = o.buildShown(run, env, now.t, nil, show)
	}()
	for over.Err() == nil {
		changed, err := w.Wait(over)
		if err != nil {
			stop(err)
			<-over.Done()
			return err
		}
		if len(changed) == 0 {
			continue
		}
		after, err := o.look(ctx, env, w, now)
		if err == nil && after.sum == now.sum {
			show.Notice("nothing that the build is made of has changed")
			continue
		}
		if over.Err() == nil {
			show.Notice(savedText(changed) + ": stopping, to begin again")
		}
		stop(errSaved)
		<-over.Done()
		return errSaved
	}
	if !errors.Is(result, syscall.EPIPE) && ctx.Err() == nil {
		env.report(ctx, result)
	}
	return result
}

// savedText names what was saved, as far as it fits a line.
func savedText(names []string) string {
	const most = 3
	text := view.Line(strings.Join(names[:min(len(names), most)], ", "))
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return "saved " + text
}
