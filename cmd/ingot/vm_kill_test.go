package main_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A moment is when Ingot is killed: up to within after a step began, at random. The start is before any step.
type moment struct {
	step   string
	within time.Duration
}

// killMoments are ten moments in two rows, each row for one place for a VM. They hang on steps and not on the clock: on a busy machine
// boots get so long that moments by the clock never come to the later steps.
var killMoments = map[string][]moment{
	"one": {
		{"", 300 * time.Millisecond}, {"boot", 10 * time.Second}, {"customize[0]", 2 * time.Second}, {"generalize", time.Second},
		{"write disk", 200 * time.Millisecond},
	},
	"two": {
		{"boot", time.Second}, {"prepare", 200 * time.Millisecond}, {"generalize", 3 * time.Second}, {"shutdown", 2 * time.Second},
		{"distribute[0]", 50 * time.Millisecond},
	},
}

// TestKilledAtRandomMoments ends Ingot by kill -9 at ten random moments of a build. What it leaves must be seen by the next
// command and be gone after ingot clean: no process, no file, no lock.
func TestKilledAtRandomMoments(t *testing.T) {
	for name, moments := range killMoments {
		t.Run(name, func(t *testing.T) {
			h := newTinyHome(t)
			if name == "two" { // a killed Ingot leaves other things of a container than of a VM
				h.fast()
			}
			template := h.template("doomed", "sleep 1\nsudo sh -c 'dd if=/dev/urandom of=/blob bs=1M count=20'")
			for _, m := range moments {
				h.kill(template, m)
			}
			if res := h.ingot("runs"); strings.Contains(res.stdout, "Running") {
				t.Errorf("dead runs count as running:\n%s", res.stdout)
			}
		})
	}
}

// kill ends a build at a moment and has ingot clean remove what that left.
func (h *home) kill(template string, m moment) {
	h.t.Helper()
	p := h.start("build", template, "--output", "json")
	if m.step != "" {
		p.untilStep(m.step)
	}
	later := time.Duration(rand.Int64N(int64(m.within)))
	select {
	case <-p.done:
	case <-time.After(later):
	}
	p.signal(syscall.SIGKILL)
	res := p.wait()
	before := h.leftovers()
	when := fmt.Sprintf("killed %s after %q began, in %q", later.Round(10*time.Millisecond), m.step, lastStep(res.stdout))

	clean := h.ingot("clean", "--yes", "--output", "json")
	if clean.code != 0 {
		h.t.Errorf("%s: ingot clean: exit %d\n%s\n%s", when, clean.code, clean.stdout, clean.stderr)
	}
	h.t.Logf("%s; left: %s; removed by ingot clean: %s", when, list(before), list(removed(h.t, clean.stdout)))
	if after := h.leftovers(); len(after) > 0 {
		h.t.Errorf("%s: ingot clean left %s", when, list(after))
	}
	if again := h.ingot("clean", "--output", "json"); len(removed(h.t, again.stdout)) > 0 {
		h.t.Errorf("%s: a second ingot clean still finds %s", when, again.stdout)
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
