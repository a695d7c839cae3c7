package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// JournalName is the file in a run's folder that has its distribution.
const JournalName = "distribution.json"

// Journal is how far the distribution of a run is. No secret is in it.
type Journal struct {
	Format       int             `json:"format"` // 1
	Run          string          `json:"run"`
	Snapshot     target.Snapshot `json:"snapshot"`
	Destinations []Destination   `json:"destinations"`      // template order
	Helpers      []string        `json:"helpers,omitempty"` // ids of disks and snapshots made on the way, in that order
	Account      string          `json:"account,omitempty"` // id of the storage account for VHDs without a place of their own
	Open         bool            `json:"open,omitempty"`    // the snapshot may have an address that its bytes are read from

	Tags map[string]string `json:"tags,omitempty"` // of what is made for the time of the distribution
}

// State is where a destination stands.
type State string

// The states. Running is also one whose distribution was cut off.
const (
	Waiting State = "waiting"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Destination is how far one distributor is.
type Destination struct {
	ID     string            `json:"id"` // distribute[0]
	Name   string            `json:"name"`
	Type   string            `json:"type"` // ManagedImage, SharedImage or VHD
	State  State             `json:"state"`
	Error  string            `json:"error,omitempty"`
	Output *events.RunOutput `json:"output,omitempty"` // of one that is done

	Version string   `json:"version,omitempty"` // number of the image version, chosen before it is made
	Lost    []string `json:"lost,omitempty"`    // numbers that somebody else took first
	Regions []Region `json:"regions,omitempty"` // of the image version

	Blob    string `json:"blob,omitempty"`    // URL of the VHD, without a signature
	CopyID  string `json:"copyId,omitempty"`  // of the copy to it
	Account string `json:"account,omitempty"` // id of the storage account that was made for it
}

// Region is an image version in one region.
type Region struct {
	Name   string `json:"name"` // as region names are written in ids: westus2
	State  State  `json:"state"`
	Tries  int    `json:"tries,omitempty"`
	Detail string `json:"detail,omitempty"` // why it failed
}

// journal is the one that this process writes.
type journal struct {
	path    string
	written func() error

	mu   sync.Mutex
	now  Journal
	fail error // the first trouble with the file
}

// JournalError says that the journal of a distribution cannot be gone on from.
type JournalError struct{ Path, Bad string }

func (e *JournalError) Error() string { return fmt.Sprintf("journal %s: %s", e.Path, e.Bad) }

// Fix is what to do about it.
func (e *JournalError) Fix() string {
	return "remove the file to begin this distribution anew: images of this run are found again, automatic versions are made once more"
}

// maxJournal is far above what the regions of all distributors need.
const maxJournal = 8 << 20

// ReadJournal reads the journal of the run with a folder. The error is fs.ErrNotExist for a run that did not get that far.
func ReadJournal(runDir string) (Journal, error) {
	path := filepath.Join(runDir, JournalName)
	f, err := os.Open(path)
	if err != nil {
		return Journal{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxJournal+1))
	if err != nil {
		return Journal{}, err
	}
	var j Journal
	switch err := json.Unmarshal(text, &j); {
	case len(text) > maxJournal:
		return Journal{}, &JournalError{path, "it is over 8 MiB"}
	case err != nil:
		return Journal{}, &JournalError{path, "it is damaged: " + err.Error()}
	case j.Format != 1:
		return Journal{}, &JournalError{path, fmt.Sprintf("its format is %d, and this Ingot knows 1", j.Format)}
	}
	for _, d := range j.Destinations {
		if d.State == Done && d.Output == nil {
			return Journal{}, &JournalError{path, d.ID + " is done and has no output"}
		}
	}
	return j, nil
}

// Left counts the destinations that are not done: those that failed, and those that were cut off or never began.
func (j Journal) Left() (failed, unfinished int) {
	for _, d := range j.Destinations {
		switch d.State {
		case Done:
		case Failed:
			failed++
		default:
			unfinished++
		}
	}
	return failed, unfinished
}

// openJournal takes up the journal of a run, or begins one.
func openJournal(r distribute.Request, tags map[string]string, written func() error) (*journal, error) {
	j := &journal{path: filepath.Join(r.RunDir, JournalName), written: written}
	var err error
	j.now, err = ReadJournal(r.RunDir)
	if err == nil {
		return j, j.fits(r)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if r.Disk.Snapshot == nil {
		return nil, errors.New("there is no snapshot to distribute: the build left none")
	}
	j.now = Journal{Format: 1, Run: r.RunID, Snapshot: *r.Disk.Snapshot, Tags: tags}
	for _, d := range r.Plan.Destinations {
		at := Destination{ID: d.ID, Name: d.RunOutputName, Type: d.Kind(), State: Waiting}
		if d.SharedImage != nil {
			at.Version = d.SharedImage.Version
		}
		j.now.Destinations = append(j.now.Destinations, at)
	}
	return j, j.edit(func(*Journal) {})
}

// fits refuses the journal of another run or plan.
func (j *journal) fits(r distribute.Request) error {
	same := slices.EqualFunc(j.now.Destinations, r.Plan.Destinations, func(at Destination, d plan.Destination) bool {
		return at.ID == d.ID && at.Name == d.RunOutputName && at.Type == d.Kind()
	})
	switch s := r.Disk.Snapshot; {
	case j.now.Run != r.RunID:
		return &JournalError{j.path, fmt.Sprintf("it is of run %s, and not of %s", j.now.Run, r.RunID)}
	case !same:
		return &JournalError{j.path, "its destinations are not those of the run's plan"}
	case s != nil && s.OSDisk != j.now.Snapshot.OSDisk:
		return &JournalError{j.path, fmt.Sprintf("it is about snapshot %q, and not %q", j.now.Snapshot.OSDisk, s.OSDisk)}
	}
	return nil
}

// read gives what the journal has, to look at.
func (j *journal) read() Journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now.clone()
}

func (j Journal) clone() Journal {
	j.Destinations, j.Helpers = slices.Clone(j.Destinations), slices.Clone(j.Helpers)
	for i := range j.Destinations {
		d := &j.Destinations[i]
		d.Regions, d.Lost = slices.Clone(d.Regions), slices.Clone(d.Lost)
	}
	return j
}

// destination is where one stands.
func (j *journal) destination(id string) Destination {
	for _, d := range j.read().Destinations {
		if d.ID == id {
			return d
		}
	}
	panic("distribute: the journal has no destination " + id)
}

func (j *journal) finished() bool {
	failed, unfinished := j.read().Left()
	return failed+unfinished == 0
}

// resume gives what was cut off all its tries again, and with failed what had failed too. The regions that have the version stay.
func (j *journal) resume(failed bool) error {
	return j.edit(func(now *Journal) {
		for i := range now.Destinations {
			d := &now.Destinations[i]
			if d.State == Done || d.State == Failed && !failed {
				continue
			}
			d.State = Waiting
			for k := range d.Regions {
				if r := &d.Regions[k]; r.State != Done {
					r.State, r.Tries = Waiting, 0
				}
			}
		}
	})
}

// change edits one destination.
func (j *journal) change(id string, how func(*Destination)) error {
	return j.edit(func(now *Journal) {
		for i := range now.Destinations {
			if now.Destinations[i].ID == id {
				how(&now.Destinations[i])
			}
		}
	})
}

func (j *journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.fail
}
