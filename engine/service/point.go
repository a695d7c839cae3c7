package service

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/plan"
)

// Point is a moment of a run: when its machine stood before a step, as RUN@STEP names it, or after it: RUN@STEP+.
type Point struct {
	Run   store.Run
	Steps []plan.Step // of the run: their ids and names alone
	Next  int         // the step that comes, by its index in Steps; their number after the last one
	Layer string      // ID of what was kept of the machine; "" before the first step, where it is the base image
}

// String names the point, as Point takes it.
func (p Point) String() string {
	if p.Next < len(p.Steps) {
		return p.Run.ID + "@" + p.Steps[p.Next].ID
	}
	return p.Run.ID + "@" + p.Steps[p.Next-1].ID + "+"
}

// SplitPoint takes RUN@STEP apart; ok is false where there is no @STEP. after is true for RUN@STEP+.
func SplitPoint(name string) (run, step string, after, ok bool) {
	run, step, ok = strings.Cut(name, "@")
	step, after = strings.CutSuffix(step, "+")
	return run, step, after, ok
}

// Point finds what was kept of a run's machine at a moment that is named RUN@STEP or RUN@STEP+; RUN is as Run takes it, STEP as FindStep
// does. The error says what is wrong with the name, or is a *NotKeptPointError.
func (s *Service) Point(ctx context.Context, name string) (Point, error) {
	id, word, after, _ := SplitPoint(name)
	p, kept, err := s.points(ctx, id)
	if err != nil {
		return p, err
	}
	if p.Next, err = FindStep(&plan.Plan{Steps: p.Steps}, word); err != nil {
		return p, err
	}
	if after {
		p.Next++
	}
	return p, p.find(kept)
}

// points gives what there is of a run to look at. The point in it is that before the first step.
func (s *Service) points(ctx context.Context, id string) (Point, build.RunLayers, error) {
	run, err := s.store.Find(ctx, id)
	p := Point{Run: run}
	if err != nil {
		return p, build.RunLayers{}, err
	}
	kept, err := build.ReadLayers(run)
	if err != nil {
		return p, kept, err
	}
	p.Steps, err = stepsOf(run)
	return p, kept, err
}

// stepsOf reads the ids and names of the steps that a run had.
func stepsOf(run store.Run) ([]plan.Step, error) {
	text, err := os.ReadFile(filepath.Join(run.Dir, "plan.json"))
	if err != nil {
		return nil, &NotKeptPointError{Run: run.ID, Reason: "it ended before it knew what its steps are"}
	}
	var asked struct {
		Steps []struct{ ID, Name string } `json:"steps"`
	}
	if err := json.Unmarshal(text, &asked); err != nil {
		return nil, fmt.Errorf("read the steps of run %s: %w", run.ID, err)
	}
	var list []plan.Step
	for _, st := range asked.Steps {
		list = append(list, plan.Step{ID: st.ID, Name: st.Name, Hidden: !strings.HasPrefix(st.ID, "customize[")})
	}
	return list, nil
}

// find fills in what was kept of the machine before step Next.
func (p *Point) find(kept build.RunLayers) error {
	switch {
	case p.Next == 0:
		p.Layer = ""
	case p.Next == len(p.Steps):
		p.Layer = kept.Final
	default:
		p.Layer = kept.Before[p.Next]
	}
	if p.Next > 0 && p.Layer == "" || len(kept.Before) == 0 {
		return p.notKept(kept)
	}
	return nil
}

// notKept says which moments of the run there are.
func (p *Point) notKept(kept build.RunLayers) error {
	e := &NotKeptPointError{Run: p.Run.ID, Point: p.String(), Reason: "the run kept no layers"}
	if len(kept.Before) == 0 {
		return e
	}
	var have []string
	for i, st := range p.Steps {
		if kept.Before[i] != "" {
			have = append(have, st.ID)
		}
	}
	e.Reason = "the run kept the machine before " + strings.Join(have, ", ")
	return e
}

// NotKeptPointError says that nothing was kept of a run's machine at a moment.
type NotKeptPointError struct {
	Run, Point string // Point is "" where none is known
	Reason     string
}

// Error names the moment.
func (e *NotKeptPointError) Error() string {
	if e.Point == "" {
		return fmt.Sprintf("run %s kept nothing of its machine", e.Run)
	}
	return fmt.Sprintf("the machine at %s was not kept", e.Point)
}

// Why is the reason.
func (e *NotKeptPointError) Why() string { return e.Reason }

// Fix says how there would be one.
func (e *NotKeptPointError) Fix() string {
	return "name another step, or build again, with layers on: steps that have not changed are quick"
}

// chain opens what was kept of a point, or of the first one after it where the base image is meant. Release it.
func (s *Service) chain(ctx context.Context, p Point, kept build.RunLayers) (*layers.Chain, error) {
	st, err := s.layers()
	if err != nil {
		return nil, err
	}
	id := p.Layer
	for i := 1; id == "" && i < len(p.Steps); i++ {
		id = kept.Before[i]
	}
	return st.Open(ctx, id)
}

// LastPoint is the last moment of a run that was kept, but for its finished disk, which nobody can sign in to.
func (s *Service) LastPoint(ctx context.Context, id string) (Point, error) {
	p, kept, err := s.points(ctx, id)
	if err != nil {
		return p, err
	}
	for i := len(p.Steps) - 1; i > 0; i-- {
		if kept.Before[i] != "" {
			p.Next, p.Layer = i, kept.Before[i]
			return p, nil
		}
	}
	return p, &NotKeptPointError{Run: p.Run.ID, Reason: "the run kept no layers"}
}
