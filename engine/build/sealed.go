package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// planFile has, in the run's folder, all that the run was asked for, secrets included: plan.json beside it is for people.
const planFile = "plan.sealed"

// Asked is what a run was asked for, as it is kept for a process that goes on with it.
type Asked struct {
	Plan              *plan.Plan        `json:"-"` // resolved; it has no ranges
	Text              json.RawMessage   `json:"plan"`
	Site              json.RawMessage   `json:"site,omitempty"` // as Request has it
	Base              target.Disk       `json:"base"`
	Staged            target.Staged     `json:"staged"`
	Machine           target.Machine    `json:"machine"`
	Target            string            `json:"target,omitempty"` // name of the target that the run was on last; "" in runs that are older
	Timeout           time.Duration     `json:"timeoutNs"`
	Detach            packercore.Detach `json:"detach"`
	GeneralizeTimeout *time.Duration    `json:"generalizeTimeoutNs,omitempty"`
	Checkpointing     Checkpointing     `json:"checkpointing,omitzero"`
	Start             *Start            `json:"start,omitempty"`
}

// sealPlan keeps what the run was asked for, for a process that goes on with it.
func (s *state) sealPlan() error {
	text, err := plan.Encode(s.Plan)
	if err == nil {
		text, err = json.Marshal(Asked{
			Text: text, Site: s.Site, Base: s.base, Staged: s.staged, Machine: s.Machine, Target: s.Target.Info().Name, Timeout: s.Timeout, Detach: s.Detach,
			GeneralizeTimeout: s.GeneralizeTimeout, Checkpointing: s.Checkpointing, Start: s.Start,
		})
	}
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return s.sealed(planFile, text)
}

// sealed keeps text in the run's folder, for this state folder alone.
func (s *state) sealed(name string, text []byte) error {
	key, err := seal.Open(s.Dirs.State)
	if err != nil {
		return err
	}
	return key.WriteFile(filepath.Join(s.active.Run().Dir, name), s.id, text)
}

// SealedPlan gives the plan that a run was made of, as resolve left it and with its secrets. It has no ranges. The error is a
// *NotKeptError when the run never had one, or when it cannot be opened here.
func SealedPlan(dirs store.Dirs, run store.Run) (*plan.Plan, error) {
	a, err := ReadAsked(dirs, run)
	if err != nil {
		return nil, err
	}
	return a.Plan, nil
}

// ReadAsked gives all that a run was asked for; see SealedPlan.
func ReadAsked(dirs store.Dirs, run store.Run) (*Asked, error) {
	text, err := unsealed(dirs, run, planFile)
	if err != nil {
		return nil, err
	}
	a := new(Asked)
	if err := json.Unmarshal(text, a); err != nil {
		return nil, &NotKeptError{Run: run.ID, File: planFile, Err: err}
	}
	if a.Plan, err = plan.Decode(a.Text); err != nil {
		return nil, &NotKeptError{Run: run.ID, File: planFile, Err: err}
	}
	return a, nil
}

// unsealed reads what sealed kept.
func unsealed(dirs store.Dirs, run store.Run, name string) ([]byte, error) {
	path := filepath.Join(run.Dir, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) { // and no key is made to read nothing
		return nil, &NotKeptError{Run: run.ID, File: name, Err: fs.ErrNotExist}
	}
	key, err := seal.Open(dirs.State)
	if err != nil {
		return nil, err
	}
	text, err := key.ReadFile(path, run.ID)
	if err != nil {
		return nil, &NotKeptError{Run: run.ID, File: name, Err: err}
	}
	return text, nil
}

// NotKeptError says that a run cannot be gone on with since what it kept for that is not there, or cannot be read: Err says why, and is
// fs.ErrNotExist when the run never wrote it, or took it away because it ended well.
type NotKeptError struct {
	Run, File string
	Err       error
}

// Error names the file.
func (e *NotKeptError) Error() string {
	if e.Err == fs.ErrNotExist {
		return fmt.Sprintf("run %s has no %s", e.Run, e.File)
	}
	return fmt.Sprintf("%s of run %s: %v", e.File, e.Run, e.Err)
}

// Unwrap returns the reason.
func (e *NotKeptError) Unwrap() error { return e.Err }
