package packercore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/packercore"
)

// TestBetween tells each boundary of the provisioners that are run, when nothing runs.
func TestBetween(t *testing.T) {
	for _, c := range []struct {
		from int
		want []int
	}{{0, []int{0, 2, 3}}, {2, []int{2, 3}}, {3, []int{3}}} {
		r := newRig(t, map[string]string{"image.pkr.hcl": threeShells})
		r.opts.From = c.from
		var got []int
		r.opts.Between = func(ctx context.Context, at packercore.Boundary) error {
			got = append(got, at.Next)
			if at.Way.Port != 2222 || at.Machine != nil {
				t.Errorf("before %d: way %+v, machine %v", at.Next, at.Way, at.Machine)
			}
			_, err := at.Remote(ctx, "true")
			return err
		}
		if _, err := r.build(t.Context()); err != nil {
			t.Errorf("from %d: %v", c.from, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("from %d (-want +got):\n%s", c.from, diff)
		}
	}
}

// TestBetweenEnds ends a build between two provisioners, with the very error that was given.
func TestBetweenEnds(t *testing.T) {
	enough := errors.New("far enough")
	r := newRig(t, map[string]string{"image.pkr.hcl": threeShells})
	r.opts.Between = func(_ context.Context, at packercore.Boundary) error {
		if at.Next > 0 {
			return enough
		}
		return nil
	}
	if _, err := r.build(t.Context()); !errors.Is(err, enough) {
		t.Errorf("the build ended with %v", err)
	}
	if lines := r.lines(); slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "provisioner[2]: running") }) {
		t.Errorf("the last provisioner ran: %v", lines)
	}
}
