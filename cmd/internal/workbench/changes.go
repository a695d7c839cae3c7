package workbench

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/ingot-build/ingot/cmd/internal/watch"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// snapshot is an image template at a moment, with what its scripts and files on this machine had in them.
type snapshot struct {
	plan  *plan.Plan // goes to one run, which changes it: nothing here reads it after that
	files []string   // to watch: the template, and its scripts
	base  [32]byte   // of what all steps stand on
	steps []planned
}

// planned is what is known of a step of the plan.
type planned struct {
	Step
	sum [32]byte // of what it does: neither its name nor its place in the file
}

// take reads the image template as it is now.
func (s *Session) take(ctx context.Context) (*snapshot, error) {
	t, err := s.o.Load(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(s.o.Request.TemplateFile))
	if err != nil {
		return nil, err
	}
	local := resolve.Options{Policy: s.o.Request.Staging, TemplateDir: folder}
	n := &snapshot{plan: t.Plan, files: slices.Clone(t.Files)}
	from := t.Plan.Source
	n.base = sum(t.Plan.OS, from.PlatformImage, from.ManagedImage, from.SharedImage, t.Plan.OSDiskSizeGB, t.Plan.DataDisksGB)
	for i, st := range t.Plan.Steps {
		p := planned{Step: Step{
			Index: i, ID: st.ID, Name: st.Name, Title: st.Title(), Hidden: st.Hidden, Range: st.Origin.Range, Phase: events.Pending,
		}}
		bare, err := copyOf(st)
		if err != nil {
			return nil, err
		}
		bare.ID, bare.Name, bare.Origin = "", "", plan.Origin{}
		parts := []any{nil}
		for _, c := range (&plan.Plan{Steps: []plan.Step{bare}}).Contents() {
			c.FileName, c.Origin, c.ChecksumOrigin = "", plan.Origin{}, plan.Origin{}
			if name, ok := local.LocalFile(c.URI); ok && c.URI != "" {
				n.files = append(n.files, name)
				parts = append(parts, contentOf(name))
			}
		}
		parts[0] = bare
		p.sum = sum(parts...)
		n.steps = append(n.steps, p)
	}
	slices.Sort(n.files)
	n.files = slices.Compact(n.files)
	return n, nil
}

// copyOf is a step that shares nothing with st.
func copyOf(st plan.Step) (c plan.Step, err error) {
	data, err := json.Marshal(st)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return c, fmt.Errorf("copy %s: %w", st.ID, err)
	}
	return c, nil
}

// sum is a digest of plain data.
func sum(parts ...any) [32]byte {
	data, err := json.Marshal(parts)
	if err != nil {
		panic(fmt.Sprintf("plain data is not: %v", err)) // a plan survives JSON: that is tested there
	}
	return sha256.Sum256(data)
}

// contentOf is a digest of a file, or why it cannot be read: that it can be read again is a change, too.
func contentOf(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "no file"
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// differs gives the first step of b that is not what it is in a; -1: none.
func differs(a, b *snapshot) int {
	if a.base != b.base {
		return 0
	}
	for i := range b.steps {
		if i >= len(a.steps) || a.steps[i].sum != b.steps[i].sum {
			return i
		}
	}
	return -1
}

// edited is the first step of the template as it is now that differs from what the run is made of; -1: none.
func (s *Session) edited() int {
	if s.next == nil {
		return -1
	}
	return differs(s.current, s.next)
}

// changedSteps are the ids of the steps that are others now.
func (s *Session) changedSteps() map[string]bool {
	changed := map[string]bool{}
	if s.next == nil {
		return changed
	}
	was := map[string][32]byte{}
	for _, p := range s.current.steps {
		was[p.ID] = p.sum
	}
	for _, p := range s.next.steps {
		if old, known := was[p.ID]; s.current.base != s.next.base || !known || old != p.sum {
			changed[p.ID] = true
		}
	}
	return changed
}

// look reads the template as it is now, for an order. Its error is the template's.
func (s *Session) look(ctx context.Context) (*snapshot, error) {
	n, err := s.take(ctx)
	s.change(func() { s.see(n, err) })
	return n, err
}

// see notes how the template is now.
func (s *Session) see(n *snapshot, err error) {
	s.loadErr = err
	if err == nil && s.current != nil {
		if s.next = n; differs(s.current, n) < 0 && len(s.current.steps) == len(n.steps) {
			s.next = nil
		}
	}
}

// adopt makes a template the one that is run: its steps take the place of the ones before, of which those before step from keep their
// state.
func (s *Session) adopt(n *snapshot, from int) {
	was := map[string]*Step{}
	var before, after []*Step
	seen := false
	for _, step := range s.steps {
		was[step.ID] = step
		switch seen = seen || step.Index >= 0; {
		case step.Index >= 0:
		case !seen:
			before = append(before, step)
		default:
			after = append(after, step)
		}
	}
	s.steps = before
	for i, p := range n.steps {
		step := p.Step
		if old := was[p.ID]; old != nil && i < from {
			step.Phase, step.Started, step.Elapsed, step.Reused, step.Detail = old.Phase, old.Started, old.Elapsed, old.Reused, old.Detail
		}
		s.steps = append(s.steps, &step)
	}
	s.steps = append(s.steps, after...)
	s.current, s.next, s.loadErr = n, nil, nil
}

// watch notices edits until ctx ends. Without a watcher they are noticed when the next order is given.
func (s *Session) watch(ctx context.Context) {
	w, err := watch.New()
	if err != nil {
		return
	}
	defer w.Close()
	for {
		s.mu.Lock()
		files := slices.Clone(s.current.files)
		if s.next != nil {
			files = append(files, s.next.files...)
		}
		s.mu.Unlock()
		if w.Files(files) != nil {
			return
		}
		n, err := s.take(ctx)
		if errors.Is(err, context.Canceled) {
			return
		}
		s.change(func() { s.see(n, err) })
		if _, err := w.Wait(ctx); err != nil || ctx.Err() != nil {
			return
		}
	}
}

// Places gives the range of each customizer in the template as it is now, by the id of its step.
func (s *Session) Places() map[string]diag.Range {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.current
	if s.next != nil {
		from = s.next
	}
	places := map[string]diag.Range{}
	if from != nil {
		for _, p := range from.steps {
			places[p.ID] = p.Range
		}
	}
	return places
}
