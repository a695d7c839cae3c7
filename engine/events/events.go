// Package events is the one stream that tells what happens in a run. The terminal, the JSON lines, the log on disk and the
// journal are all sinks of it, so they cannot disagree.
package events

import (
	"fmt"
	"sync"
	"time"
)

// Event is one thing that happened in a run. Exactly one of the pointers is set.
type Event struct {
	Seq  int64     `json:"seq"`  // from 1, without gaps in one run
	Time time.Time `json:"time"` // UTC
	Run  string    `json:"run"`
	Step string    `json:"step,omitempty"` // id of the step: resolve, boot, customize[0], distribute[1]; "" for the run as a whole

	State     *State     `json:"state,omitempty"`
	Output    *Output    `json:"output,omitempty"`
	Progress  *Progress  `json:"progress,omitempty"`
	Problem   *Problem   `json:"problem,omitempty"`
	RunOutput *RunOutput `json:"runOutput,omitempty"`
	Mark      *Mark      `json:"mark,omitempty"`
}

// Phase is where a step, or the run, stands.
type Phase string

// The phases. A step goes Pending, Running, then one of the others; a step the run never reached stays Pending.
const (
	Pending   Phase = "pending"
	Running   Phase = "running"
	Done      Phase = "done"
	Failed    Phase = "failed"
	Cancelled Phase = "cancelled"
)

// State says that a step, or the run, changed its phase.
type State struct {
	Phase   Phase         `json:"phase"`
	Title   string        `json:"title,omitempty"`     // what a person reads for the step
	Detail  string        `json:"detail,omitempty"`    // one short line more: "TCG: software emulation, 2-14x slower than KVM"
	Elapsed time.Duration `json:"elapsedNs,omitempty"` // with the last three phases

	// Reused says of a step that is done that it was not run: the build VM was started from what an earlier run of it left.
	Reused bool `json:"reused,omitempty"`

	// Provisioner is the type of the Packer provisioner that is this step: shell, file. "" for steps that are none.
	Provisioner string `json:"provisioner,omitempty"`
}

// Stream is where a line of output came from.
type Stream string

// The streams.
const (
	Say     Stream = "say"     // the builder or a provisioner says what it does
	Stdout  Stream = "stdout"  // the guest's standard output
	Stderr  Stream = "stderr"  // the guest's standard error
	Console Stream = "console" // the guest's serial console
)

// Output is one line, without its newline.
type Output struct {
	Stream Stream `json:"stream"`
	Text   string `json:"text"`
}

// Progress says how far a long piece of work is.
type Progress struct {
	What  string `json:"what"`           // "download nginx.conf", "write disk"
	Done  int64  `json:"done"`           // in Unit
	Total int64  `json:"total"`          // in Unit; 0 when not known
	Unit  string `json:"unit,omitempty"` // "bytes", "percent" or "checks"
}

// Problem is a failure as it is shown: the four parts of a message.
type Problem struct {
	What  string `json:"what"`
	Where string `json:"where,omitempty"`
	Why   string `json:"why,omitempty"`
	Fix   string `json:"fix,omitempty"`

	Findings []Finding `json:"findings,omitempty"` // what the build VM showed when it was asked, the most likely cause first
}

// Finding is something in the build VM that explains a failure.
type Finding struct {
	What  string   `json:"what"`
	Why   string   `json:"why,omitempty"`
	Fix   string   `json:"fix,omitempty"`
	Lines []string `json:"lines,omitempty"` // of the machine's logs, that show it
}

// Mark says of a step that something of it may come out otherwise where it runs: it is told before the step, of what is written, and after
// it, of what it did.
type Mark struct {
	Command string `json:"command"`         // as it is written, or what was found
	Kind    string `json:"kind"`            // as --strict-fidelity has it
	Why     string `json:"why"`             // one sentence
	At      string `json:"at,omitempty"`    // file:line:column
	Found   bool   `json:"found,omitempty"` // it was done, and nobody had seen it coming
	Fix     string `json:"fix,omitempty"`   // of all marks that were told in a row, with the last of them
}

// String is the mark on one line, without its place and its fix.
func (m Mark) String() string {
	return fmt.Sprintf("%s [%s]: %s", m.Command, m.Kind, m.Why)
}

// RunOutput is the record of one distributor's result.
type RunOutput struct {
	Name        string `json:"name"`                  // runOutputName
	Type        string `json:"type"`                  // ManagedImage, SharedImage or VHD
	ArtifactID  string `json:"artifactId,omitempty"`  // resource id, of the first two
	ArtifactURI string `json:"artifactUri,omitempty"` // of a VHD
	Path        string `json:"path"`                  // the disk file on this machine
}

// Sink takes events in order of Seq, one at a time.
type Sink func(Event)

// Tee gives each event to every sink in turn.
func Tee(sinks ...Sink) Sink {
	return func(e Event) {
		for _, s := range sinks {
			s(e)
		}
	}
}

// Serial returns a Sink that many goroutines may call: it numbers and dates events and hands them on one at a time. Seq and
// Time of the event given are overwritten; Run is set to run.
func Serial(run string, next Sink, now func() time.Time) Sink { return SerialFrom(run, 0, next, now) }

// SerialFrom is Serial for a run that is taken up again: last is the Seq of its last event.
func SerialFrom(run string, last int64, next Sink, now func() time.Time) Sink {
	var mu sync.Mutex
	seq := last
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		seq++
		e.Seq, e.Time, e.Run = seq, now().UTC(), run
		next(e)
	}
}
