// Package workbench is a debugging session of an image template: runs of it whose build VM stands still where somebody wants, who then
// looks inside, edits the template, and goes on, or back. A terminal and an editor are two faces of the same Session.
//
// A step's number is its index in the plan's Steps, everywhere: 0 is the service's own "prepare", and the last one is "generalize". A
// session stops before that by itself: then all customizers are done, and Finish makes the image.
//
// A run that is over, finished or failed for good, does not end the session: to go on or back then begins another run, which starts from
// the layers that the last one left. Leave ends the session.
package workbench

import (
	"context"
	"sync"

	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/plan"
)

// Service is what a session needs of *service.Service.
type Service interface {
	Build(ctx context.Context, r service.BuildRequest, sink events.Sink) (service.Result, error)
	// Diff compares two disks, which are named as in "ingot diff": RUN@STEP is the one before a step, RUN@STEP+ the one after it.
	Diff(ctx context.Context, a, b string, o diskdiff.Options) (*diskdiff.Report, error)
}

// Template is an image template as it is now.
type Template struct {
	Plan  *plan.Plan // as Translate made it, and nobody else's: a run makes it exact
	Files []string   // that were read to make it, parameter files too; scripts are not among them
}

// Options say what is debugged.
type Options struct {
	// Load reads the image template. Its error is what keeps it from being built; a session that runs goes on without the change then.
	Load    func(context.Context) (*Template, error)
	Service Service
	Request service.BuildRequest // Plan, Bench and OnError are the session's own
	Sink    events.Sink          // gets the events of all runs too; nil: nobody
	// Notify is called after each change of what Status, Output and Changed give, from any goroutine. It must not block, nor call the
	// session. Nil: nobody is told.
	Notify    func()
	StopFirst bool // stand before the first customizer that is run, too
}

// Session is one. Its methods are safe for concurrent use; those that are orders return an error when they make no sense at the moment,
// which is a *RefusedError, and else at once: Status tells when they are done.
type Session struct {
	o      Options
	orders sync.Mutex // held by an order, which may read the template

	mu        sync.Mutex
	state     State
	at        int // the step that runs, comes, or failed
	reason    Reason
	run       string // id; "" before the first
	way       *service.Way
	failure   *service.ProvisionError
	problem   *events.Problem
	result    service.Result
	err       error // of the last run
	touched   bool
	finishing bool
	leaving   bool

	goal         goal
	entering     bool // the first stop of a run was not there yet
	entered      bool // the session has stood somewhere
	breaks       map[string]bool
	breakFailure bool

	steps       []*Step // as they were announced: the plan's own, with Ingot's before and after them
	output      map[string]*lines
	current     *snapshot // what the run is made of
	before      *snapshot // what it was made of before the last way back, and how its steps were then
	stepsBefore []*Step
	next        *snapshot // the template as it is now, where that is something else; nil: it is not
	loadErr     error     // why it cannot be built as it is now

	answer chan service.Move // of the bench that stands; nil: none does
	cancel context.CancelFunc
	begin  chan struct{} // wakes Run when there is another run to begin
	again  bool          // there is
}

// goal is where a run stops next, besides breakpoints.
type goal struct {
	to    int  // before this step; -1: nowhere
	step  bool // before the next one
	pause bool // the same, asked for while a step ran
	// past is the step where it stood when it was told to go on: it stops neither there nor before, but for the two above. -1: there is none.
	past int
}

var nowhere = goal{to: -1, past: -1}

// New makes a session. Run starts it.
func New(o Options) *Session {
	if o.Sink == nil {
		o.Sink = func(events.Event) {}
	}
	if o.Notify == nil {
		o.Notify = func() {}
	}
	return &Session{
		o: o, state: Starting, goal: nowhere, breaks: map[string]bool{}, breakFailure: true, output: map[string]*lines{},
		begin: make(chan struct{}, 1),
	}
}

// Run carries the session out until it is left, or ctx ends; it is called once. The result and the error are those of the last run, but
// that a run was left is no error. An error of the first Load comes back as it is, before anything is started.
func (s *Session) Run(ctx context.Context) (service.Result, error) {
	first, err := s.take(ctx)
	if err != nil {
		return service.Result{}, err
	}
	s.change(func() { s.adopt(first, 0) })
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { s.watch(watching) })
	defer watcher.Wait()
	defer stop()
	for {
		res, err := s.build(ctx)
		var left bool
		s.change(func() {
			s.result, s.err, s.state, s.answer, s.way = res, err, Over, nil, nil
			switch left = s.leaving || ctx.Err() != nil; {
			case left:
				s.state = Ended
			case s.again:
				s.state = Starting
			}
		})
		switch {
		case ctx.Err() != nil:
			return res, err
		case left:
			return res, nil
		}
		select {
		case <-s.begin:
		case <-ctx.Done():
			s.change(func() { s.state = Ended })
			return res, context.Cause(ctx)
		}
		var over bool
		s.change(func() {
			if over = s.leaving; over {
				s.state = Ended
			}
		})
		if over {
			return res, nil
		}
	}
}

// build is one run.
func (s *Session) build(ctx context.Context) (service.Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Each run gets a plan of its own: it changes it.
	fresh, err := s.take(ctx)
	if err != nil {
		return service.Result{}, err
	}
	var left bool
	s.change(func() {
		s.adopt(fresh, 0)
		s.cancel, s.state, s.entering, s.again, s.run = cancel, Starting, true, false, ""
		s.result, s.err, s.problem, s.failure, s.way, s.touched = service.Result{}, nil, nil, nil, nil, false
		left = s.leaving
	})
	if left {
		return service.Result{}, nil
	}
	r := s.o.Request
	r.Plan, r.Bench, r.OnError = fresh.plan, bench{s}, service.OnErrorCleanup
	return s.o.Service.Build(ctx, r, s.sink)
}

// change does something to the session, and tells.
func (s *Session) change(do func()) {
	s.mu.Lock()
	do()
	s.mu.Unlock()
	s.o.Notify()
}
