package cli

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// numbers gives 0 to n-1, and counts how many were asked for.
func numbers(n int, asked *atomic.Int64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			asked.Add(1)
			if !yield(i) {
				return
			}
		}
	}
}

// Results come in order, and few of them wait while the first one takes its time.
func TestInOrder(t *testing.T) {
	const n, workers = 1000, 4
	var asked atomic.Int64
	var got []int
	first := make(chan struct{})
	work := func(_ context.Context, i int) (int, error) {
		if i == 0 {
			<-first
		}
		if i == workers { // all others are at work or done by now
			close(first)
		}
		return i * i, nil
	}
	show := func(v int) error {
		got = append(got, v)
		if ahead := asked.Load() - int64(len(got)); ahead > 6*workers {
			t.Errorf("%d results wait", ahead)
		}
		return nil
	}
	if err := inOrder(t.Context(), numbers(n, &asked), workers, work, show); err != nil {
		t.Fatal(err)
	}
	var want []int
	for i := range n {
		want = append(want, i*i)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestInOrderEnds(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name  string
		work  func(ctx context.Context, cancel context.CancelFunc, i int) error
		show  func(i int) error
		want  error
		shown []int
	}{
		{name: "an error of the work comes in its turn", want: broken, shown: []int{0, 1, 2},
			work: func(_ context.Context, _ context.CancelFunc, i int) error {
				if i >= 3 {
					return broken
				}
				return nil
			}},
		{name: "an error of the view ends all", want: broken, shown: []int{0},
			show: func(i int) error {
				if i == 1 {
					return broken
				}
				return nil
			}},
		{name: "the end of the context", want: context.Canceled,
			work: func(ctx context.Context, cancel context.CancelFunc, i int) error {
				if i == 0 {
					cancel()
				}
				<-ctx.Done()
				return context.Cause(ctx)
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var asked atomic.Int64
			var shown []int
			err := inOrder(ctx, numbers(1_000_000, &asked), 3, func(ctx context.Context, i int) (int, error) {
				if tt.work == nil {
					return i, nil
				}
				return i, tt.work(ctx, cancel, i)
			}, func(i int) error {
				if tt.show != nil {
					if err := tt.show(i); err != nil {
						return err
					}
				}
				shown = append(shown, i)
				return nil
			})
			if !errors.Is(err, tt.want) || !slices.Equal(shown, tt.shown) {
				t.Errorf("shown %v, error %v", shown, err)
			}
			if asked.Load() > 1000 {
				t.Errorf("%d items were asked for", asked.Load())
			}
		})
	}
}
