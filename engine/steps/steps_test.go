package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tape is the state of the runs here: what happened, in order.
type tape struct{ calls []string }

func (t *tape) note(format string, args ...any) {
	t.calls = append(t.calls, fmt.Sprintf(format, args...))
}

var (
	errDo    = errors.New("do went wrong")
	errUndo  = errors.New("undo went wrong")
	errCause = errors.New("the user pressed Ctrl-C")
)

const count = 4 // steps "0" to "3"; "2" has no Undo

func TestEveryWayToEnd(t *testing.T) {
	type end struct {
		name       string
		at         int   // the step it happens in; -1: before the first; count: nowhere
		want       error // nil: success
		how        func(cancel func()) error
		failedUndo []int // steps whose Undo fails
	}
	fail := func(func()) error { return errDo }
	cancelled := func(cancel func()) error { cancel(); return errCause } // as a step that watches its context
	unnoticed := func(cancel func()) error { cancel(); return nil }      // as a step that does not

	ends := []end{{name: "success", at: count}, {name: "cancelled before", at: -1, want: errCause}}
	for i := range count {
		ends = append(ends,
			end{name: fmt.Sprint("fail at ", i), at: i, want: errDo, how: fail},
			end{name: fmt.Sprint("cancel at ", i), at: i, want: errCause, how: cancelled},
			end{name: fmt.Sprint("fail at ", i, " and undo fails"), at: i, want: errDo, how: fail, failedUndo: []int{0, i}},
		)
		if i < count-1 { // after the last step there is nothing left to stop
			ends = append(ends, end{name: fmt.Sprint("cancel unnoticed at ", i), at: i, want: errCause, how: unnoticed})
		}
	}
	ends = append(ends,
		end{name: "success and undo fails", at: count, want: errUndo, failedUndo: []int{1, 3}},
		end{name: "cancel unnoticed in the last", at: count - 1, how: unnoticed},
	)
	for _, e := range ends {
		t.Run(e.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			stop := func() { cancel(errCause) }
			if e.at < 0 {
				stop()
			}
			var list []Step[tape]
			for i := range count {
				st := Step[tape]{Name: fmt.Sprint("step ", i)}
				st.Do = func(_ context.Context, s *tape) error {
					s.note("do %d", i)
					if i == e.at {
						return e.how(stop)
					}
					return nil
				}
				if i != 2 {
					st.Undo = func(ctx context.Context, s *tape) error {
						s.note("undo %d", i)
						if _, bounded := ctx.Deadline(); ctx.Err() != nil || !bounded {
							t.Errorf("undo %d got a context that is over (%v) or never will be", i, ctx.Err())
						}
						if slices.Contains(e.failedUndo, i) {
							return errUndo
						}
						return nil
					}
				}
				list = append(list, st)
			}

			// Wanted: all up to the step in question, then back from it.
			began := min(e.at, count-1)
			var want []string
			for i := 0; i <= began; i++ {
				want = append(want, fmt.Sprint("do ", i))
			}
			failedUndos := 0
			for i := began; i >= 0; i-- {
				if i != 2 {
					want = append(want, fmt.Sprint("undo ", i))
					if slices.Contains(e.failedUndo, i) {
						failedUndos++
					}
				}
			}

			var got tape
			err := Run(ctx, &got, list)
			if diff := cmp.Diff(want, got.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if !errors.Is(err, e.want) {
				t.Errorf("error %v, want %v", err, e.want)
			}
			if n := strings.Count(fmt.Sprint(err), "clean up step"); n != failedUndos {
				t.Errorf("error names %d failed clean-ups, want %d: %v", n, failedUndos, err)
			}
			if errors.Is(e.want, errDo) && !strings.HasPrefix(err.Error(), fmt.Sprintf("step %d: ", e.at)) {
				t.Errorf("error does not name step %d: %v", e.at, err)
			}
		})
	}
}

func TestUndoKeepsTheValuesOfTheContext(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Nanosecond)
	defer cancel()
	var inDo, inUndo any
	list := []Step[struct{}]{{
		Name: "wait",
		Do:   func(ctx context.Context, _ *struct{}) error { inDo = ctx.Value(key{}); return nil },
		Undo: func(ctx context.Context, _ *struct{}) error { inUndo = ctx.Value(key{}); return ctx.Err() },
	}}
	<-ctx.Done()
	if err := Run(ctx, new(struct{}), list); !errors.Is(err, context.DeadlineExceeded) || inDo != nil {
		t.Errorf("a run that is out of time did something: %v, %v", inDo, err)
	}
	if err := Run(context.WithValue(t.Context(), key{}, "value"), new(struct{}), list); err != nil || inUndo != "value" {
		t.Errorf("undo saw %v, %v; want the value", inUndo, err)
	}
}

// A step that panics is a bug of ours; what it made must go all the same.
func TestAPanicIsCleanedUpBehind(t *testing.T) {
	var got tape
	undo := func(_ context.Context, s *tape) error { s.note("undo"); return nil }
	defer func() {
		if r := recover(); r != "bug" || len(got.calls) != 2 {
			t.Errorf("recovered %v after %v, want the bug after both undos", r, got.calls)
		}
	}()
	_ = Run(t.Context(), &got, []Step[tape]{
		{Name: "fine", Do: func(context.Context, *tape) error { return nil }, Undo: undo},
		{Name: "broken", Do: func(context.Context, *tape) error { panic("bug") }, Undo: undo},
	})
}

func TestNoSteps(t *testing.T) {
	if err := Run(t.Context(), new(tape), nil); err != nil {
		t.Error(err)
	}
}

// TestPatience holds that an Undo gets the time that its step says.
func TestPatience(t *testing.T) {
	for patience, want := range map[time.Duration]time.Duration{0: undoTimeout, time.Hour: time.Hour} {
		var got time.Duration
		err := Run(t.Context(), &tape{}, []Step[tape]{{
			Name: "x", Patience: patience,
			Do: func(context.Context, *tape) error { return nil },
			Undo: func(ctx context.Context, _ *tape) error {
				end, _ := ctx.Deadline()
				got = time.Until(end).Round(time.Minute)
				return nil
			},
		}})
		if err != nil || got != want {
			t.Errorf("patience %s: got %s, %v, want %s", patience, got, err, want)
		}
	}
}
