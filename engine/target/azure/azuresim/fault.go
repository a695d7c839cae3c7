package azuresim

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is a rule by which something goes wrong: which calls it is for, and what becomes of them. See ParseFault for
// how it is written as text.
type Fault struct {
	Method string // "" is any
	Path   string // of the request, whole, in any letter case; "*" is any text, "" any path
	Nth    int    // the first call that fits and is struck, counted from 1; 0 is 1
	Times  int    // how many are struck from there on; 0 is one, Always all

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
}

type faultState struct {
	Fault
	path *regexp.Regexp
	seen int
}

func (f *faults) set(list []*Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
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

// strike finds the rule for a call, or nil, and counts.
func (f *faults) strike(method, path, region string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if rule.Region != region || rule.Method != "" && !strings.EqualFold(rule.Method, method) ||
			!rule.path.MatchString(path) {
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

// SetFaults replaces the rules; counting starts anew.
func (s *Sim) SetFaults(list ...*Fault) { s.faults.set(list) }

type stuckKey struct{}

// isStuck tells whether a fault makes the operation that a request starts never end.
func isStuck(r *http.Request) bool { return r.Context().Value(stuckKey{}) != nil }

// withFaults answers a request, or lets it go wrong as the rules have it, and writes it down.
func (s *Sim) withFaults(w http.ResponseWriter, r *http.Request, do func(http.ResponseWriter)) {
	if strings.HasPrefix(r.URL.Path, controlPath) {
		do(w)
		return
	}
	note := &noted{ResponseWriter: w, status: http.StatusOK}
	begun := time.Now()
	fault := s.faults.strike(r.Method, r.URL.Path, "")
	defer func() { s.journal.add(r, note.status, fault != nil, begun) }()
	if fault == nil {
		do(note)
		return
	}
	if s.pause(fault.Delay) != nil {
		panic(http.ErrAbortHandler)
	}
	if fault.LoseVM {
		s.loseVMs(r.URL.Path)
	}
	if fault.Stuck {
		*r = *r.WithContext(context.WithValue(r.Context(), stuckKey{}, true))
	}
	replaced := fault.Drop || fault.Status != 0 || fault.Body != ""
	if !replaced {
		do(note)
		return
	}
	if fault.After {
		do(discard{})
	}
	if fault.Drop {
		note.status = 0
		panic(http.ErrAbortHandler)
	}
	fault.answer(note)
}

// answer sends what the rule has instead of the true answer.
func (f *Fault) answer(w http.ResponseWriter) {
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	if f.Body != "" {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(f.Body))
		return
	}
	writeError(w, f.error(status))
}

// fails tells whether a fault of a region is more than a delay.
func (f *Fault) fails() bool { return f.Status != 0 || f.Code != "" || f.Message != "" || f.Delay == 0 }

func (f *Fault) error(status int) *Error {
	e := refuse(status, f.Code, "%s", f.Message)
	if e.Code == "" {
		e.Code = strings.ReplaceAll(http.StatusText(status), " ", "")
	}
	if e.Message == "" {
		e.Message = "A fault that was asked for."
	}
	return e
}

// loseVMs makes the virtual machines of the resource group of a path vanish.
func (s *Sim) loseVMs(path string) {
	id, _, _ := parsePath(shortPath.ReplaceAllString(path, "$1/providers/Microsoft.Resources/deployments$2"))
	s.mu.Lock()
	defer s.mu.Unlock()
	group := ID{Subscription: id.Subscription, Group: id.Group, Type: groupType}
	for _, r := range slices.Backward(s.store.inside(group)) {
		if r.id.Is(vmType) {
			s.forget(r)
		}
	}
}

// discard is where an answer goes that is lost.
type discard struct{}

func (discard) Header() http.Header            { return http.Header{} }
func (discard) Write(data []byte) (int, error) { return len(data), nil }
func (discard) WriteHeader(int)                {}

// noted remembers the status of an answer.
type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }
