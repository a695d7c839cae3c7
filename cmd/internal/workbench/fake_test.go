package workbench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/plan"
)

// fake is a service whose machines do nothing but remember which steps were run in them. It keeps a layer before each step, like the real
// one: with the same steps below, a run begins there.
type fake struct {
	mu     sync.Mutex
	layers map[string]bool // by the steps that made them
	log    []string        // what was done, in order
	runs   int
	refuse string // a script that cannot be resolved
	hold   map[string]chan struct{}
}

func (f *fake) say(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, fmt.Sprintf(format, args...))
}

// said gives the log, and empties it.
func (f *fake) said() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := strings.Join(f.log, "; ")
	f.log = nil
	return text
}

func (f *fake) text(folder string, st plan.Step) string {
	data, _ := os.ReadFile(filepath.Join(folder, st.Shell.Script.URI))
	return st.Shell.Script.Text + string(data)
}

func (f *fake) key(folder string, p *plan.Plan, next int) string {
	var key []string
	for _, st := range p.Steps[:next] {
		key = append(key, f.text(folder, st))
	}
	return strings.Join(key, "|")
}

func (f *fake) Build(ctx context.Context, r service.BuildRequest, sink events.Sink) (res service.Result, err error) {
	f.mu.Lock()
	f.runs++
	run := fmt.Sprintf("run%d", f.runs)
	f.mu.Unlock()
	res.Run.ID = run
	folder, p := filepath.Dir(r.TemplateFile), r.Plan
	emit := func(step string, s events.State) { sink(events.Event{Run: run, Step: step, State: &s}) }
	state := func(step string, phase events.Phase) { emit(step, events.State{Phase: phase, Title: step}) }
	for _, id := range []string{"resolve", "boot"} {
		state(id, events.Pending)
	}
	for _, st := range p.Steps {
		state(st.ID, events.Pending)
	}
	state("distribute[0]", events.Pending)
	most := len(p.Steps) - 1
	for {
		next := 0
		for i := 1; i <= most; i++ {
			if f.layers[f.key(folder, p, i)] {
				next = i
			}
		}
		f.say("start at %d", next)
		for _, st := range p.Steps[:next] {
			emit(st.ID, events.State{Phase: events.Done, Reused: true})
		}
		move, at := service.Move{}, next
		for ; at < len(p.Steps); at++ {
			if move, err = f.step(ctx, r.Bench, p, at, folder, state, sink, run); err != nil || move.Kind != service.GoOn {
				break
			}
		}
		switch {
		case err != nil:
			f.say("ended: %v", err)
			return res, err
		case move.Kind == service.Leave, move.Kind == service.Keep:
			f.say("%d at %d", move.Kind, at)
			return res, nil
		case move.Kind == service.Rewind:
			if move.Plan != nil {
				p = move.Plan
			}
			most = move.To
			f.say("back to %d", move.To)
			continue
		}
		state("distribute[0]", events.Done)
		f.say("image")
		return res, nil
	}
}

// step is a boundary, and the step behind it. GoOn: it is done.
func (f *fake) step(
	ctx context.Context, b service.Bench, p *plan.Plan, at int, folder string, state func(string, events.Phase), sink events.Sink, run string,
) (service.Move, error) {
	st := p.Steps[at]
	stop := service.Stop{Plan: p, Next: at, Way: service.Way{Host: "127.0.0.1", Port: 22}}
	ask := func(question func() (service.Move, error)) (service.Move, error) {
		for {
			m, err := question()
			edited := err == nil && m.Kind == service.Rewind && m.Plan != nil && f.refuse != ""
			if edited && strings.Contains(f.key(folder, m.Plan, len(m.Plan.Steps)), f.refuse) {
				f.say("refused")
				continue
			}
			return m, err
		}
	}
	if !b.(interface{ Touched() bool }).Touched() {
		f.layers[f.key(folder, p, at)] = true
	}
	if m, err := ask(func() (service.Move, error) { return b.Before(ctx, stop) }); err != nil || m.Kind != service.GoOn {
		return m, err
	}
	for {
		state(st.ID, events.Running)
		text := f.text(folder, st)
		f.say("%s: %s", st.ID, text)
		sink(events.Event{Run: run, Step: st.ID, Output: &events.Output{Stream: events.Stdout, Text: text}})
		if held := f.hold[text]; held != nil {
			select {
			case <-held:
			case <-ctx.Done():
				return service.Move{}, context.Cause(ctx)
			}
		}
		if !strings.HasPrefix(text, "bad") {
			state(st.ID, events.Done)
			return service.Move{}, nil
		}
		state(st.ID, events.Failed)
		failed := &service.ProvisionError{Index: at, ExitCode: 1, Err: errors.New("exit 1")}
		m, err := ask(func() (service.Move, error) { return b.Failed(ctx, stop, failed) })
		switch {
		case err == nil && m.Kind == service.Again:
		case err == nil && m.Kind == service.Leave:
			return m, failed
		default:
			return m, err
		}
	}
}

func (f *fake) Diff(_ context.Context, a, b string, _ diskdiff.Options) (*diskdiff.Report, error) {
	f.say("diff %s %s", a, b)
	return &diskdiff.Report{}, nil
}

func hidden(id string) plan.Step {
	return plan.Step{ID: id, Hidden: true, Shell: &plan.Shell{Script: plan.Content{Text: id}}}
}

// rig is a session over a fake, with a template whose customizers are scripts in files a, b, c.
type rig struct {
	*Session
	*fake
	t      *testing.T
	folder string
	news   chan struct{}
	done   chan error
	broken error // of the template
	extra  []plan.Step
}

func newRig(t *testing.T, first bool, scripts ...string) *rig {
	t.Helper()
	r := &rig{
		t: t, folder: t.TempDir(), fake: &fake{layers: map[string]bool{}, hold: map[string]chan struct{}{}},
		news: make(chan struct{}, 1), done: make(chan error, 1),
	}
	names := map[string]string{}
	for i, text := range scripts {
		name := string(rune('a' + i))
		names[name] = text
		r.write(name, text)
	}
	r.write("t.json", "{}")
	r.Session = New(Options{
		Service: r.fake, StopFirst: first,
		Request: service.BuildRequest{TemplateFile: filepath.Join(r.folder, "t.json")},
		Load: func(context.Context) (*Template, error) {
			r.fake.mu.Lock()
			defer r.fake.mu.Unlock()
			if r.broken != nil {
				return nil, r.broken
			}
			p := &plan.Plan{OS: plan.Linux, Steps: []plan.Step{hidden("prepare")}}
			for i, name := range slices.Sorted(maps.Keys(names)) {
				p.Steps = append(p.Steps, plan.Step{
					ID: fmt.Sprintf("customize[%d]", i), Name: name, Shell: &plan.Shell{Script: plan.Content{FileName: name, URI: name}},
				})
			}
			p.Steps = append(append(p.Steps, r.extra...), hidden("generalize"))
			return &Template{Plan: p, Files: []string{filepath.Join(r.folder, "t.json")}}, nil
		},
		Notify: func() {
			select {
			case r.news <- struct{}{}:
			default:
			}
		},
	})
	return r
}

func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, name), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// start runs the session until the test ends.
func (r *rig) start() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		_, err := r.Run(ctx)
		r.done <- err
		close(over)
	}()
	r.t.Cleanup(func() { cancel(); <-over })
}

// until waits for a status.
func (r *rig) until(what string, ok func(Status) bool) Status {
	r.t.Helper()
	for {
		st := r.Status()
		if ok(st) {
			return st
		}
		select {
		case <-r.news:
		case <-r.t.Context().Done():
			r.t.Fatalf("waiting for %s: %+v", what, st)
		}
	}
}

// stands waits until it stands before a step, for a reason.
func (r *rig) stands(at int, why Reason) Status {
	r.t.Helper()
	st := r.until("a stop", func(st Status) bool { return st.State == Standing || st.State == Failed || st.State == Over })
	if st.At != at || st.Reason != why || st.State == Over {
		r.t.Fatalf("%s at %d for %q, want %d for %q (%v); did %s", st.State, st.At, st.Reason, at, why, st.Err, r.said())
	}
	return st
}

// must has an order carried out, which must not be refused.
func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// did compares what the fake did since the last time.
func (r *rig) did(want string) {
	r.t.Helper()
	if got := r.said(); got != want {
		r.t.Errorf("did  %s\nwant %s", got, want)
	}
}
