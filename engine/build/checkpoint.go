package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
)

// checkpointsFile has, in the run's folder, what was kept of the build VM before its steps. It is there for as long as that is.
const checkpointsFile = "checkpoints.sealed"

// Checkpointing says what a run keeps of its build VM on the way, on a target that can. The zero Checkpointing keeps nothing.
type Checkpointing struct {
	Before []int `json:"before,omitempty"` // indices into Plan.Steps: the disks are kept as they are before these
	// Keep leaves them also when the run comes to its good end. After any other end they are there until somebody cleans up.
	Keep bool `json:"keep,omitempty"`
}

// Checkpoint is what was kept of a build VM before a step. It has secrets in it.
type Checkpoint struct {
	Run    string          `json:"run"`
	Next   int             `json:"next"`  // the step, by its index in the plan that the run had
	Step   string          `json:"step"`  // its id
	Name   string          `json:"name"`  // "" where it has none
	Title  string          `json:"title"` // for people
	Made   time.Time       `json:"made"`
	Disks  target.Snapshot `json:"disks"`
	Prefix prefix          `json:"prefix"` // what the machine has behind it
	Way    packercore.Way  `json:"way"`    // into the machine, wherever it is when it is made again: user and key are on its disk
	Script *string         `json:"script"` // what was in the place of the deprovisioning script; nil: nothing, or it is on the disk for good
}

// Ref is how a person names it.
func (c Checkpoint) Ref() string { return c.Run + "@" + c.Step }

// ErrCheckpoints is for a place that cannot keep the disks of a machine that runs.
var ErrCheckpoints = &HostError{
	What: "--checkpoint is for builds on Azure", Why: "on this machine layers are kept before each step, without being asked for",
	Fix: "leave it out; ingot layers ls shows what is kept",
}

// checkpoint keeps the disks of the build VM, which stands before a step, if that is wanted there. A checkpoint that cannot be had is no
// reason to give up a build that goes well: why is said.
func (s *state) checkpoint(ctx context.Context, at packercore.Boundary) error {
	if err := s.putScript(ctx, at); err != nil {
		return err
	}
	if !slices.Contains(s.Checkpointing.Before, at.Next) || at.Next >= len(s.Plan.Steps) {
		return nil
	}
	have, err := Checkpoints(s.Dirs, s.active.Run())
	if err != nil {
		return err
	}
	if slices.ContainsFunc(have, func(c Checkpoint) bool { return c.Next == at.Next }) {
		return nil // of an earlier process: the step had begun since then
	}
	start := time.Now()
	c, err := s.takeCheckpoint(ctx, at)
	if err == nil {
		err = s.writeCheckpoints(append(have, c))
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	text := fmt.Sprintf("checkpoint %s is kept, after %.1fs", s.id+"@"+s.Plan.Steps[at.Next].ID, time.Since(start).Seconds())
	if err != nil {
		text = "no checkpoint before this step, and the build goes on: " + s.mask.Text(err.Error())
	}
	s.remark(s.Plan.Steps[at.Next], text)
	return nil
}

func (s *state) takeCheckpoint(ctx context.Context, at packercore.Boundary) (Checkpoint, error) {
	st := s.Plan.Steps[at.Next]
	c := Checkpoint{Run: s.id, Next: at.Next, Step: st.ID, Name: st.Name, Title: st.Title(), Way: at.Way, Made: time.Now().UTC()}
	t, ok := s.Target.(target.Checkpointer)
	if !ok {
		return c, ErrCheckpoints
	}
	key, err := seal.Open(s.Dirs.State)
	if err != nil {
		return c, err
	}
	if c.Prefix, err = prefixOf(s.Plan, at.Next, key); err != nil {
		return c, err
	}
	if c.Script, err = s.settleGuest(ctx, at); err != nil {
		return c, fmt.Errorf("bring the build VM's disks to rest: %w", err)
	}
	c.Disks, err = t.Checkpoint(ctx, s.stageRequest(s.staged.Dir, s.base, false), s.staged, strconv.Itoa(at.Next))
	return c, err
}

// Checkpoints gives what is kept of a run's build VM, in the order of its steps; nil where nothing is.
func Checkpoints(dirs store.Dirs, run store.Run) ([]Checkpoint, error) {
	text, err := unsealed(dirs, run, checkpointsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []Checkpoint
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	return list, err
}

func (s *state) writeCheckpoints(list []Checkpoint) error {
	slices.SortFunc(list, func(a, b Checkpoint) int { return a.Next - b.Next })
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return s.sealed(checkpointsFile, text)
}

// ForgetCheckpoints removes the record of checkpoints that are gone.
func ForgetCheckpoints(run store.Run) error {
	err := os.Remove(filepath.Join(run.Dir, checkpointsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// keepCheckpoints removes all but the checkpoints of a run, if these are to outlive it. kept reports whether they do; then they are left
// to a person, like all that outlives its run.
func (s *state) keepCheckpoints(ctx context.Context) (kept bool, err error) {
	list, err := Checkpoints(s.Dirs, s.active.Run())
	if err != nil || len(list) == 0 || s.kept != nil {
		return false, err
	}
	if s.complete && !s.Checkpointing.Keep {
		if h, ok := s.Ledger.(Holder); ok { // one that somebody went back from
			err = h.Release(ctx, s.id)
		}
		return false, errors.Join(err, ForgetCheckpoints(s.active.Run()))
	}
	l, ok := s.Ledger.(Sparer)
	t, able := s.Target.(target.Checkpointer)
	if !ok || !able {
		return false, nil
	}
	if err := l.UndoOf(ctx, s.id, func(kind store.Kind, name string) bool {
		return kind != store.AzureResource || !t.Holds(name)
	}); err != nil {
		return true, err // what is left is the ledger's still
	}
	last := list[len(list)-1]
	text := fmt.Sprintf("%d checkpoint(s) are kept, which cost what snapshots cost; go on with: ingot build --on azure TEMPLATE "+
		"--from-checkpoint %s; remove them with: ingot clean --on azure", len(list), last.Ref())
	s.emit(events.Event{Output: &events.Output{Stream: events.Say, Text: text}})
	if s.held {
		return true, nil
	}
	return true, s.Ledger.Keep(ctx, s.id, "ingot build --on azure TEMPLATE --from-checkpoint "+last.Ref())
}
