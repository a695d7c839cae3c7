package azuresim

import (
	"net/http"
	"strings"
	"time"
)

// operation is a long one. Its fields change under the Sim's lock until done is closed, and not after that.
type operation struct {
	id, subscription, provider, place string

	started, ended time.Time
	done           chan struct{}
	result         object
	err            *Error
	target         ID
}

// held is how long a poll is kept waiting before it is told that nothing has happened: clients that are made to poll
// without a delay would do nothing else.
const held = 200 * time.Millisecond

// start runs the long part of something. The lock is held now, not while do runs, and again for finish, which may be
// nil.
func (s *Sim) start(target ID, stuck bool, do work, finish func(object, error)) *operation {
	op := &operation{
		id: randomUUID(), subscription: target.Subscription, provider: target.Provider(), place: "global",
		started: time.Now(), done: make(chan struct{}), target: target,
	}
	if r := s.store.get(target); r != nil {
		r.op = op
		if place := text(r.body, "location"); place != "" {
			op.place = place
		}
	}
	s.operations[op.id] = op
	s.working.Go(func() {
		var result object
		err := s.pause(s.opts.Pace)
		if stuck {
			<-s.ctx.Done()
			err = s.ctx.Err()
		}
		if err == nil {
			result, err = do(s.ctx)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if finish != nil {
			finish(result, err)
		}
		op.ended, op.result = time.Now(), result
		if err != nil {
			op.err = asError(err)
		}
		close(op.done)
	})
	return op
}

// pause waits, or ends early with the Sim.
func (s *Sim) pause(d time.Duration) error {
	if d <= 0 {
		return s.ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// headers say where the operation is followed.
func (op *operation) headers(r *http.Request, version string, how answer) http.Header {
	if how == atOnce || how == byState {
		return nil
	}
	base := baseURL(r) + "/subscriptions/" + op.subscription + "/providers/" + op.provider + "/locations/" + op.place
	query := "?api-version=" + version
	h := http.Header{"Retry-After": {"0"}, "Retry-After-Ms": {"20"}} // the second one for clients that read no 0
	if how != location {
		h.Set("Azure-Asyncoperation", base+"/operations/"+op.id+query)
	}
	if how != byHeader {
		h.Set("Location", base+"/operationResults/"+op.id+query)
	}
	return h
}

// baseURL is how the caller reached the emulator.
func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (c *call) isOperation() bool {
	_, kind, _ := strings.Cut(c.id.Type, "/locations/")
	return strings.EqualFold(kind, "operations") || strings.EqualFold(kind, "operationResults")
}

// answerOperation answers a poll.
func (s *Sim) answerOperation(w http.ResponseWriter, r *http.Request, id ID) {
	s.mu.Lock()
	op := s.operations[id.Name()]
	s.mu.Unlock()
	if op == nil {
		writeError(w, refuse(http.StatusNotFound, "NotFound", "The operation '%s' is not known.", id.Name()))
		return
	}
	timer := time.NewTimer(held)
	defer timer.Stop()
	select {
	case <-op.done:
	case <-timer.C:
	case <-r.Context().Done():
		return
	}
	s.mu.Lock()
	var answer *reply
	if strings.HasSuffix(strings.ToLower(id.Type), "results") {
		answer = s.operationResult(op, r)
	} else {
		answer = op.status()
	}
	s.mu.Unlock()
	answer.write(w)
}

func (op *operation) ready() bool {
	select {
	case <-op.done:
		return true
	default:
		return false
	}
}

// status is what the address in Azure-AsyncOperation answers.
func (op *operation) status() *reply {
	o := object{"name": op.id, "startTime": stamp(op.started), "status": "InProgress"}
	wait := http.Header{"Retry-After": {"0"}, "Retry-After-Ms": {"20"}}
	if !op.ready() {
		return &reply{status: http.StatusOK, body: o, header: wait}
	}
	o["endTime"], o["status"] = stamp(op.ended), "Succeeded"
	if op.err != nil {
		o["status"], o["error"] = "Failed", op.err.body()
	}
	if op.result != nil {
		o["properties"] = object{"output": op.result}
	}
	return ok(o)
}

// operationResult is what the address in Location answers.
func (s *Sim) operationResult(op *operation, r *http.Request) *reply {
	switch {
	case !op.ready():
		return &reply{status: http.StatusAccepted, header: http.Header{
			"Retry-After": {"0"}, "Retry-After-Ms": {"20"}, "Location": {baseURL(r) + r.URL.RequestURI()}}}
	case op.err != nil:
		return &reply{status: op.err.Status, body: object{"error": op.err.body()}}
	case op.result != nil:
		return ok(op.result)
	}
	if target := s.store.get(op.target); target != nil && target.state() != "" {
		return ok(s.show(target, r))
	}
	return &reply{status: http.StatusOK}
}
