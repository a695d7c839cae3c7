package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/diag"
)

// RunState is where a run stands, spelled as lastRunStatus.runState of the API.
type RunState string

// The run states. The first two belong to runs that are not over.
const (
	Running            RunState = "Running"
	Canceling          RunState = "Canceling"
	Succeeded          RunState = "Succeeded"
	PartiallySucceeded RunState = "PartiallySucceeded"
	Failed             RunState = "Failed"
	Canceled           RunState = "Canceled"
)

// Over reports whether a run in this state has ended.
func (s RunState) Over() bool { return s != Running && s != Canceling }

// RunSubState is what a run is at, spelled as lastRunStatus.runSubState of the API.
type RunSubState string

// The run sub-states, in the order in which a run passes them. A run that is over keeps the last one it was in.
const (
	Queued       RunSubState = "Queued"
	Building     RunSubState = "Building"
	Customizing  RunSubState = "Customizing"
	Optimizing   RunSubState = "Optimizing"
	Validating   RunSubState = "Validating"
	Distributing RunSubState = "Distributing"
)

// Run is the record of one execution of an image template.
type Run struct {
	ID           string             `json:"id"`           // 8 lower-case hexadecimal digits
	Name         string             `json:"name"`         // of the image template
	TemplateFile string             `json:"templateFile"` // as the caller named it
	State        RunState           `json:"runState"`
	SubState     RunSubState        `json:"runSubState"`
	Message      string             `json:"message,omitempty"` // how it ended, in a sentence; "" while running or when all went well
	Started      time.Time          `json:"startTime"`         // UTC
	Ended        time.Time          `json:"endTime,omitzero"`  // UTC; zero while running
	PID          int                `json:"pid"`               // of the process that works or worked on it
	Dir          string             `json:"dir"`               // its folder, <state>/runs/<id>
	Outputs      []events.RunOutput `json:"outputs,omitempty"` // in the order of AddOutput
	Visits       string             `json:"visits,omitempty"`  // the run whose machine it only brings back; "" of one that builds

	// Interrupted: the state says that it runs, but no process does. It is seen when the record is read, not stored.
	Interrupted bool `json:"interrupted,omitempty"`
}

// Live reports whether a process works on the run.
func (r Run) Live() bool { return !r.State.Over() && !r.Interrupted }

// lockFile is held by the process that works on the run.
func lockFile(runDir string) string { return filepath.Join(runDir, "lock") }

// held reports whether a process holds the lock of the run with this folder. It asks with a shared lock, so that two who ask at
// once do not take each other for the holder.
func held(runDir string) (bool, error) {
	lock := flock.New(lockFile(runDir), flock.SetFlag(os.O_RDONLY)) // without O_CREATE: a missing file is nobody's
	free, err := lock.TryRLock()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at lock of run %s: %w", filepath.Base(runDir), err)
	}
	return !free, lock.Close()
}

// Held reports whether a process holds the run. One that is not held is held again only after Reopen. A run that just finished may
// still be held, by the process that is about to end.
func (s *Store) Held(id string) (bool, error) { return held(s.dirs.runDir(id)) }

// Runs lists all runs, newest first.
func (s *Store) Runs(ctx context.Context) ([]Run, error) { return s.runs(ctx, "") }

// Find gives the run whose id begins with ref, which is case-insensitive; "latest" is the newest one that builds. The error is a
// *NotFoundError or an *AmbiguousError if ref does not name one run.
func (s *Store) Find(ctx context.Context, ref string) (Run, error) {
	if idShape.MatchString(ref) { // a whole id, as programs have it
		if one, err := s.runs(ctx, ref); err != nil || len(one) == 1 {
			return append(one, Run{})[0], err
		}
	}
	all, err := s.runs(ctx, "")
	if err != nil {
		return Run{}, err
	}
	var found []Run
	prefix := strings.ToLower(strings.TrimSpace(ref))
	for _, r := range all {
		if prefix == "latest" && r.Visits != "" {
			continue // whoever looks into a run's machine, and then names the latest, still means that run
		}
		if prefix == "latest" || prefix != "" && strings.HasPrefix(r.ID, prefix) {
			found = append(found, r)
		}
		if prefix == "latest" || r.ID == prefix {
			return r, nil
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		ids := runIDs(all)
		return Run{}, &NotFoundError{Ref: ref, Latest: ids[:min(5, len(ids))], Near: diag.Near(prefix, ids)}
	}
	return Run{}, &AmbiguousError{Ref: ref, IDs: runIDs(found)}
}

func runIDs(runs []Run) []string {
	ids := make([]string, len(runs))
	for i, r := range runs {
		ids[i] = r.ID
	}
	return ids
}

var idShape = regexp.MustCompile(`^[0-9a-f]{8}$`)

// runs reads the runs, newest first, or only the one with the given id.
func (s *Store) runs(ctx context.Context, id string) ([]Run, error) {
	outputs, err := s.outputs(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, `SELECT id, name, template_file, state, sub_state, message, started, ended, pid, visits
		FROM runs WHERE ?1 = '' OR id = ?1 ORDER BY started DESC, rowid DESC`, id)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	defer rows.Close()
	var list []Run
	for rows.Next() {
		var r Run
		var started, ended int64
		err := rows.Scan(&r.ID, &r.Name, &r.TemplateFile, &r.State, &r.SubState, &r.Message, &started, &ended, &r.PID, &r.Visits)
		if err != nil {
			return nil, s.explain(ctx, err)
		}
		r.Started, r.Ended, r.Dir, r.Outputs = fromNano(started), fromNano(ended), s.dirs.runDir(r.ID), outputs[r.ID]
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain(ctx, err)
	}
	return slices.Clip(list), s.markInterrupted(ctx, list)
}

// markInterrupted fills Interrupted. A run may end between the reading of its record and the look at its lock, so what looks
// interrupted is read once more.
func (s *Store) markInterrupted(ctx context.Context, list []Run) error {
	for i := range list {
		r := &list[i]
		if r.State.Over() {
			continue
		}
		live, err := held(r.Dir)
		if err != nil {
			return err
		}
		if live {
			continue
		}
		var ended int64
		err = s.db.QueryRowContext(ctx, `SELECT state, sub_state, message, ended FROM runs WHERE id = ?`, r.ID).
			Scan(&r.State, &r.SubState, &r.Message, &ended)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return s.explain(ctx, err)
		}
		r.Ended = fromNano(ended)
		r.Interrupted = !r.State.Over()
	}
	return nil
}

// outputs reads the run outputs by run, each list in the order of AddOutput.
func (s *Store) outputs(ctx context.Context, id string) (map[string][]events.RunOutput, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT run, body FROM outputs WHERE ?1 = '' OR run = ?1 ORDER BY rowid`, id)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	defer rows.Close()
	byRun := map[string][]events.RunOutput{}
	for rows.Next() {
		var run string
		var body []byte
		var out events.RunOutput
		if err := rows.Scan(&run, &body); err != nil {
			return nil, s.explain(ctx, err)
		}
		if err := json.Unmarshal(body, &out); err != nil {
			return nil, &DatabaseError{Path: s.dirs.database(), Fault: Damaged, Err: fmt.Errorf("output of run %s: %w", run, err)}
		}
		byRun[run] = append(byRun[run], out)
	}
	return byRun, s.explain(ctx, rows.Err())
}

// toNano and fromNano keep the zero time as 0.
func toNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNano(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
