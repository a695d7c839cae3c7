package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/baseimage"
	"github.com/ingot-build/ingot/engine/baseimage/bootstrap"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/gallery"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/diag"
)

// shownError carries an exit code for something that is on the screen already.
type shownError struct{ code int }

func (e *shownError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// findingsError is an image template with errors, and the text they point into.
type findingsError struct {
	list    diag.List
	sources view.Sources
	host    bool // it is not the template that is wrong, but what it is built with
}

func (e *findingsError) Error() string { return view.Count(e.list) }

// report shows err and gives the exit code. It is the one place where errors become text.
func (env *Env) report(ctx context.Context, err error) int {
	var shown *shownError
	var findings *findingsError
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE): // whoever read our output has seen enough
		return ExitDone
	case errors.As(err, &shown):
		return shown.code
	case errors.As(err, &findings):
		// A screen that is gone changes nothing about the result, here and below.
		_ = view.Diagnostics(env.Stderr, env.palette(env.Stderr), findings.list, findings.sources)
	default:
		for _, problem := range problems(ctx, err) {
			_ = view.Problem(env.Stderr, env.palette(env.Stderr), problem)
		}
	}
	return exitCode(ctx, err)
}

// exitCode classifies an error.
func exitCode(ctx context.Context, err error) int {
	var (
		partly   *distribute.PartialError
		builds   *service.PartlyError
		findings *findingsError
		template *service.DiagnosticsError
		run      *service.RunError
		invalid  *service.ValidationError
	)
	switch {
	case err == nil:
		return ExitDone
	case cancelled(ctx, err):
		return ExitCancelled
	case errors.As(err, &findings) && findings.host:
		return ExitHost
	case errors.As(err, &findings), errors.As(err, &template):
		return ExitTemplate
	case isUsage(err):
		return ExitUsage
	case errors.As(err, &invalid): // also when some distributors failed after it
		return ExitFailed
	case errors.As(err, &partly), errors.As(err, &builds):
		return ExitPartly
	case errors.As(err, &run): // it began; that its record could not be written either, on a full disk, changes nothing
		return ExitFailed
	case isHost(err):
		return ExitHost
	default:
		return ExitFailed
	}
}

// cancelled tells a command that was stopped from one that failed and was stopped afterwards.
func cancelled(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)))
}

// isUsage reports whether err is about what was typed.
func isUsage(err error) bool {
	var (
		usage     *usageError
		noBuild   *service.NothingChosenError
		noPacker  *service.PackerInputError
		noRun     *store.NotFoundError
		ambiguous *store.AmbiguousError
		over      *service.NotRunningError
		noImage   *baseimage.NotPresentError
		noWay     *baseimage.UnknownError
		imageName *baseimage.NameError
		taken     *baseimage.ExistsError
		refused   *baseimage.RefusedError
		noSuchID  *gallery.NotFoundError
		badID     *gallery.IDError
		noStep    *service.UnknownStepError
		noLayer   *service.NoLayerError
		noSuch    *service.UnknownLayerError
		noneOf    *service.NoTemplateLayersError
		gone      *layers.NoLayerError
		builtOn   *layers.BuiltOnError
		noPoint   *service.NoCheckpointError
		notKept   *service.NotKeptPointError
		noVM      *service.NoVMError
	)
	for _, target := range []any{
		&usage, &noBuild, &noPacker, &noRun, &ambiguous, &over, &noImage, &noWay, &imageName, &taken, &refused, &noSuchID, &badID,
		&noStep, &noLayer, &noPoint, &noSuch, &noneOf, &gone, &builtOn,
		&notKept, &noVM,
	} {
		if errors.As(err, target) {
			return true
		}
	}
	return false
}

// isHost reports whether err is about this machine.
func isHost(err error) bool {
	var (
		host     *service.HostError
		missing  *runcmd.MissingError
		database *store.DatabaseError
		packages *bootstrap.MissingError
	)
	return errors.As(err, &host) || errors.As(err, &missing) || errors.As(err, &database) || errors.As(err, &packages)
}

// problems words err for a person: one problem for each error that was joined.
func problems(ctx context.Context, err error) []events.Problem {
	if cancelled(ctx, err) {
		return []events.Problem{{What: "cancelled"}}
	}
	if builds, ok := err.(*service.PartlyError); ok { // each build that failed says why
		err = builds.Err
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []events.Problem
		for _, e := range joined.Unwrap() {
			list = append(list, problems(ctx, e)...)
		}
		return list
	}
	return []events.Problem{problem(err)}
}

// problem finds the parts of a message that an error brings with it.
func problem(err error) events.Problem {
	var (
		run     *service.RunError
		host    *service.HostError
		missing *runcmd.MissingError
		path    *fs.PathError
	)
	switch {
	case errors.As(err, &run):
		return run.Problem
	case errors.As(err, &host):
		return events.Problem{What: host.What, Why: host.Why, Fix: host.Fix}
	case errors.As(err, &missing):
		return events.Problem{What: err.Error(), Fix: "see what this machine lacks with: ingot doctor"}
	}
	p := splitParts(err.Error())
	var why interface{ Why() string }
	if p.Why == "" && errors.As(err, &why) {
		p.Why = why.Why()
	}
	var fix interface{ Fix() string }
	if p.Fix == "" && errors.As(err, &fix) {
		p.Fix = fix.Fix()
	}
	if p.Fix == "" && errors.As(err, &path) && errors.Is(err, fs.ErrPermission) {
		p.Fix = "check the owner and the permissions of " + path.Path
	}
	return p
}

// splitParts takes an error text apart that has the further parts of a message on lines of their own: "what\n  fix:  do this".
func splitParts(text string) events.Problem {
	var p events.Problem
	to := &p.What
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		for label, part := range map[string]*string{"why:": &p.Why, "fix:": &p.Fix, "at:": &p.Where} {
			if rest, ok := strings.CutPrefix(trimmed, label); ok && i > 0 {
				to, trimmed = part, strings.TrimSpace(rest)
			}
		}
		if *to != "" {
			*to += "\n"
		}
		*to += trimmed
	}
	return p
}
