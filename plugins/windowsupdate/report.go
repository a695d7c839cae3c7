package windowsupdate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// most is in how many passes one update may be installed. One that is offered again after that is offered for ever.
const most = 3

// report is what the passes said of each update, by its title. It stands in for their Ui and shows what they say.
type report struct {
	packersdk.Ui
	patience time.Duration // how long a pass may say nothing

	mu        sync.Mutex
	quiet     *time.Timer    // of the pass that is under way; begins anew with each line
	current   string         // the update that is worked on
	titles    []string       // of all updates that were worked on, in that order
	installed map[string]int // in how many passes
	inPass    []string       // what the pass that is under way installed: different drivers may have one title
	failed    map[string]string
	left      map[string]string // why it was left out
}

func newReport(ui packersdk.Ui, patience time.Duration) *report {
	return &report{Ui: ui, patience: patience, installed: map[string]int{}, failed: map[string]string{}, left: map[string]string{}}
}

// Say implements packersdk.Ui.
func (r *report) Say(line string) {
	r.note(line)
	r.Ui.Say(line)
}

// line is what update.ps1 says of an update.
var line = regexp.MustCompile(`^(Downloading|Installing|Installed|Left out by the filters|Left out, since it would ask questions|` +
	`The download did not succeed|The installation did not succeed)(?: \(\d+ of \d+\))?: (.+)$`)

func (r *report) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.quiet != nil {
		r.quiet.Reset(r.patience)
	}
	m := line.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return
	}
	switch what, rest := m[1], m[2]; what {
	case "Downloading", "Installing":
		if r.current = rest; !slices.Contains(r.titles, rest) {
			r.titles = append(r.titles, rest)
		}
	case "Installed":
		if !slices.Contains(r.inPass, rest) {
			r.inPass = append(r.inPass, rest)
			r.installed[rest]++
		}
		delete(r.failed, rest)
	case "The download did not succeed", "The installation did not succeed":
		r.failed[r.current] = strings.ToLower(strings.Fields(what)[1]) + ": " + explain(rest)
	default:
		_, why, _ := strings.Cut(what, "Left out")
		r.left[rest] = strings.TrimLeft(why, ", ")
	}
}

// again is an update that was installed more often than makes sense, or "".
func (r *report) again() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, title := range r.titles {
		if r.installed[title] >= most {
			return title
		}
	}
	return ""
}

// begin is called before a pass. The channel receives when the pass has said nothing for too long.
func (r *report) begin() <-chan time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current, r.inPass = "", nil
	r.quiet = time.NewTimer(r.patience)
	return r.quiet.C
}

// stuck notes that the current update did not end in its time, and says so.
func (r *report) stuck() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == "" {
		return fmt.Errorf("the search for updates said nothing for %s", r.patience)
	}
	r.failed[r.current] = fmt.Sprintf("it said nothing for %s", r.patience)
	return fmt.Errorf("update %q said nothing for %s", r.current, r.patience)
}

// sum is the report for people, a line each: what was installed, what was not and why, and what was left out.
func (r *report) sum(passes int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := []string{fmt.Sprintf("Windows Update: %d passes, %d updates installed, %d not, %d left out", passes,
		len(r.installed), len(r.failed), len(r.left))}
	for _, title := range r.titles {
		switch why, bad := r.failed[title]; {
		case bad:
			lines = append(lines, fmt.Sprintf("not installed: %s: %s", title, why))
		case r.installed[title] > 0:
			lines = append(lines, "installed: "+title)
		}
	}
	for _, title := range slices.Sorted(maps.Keys(r.left)) {
		lines = append(lines, fmt.Sprintf("left out %s: %s", r.left[title], title))
	}
	return lines
}
