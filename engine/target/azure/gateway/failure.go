package gateway

import (
	"fmt"
	"net/http"
	"sync"
)

// Failure is a call that Azure, or the gateway itself, has refused, or a long operation that failed. It is an error.
type Failure struct {
	Method, Path  string // Path is without a query; of a long operation it is where its state was asked for
	Status        int
	Code, Message string // of the innermost error; both may be ""
	Body          []byte // what was answered, cut; nil if the gateway refused
}

func (f *Failure) Error() string {
	s := fmt.Sprintf("%s %s: %d", f.Method, f.Path, f.Status)
	if f.Code != "" {
		s += " " + f.Code
	}
	if f.Message != "" {
		s += ": " + f.Message
	}
	return s
}

// failures are the last ones.
type failures struct {
	mu   sync.Mutex
	list []*Failure
}

const (
	maxFailures    = 32
	maxFailureBody = 64 << 10
)

// add keeps an error of Azure.
func (l *failures) add(c *call, status int, body []byte) {
	code, message := innermost(body)
	if code == "" && message == "" {
		message = http.StatusText(status)
	}
	l.keep(&Failure{Method: c.method, Path: c.path, Status: status, Code: code, Message: message, Body: body[:min(len(body), maxFailureBody)]})
}

// refused keeps an error of the gateway.
func (l *failures) refused(c *call, e *refusal) {
	l.keep(&Failure{Method: c.method, Path: c.path, Status: e.status, Code: e.code, Message: e.message})
}

func (l *failures) keep(f *Failure) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.drop(f.Method, f.Path), f)
	if len(l.list) > maxFailures {
		l.list = l.list[1:]
	}
}

// good forgets an error that was made good.
func (l *failures) good(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = l.drop(c.method, c.path)
}

func (l *failures) drop(method, path string) []*Failure {
	kept := l.list[:0]
	for _, f := range l.list {
		if f.Method != method || f.Path != path {
			kept = append(kept, f)
		}
	}
	return kept
}

// last prefers what went wrong before the plugin deleted things, which goes wrong next.
func (l *failures) last() *Failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found *Failure
	for _, f := range l.list {
		if found == nil || f.Method != http.MethodDelete || found.Method == http.MethodDelete {
			found = f
		}
	}
	return found
}
