package main_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledAtRandomMoments ends Ingot by kill -9 at ten random moments of a build. What it leaves must be seen by the next
// command and be gone after ingot clean: no process, no file, no lock.
func TestKilledAtRandomMoments(t *testing.T) {
	h := newHome(t)
	template := h.template("doomed", "sleep 1\nsudo sh -c 'dd if=/dev/urandom of=/blob bs=1M count=20'")
	start := time.Now()
	h.build(template)
	whole := time.Since(start)
	t.Logf("an undisturbed build takes %s", whole.Round(time.Second))

	for i := range 10 {
		// Evenly spread and jittered inside each tenth: ten purely random moments would mostly hit the boot.
		moment := time.Duration((float64(i) + rand.Float64()) / 10 * float64(whole))
		p := h.start("build", template, "--output", "json")
		select {
		case <-p.done:
		case <-time.After(moment):
		}
		p.signal(syscall.SIGKILL)
		res := p.wait()
		before := h.leftovers()
		step := lastStep(res.stdout)

		clean := h.ingot("clean", "--yes", "--output", "json")
		if clean.code != 0 {
			t.Errorf("ingot clean: exit %d\n%s\n%s", clean.code, clean.stdout, clean.stderr)
		}
		t.Logf("killed after %s, in %q; left: %s; removed by ingot clean: %s", moment.Round(100*time.Millisecond), step,
			list(before), list(removed(t, clean.stdout)))
		if after := h.leftovers(); len(after) > 0 {
			t.Errorf("killed after %s: ingot clean left %s", moment, list(after))
		}
		if again := h.ingot("clean", "--output", "json"); len(removed(t, again.stdout)) > 0 {
			t.Errorf("killed after %s: a second ingot clean still finds %s", moment, again.stdout)
		}
	}
	if res := h.ingot("runs"); strings.Contains(res.stdout, "Running") {
		t.Errorf("dead runs count as running:\n%s", res.stdout)
	}
}

// lastStep is the step that was spoken of last.
func lastStep(lines string) string {
	step := "start"
	for line := range strings.Lines(lines) {
		var e struct{ Step string }
		if json.Unmarshal([]byte(line), &e) == nil && e.Step != "" {
			step = e.Step
		}
	}
	return step
}

// removed reads what ingot clean says it removed or, without --yes, would.
func removed(t *testing.T, stdout string) []string {
	t.Helper()
	var answer struct {
		Leftovers []struct{ What string }
	}
	if err := json.Unmarshal([]byte(stdout), &answer); err != nil {
		t.Fatalf("ingot clean --output json: %v\n%s", err, stdout)
	}
	var all []string
	for _, l := range answer.Leftovers {
		all = append(all, l.What)
	}
	return all
}

func list(items []string) string {
	if len(items) == 0 {
		return "nothing"
	}
	return strings.Join(items, ", ")
}
