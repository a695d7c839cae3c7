package azuresim

import (
	"regexp"
	"strings"
	"sync"
	"time"
)

// Fault is a rule by which something goes wrong: which calls it is for, and what becomes of them. See ParseFault for
// how it is written as text.
type Fault struct {
	Method string // "" is any
	Path   string // of the request, whole, in any letter case; "*" is any text, "" any path
	// Fits narrows it down further, for programs: there is no text for it. It is called by several goroutines. Nil fits all.
	Fits  func(method, path string) bool
	Nth   int // the first call that fits and is struck, counted from 1; 0 is 1
	Times int // how many are struck from there on; 0 is one, Always all
	Call  int // only the so-manieth request of all, whatever it is for, if it fits; 0 is any. See Sim.SetFaults

	Delay         time.Duration // before anything else
	Status        int           // the answer: an error of Azure Resource Manager with Code and Message, or Body
	Code, Message string
	Body          string        // in the place of JSON
	RetryAfter    time.Duration // sent with it, in whole seconds
	Drop          bool          // the connection is cut
	After         bool          // Azure does what it was asked to, and only the answer is lost or another one
	Stuck         bool          // the long operation that the call starts never ends
	LoseVM        bool          // every virtual machine of the resource group vanishes first

	// Region makes it a fault of replication: Path is that of an image version, and the copy to the region fails with Code
	// and Message, or with Stuck never ends.
	Region string
}

// Always is for Fault.Times.
const Always = -1

// faults are the rules and how often they fitted.
type faults struct {
	mu    sync.Mutex
	rules []*faultState
	calls int // requests since the rules were set, but for polls
}

type faultState struct {
	Fault
	path *regexp.Regexp
	seen int
}

func (f *faults) set(list []*Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules, f.calls = nil, 0
	for _, rule := range list {
		f.rules = append(f.rules, &faultState{Fault: *rule, path: pattern(rule.Path)})
	}
}

// pattern makes an expression of a path with stars in it.
func pattern(path string) *regexp.Regexp {
	if path == "" {
		path = "*"
	}
	return regexp.MustCompile("(?is)^" + strings.ReplaceAll(regexp.QuoteMeta(path), `\*`, ".*") + "$")
}

// number gives a request its number; 0 is that of a poll.
func (f *faults) number(path string) int {
	if pollPath.MatchString(path) {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	return f.calls
}

// strike finds the rule for a request, or for a copy to a region, whose number is 0; nil if there is none. It counts.
func (f *faults) strike(method, path, region string, number int) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if rule.Region != region || rule.Method != "" && !strings.EqualFold(rule.Method, method) ||
			!rule.path.MatchString(path) || rule.Fits != nil && !rule.Fits(method, path) {
			continue
		}
		if rule.Call != 0 && rule.Call != number {
			continue
		}
		rule.seen++
		first := max(rule.Nth, 1)
		if rule.seen >= first && (rule.Times == Always || rule.seen < first+max(rule.Times, 1)) {
			return &rule.Fault
		}
	}
	return nil
}

// pollPath is where long operations are asked for.
var pollPath = regexp.MustCompile(`(?i)/locations/[^/]+/operation(s|Results)/`)

// SetFaults replaces the rules; counting starts anew. Fault.Call counts every request from here on but the polls of long
// operations, whose number is another one each time: a build without faults makes the same calls in the same order.
func (s *Sim) SetFaults(list ...*Fault) { s.faults.set(list) }
