package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
)

// place is a machine that a command looks into: one that is up, or one that is brought back.
type place struct {
	way   service.Way
	at    *service.Point // nil: the machine of a run that goes on, or that kept it
	about string         // one line for the person, where it is not quite what was typed
}

// findPlace finds the machine that RUN or RUN@STEP means. RUN is the one that is up; where none is, it is what the run kept of it: after a
// failure as it stood before the step that failed, else as it stood last.
func findPlace(ctx context.Context, svc *service.Service, name string) (place, error) {
	if _, _, _, moment := service.SplitPoint(name); moment {
		at, err := svc.Point(ctx, name)
		return place{at: &at}, err
	}
	run, way, err := svc.WayTo(ctx, name)
	var none *service.NoVMError
	if err == nil || !errors.As(err, &none) || run.Live() {
		return place{way: way}, err
	}
	steps, serr := svc.Steps(ctx, run.ID)
	if serr != nil {
		return place{}, serr
	}
	for _, st := range steps {
		if st.Phase != events.Failed {
			continue
		}
		if at, perr := svc.Point(ctx, run.ID+"@"+st.ID); perr == nil {
			return place{at: &at, about: fmt.Sprintf("run %s failed at %s: this is its machine as it stood before that step", run.ID, st.Title)}, nil
		}
	}
	at, perr := svc.LastPoint(ctx, run.ID)
	if perr != nil {
		return place{}, err // that it kept nothing is told by how it can be named
	}
	return place{at: &at, about: fmt.Sprintf("run %s is over: this is its machine as it stood before %s", run.ID, at.Steps[at.Next].Title())}, nil
}

// visit calls do with the way into the machine, which is up for as long as do takes.
func (p place) visit(ctx context.Context, svc *service.Service, do func(context.Context, service.Way) error) error {
	if p.at == nil {
		return do(ctx, p.way)
	}
	_, err := svc.Visit(ctx, *p.at, func(events.Event) {}, do)
	return err
}

// commandLine makes one line for a guest's shell of a program and its arguments, each of which stays one.
func commandLine(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}
