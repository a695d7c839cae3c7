package azuresim

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
	number := s.faults.number(r.URL.Path)
	fault := s.faults.strike(r.Method, r.URL.Path, "", number)
	defer func() { s.journal.add(r, Call{Number: number, Status: note.status, Fault: fault != nil, Time: begun}) }()
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
	fault.answer(note, s, r)
}

// answer sends what the rule has instead of the true answer.
func (f *Fault) answer(w http.ResponseWriter, s *Sim, r *http.Request) {
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
	e := f.error(status)
	if status == http.StatusUnauthorized {
		e = s.challenge(r, e)
	}
	writeError(w, e)
}

// fails tells whether a fault of a region is more than a delay.
func (f *Fault) fails() bool { return f.Status != 0 || f.Code != "" || f.Message != "" || f.Delay == 0 }

func (f *Fault) error(status int) *Error {
	e := refuse(status, f.Code, "%s", f.Message)
	if status == http.StatusUnauthorized && e.Code == "" && e.Message == "" {
		return expiredToken(time.Now())
	}
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
