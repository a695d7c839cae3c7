package gateway

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// Failure is a call that Azure, or the gateway itself, has refused, or a long operation that failed. It is an error.
type Failure struct {
	Method, Path  string // Path is without a query; of a long operation it is where its state was asked for
	Status        int
	Code, Message string            // of the innermost error; both may be ""
	Azure         *azurearm.Failure // what it comes down to; nil if it was the gateway that refused
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

func (f *Failure) Unwrap() error {
	if f.Azure == nil {
		return nil
	}
	return f.Azure
}

// said is an answer that was no success, for a message.
func said(status int, body []byte) error {
	f := azurearm.ExplainBody(status, body)
	return fmt.Errorf("it answered %s", strings.TrimSuffix(strings.TrimSpace(fmt.Sprintf("%d %s: %s", status, f.Code, f.Message)), ":"))
}

// failures are the last ones.
type failures struct {
	mu   sync.Mutex
	list []*Failure
}

const maxFailures = 32

// add keeps an error of Azure.
func (l *failures) add(c *call, status int, body []byte) {
	f := azurearm.ExplainBody(status, body)
	if f.Resource == "" && c.isResource() {
		f.Resource = c.path
	}
	message := cmp.Or(f.Message, http.StatusText(status))
	l.keep(&Failure{Method: c.method, Path: c.path, Status: status, Code: f.Code, Message: message, Azure: f})
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

// last prefers what says why, and what went wrong before the plugin deleted things, which goes wrong next.
func (l *failures) last() *Failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found *Failure
	for _, f := range l.list {
		if found == nil || f.weight() >= found.weight() {
			found = f
		}
	}
	return found
}

// weight is more for what is more likely to be what the builder failed of. A VM that could not be made says so too when it is read, and
// not why.
func (f *Failure) weight() int {
	switch {
	case f.Method == http.MethodDelete:
		return 0
	case f.Code == "":
		return 1
	default:
		return 2
	}
}
