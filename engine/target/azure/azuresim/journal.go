package azuresim

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Call is one that was made.
type Call struct {
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

func (j *journal) add(r *http.Request, status int, fault bool, begun time.Time) {
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
	j.calls = append(j.calls, Call{
		Time: begun, Method: r.Method, Host: r.Host, Path: r.URL.Path, Query: query.Encode(), Status: status, Fault: fault,
		Took: time.Since(begun),
	})
}

// Calls are the calls that were made, but for those to the emulator's own addresses. There are the last 20,000 at most.
func (s *Sim) Calls() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.calls)
}
