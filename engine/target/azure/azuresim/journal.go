package azuresim

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Call is one that was made.
type Call struct {
	Number int           `json:"number,omitempty"` // that a fault's "call" has; none of a poll
	Time   time.Time     `json:"time"`
	Method string        `json:"method"`
	Host   string        `json:"host"`
	Path   string        `json:"path"`
	Query  string        `json:"query"`
	Status int           `json:"status"` // 0: the connection was cut
	Fault  bool          `json:"fault,omitempty"`
	Took   time.Duration `json:"took"`
}

// journal is what was called, the last journalLength calls of it.
type journal struct {
	mu    sync.Mutex
	calls []Call
	count int
}

const journalLength = 20_000

// add writes a request down; what is known of it beside the request is in c.
func (j *journal) add(r *http.Request, c Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.count++
	if len(j.calls) == journalLength {
		j.calls = slices.Delete(j.calls, 0, journalLength/10)
	}
	query := r.URL.Query()
	for name := range query {
		if name == "sig" || name == "access_token" { // what opens a door is not written down
			query.Set(name, "***")
		}
	}
	c.Method, c.Host, c.Path, c.Query = r.Method, r.Host, r.URL.Path, query.Encode()
	c.Took = time.Since(c.Time)
	j.calls = append(j.calls, c)
}

// Calls are the calls that were made, but for those to the emulator's own addresses. There are the last 20,000 at most.
func (s *Sim) Calls() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.calls)
}
