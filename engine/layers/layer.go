package layers

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Layer is a machine as it was before a step of a build, or its finished disk.
type Layer struct {
	ID       string
	Parent   string // ID of the layer that its disk lies over; "": the base image
	Key      Key
	Target   string // name of the target whose machine it is
	Next     int    // the step that comes, as an index into the plan's steps
	Step     string // id of the step that made it
	Title    string // of that step, for people
	Template string // name of the image template it was made for first
	Run      string // id of the run that made it
	Final    bool   // the finished disk of a machine that is off: no step comes any more
	Memory   bool   // whether what ran on the machine is kept, so that it need not boot
	Base     Base   // under the first layer of its chain
	Made     time.Time
	Used     time.Time // last
	Alone    bool      // for one run alone, which removes it: nobody else finds it, and Prune removes one that was left
	Bound    string    // what its last step did that comes out otherwise in a container than in a VM; "": nothing is known
	InUse    bool      // by a build, or by a machine that outlives one; known of layers that List gives

	DiskBytes  int64 // on the host's disk, all files but the memory
	StateBytes int64 // on the host's disk, the memory

	Damaged string          // why it is of no use any more; "": nothing is known against it
	Facts   json.RawMessage // what the builder has to be told to start from it
	Dir     string          // absolute

	rec record
}

// Names of files that a builder leaves in a draft. It may leave others; these have a meaning here.
const (
	DiskFile  = "disk.qcow2"
	StateFile = "state" // memory and devices; a layer without it is a disk to boot from
	factsFile = "facts.json"
	wayFile   = "way.sealed"
)

// Files of the store's own in a layer's folder.
const (
	layerFile    = "layer.json"
	draftFile    = "draft.json"
	lockFile     = "lock"
	usedFile     = "used"
	damagedFile  = "damaged"
	verifiedFile = "verified"
)

// record is layer.json, but for its MAC.
type record struct {
	Version  int          `json:"version"`
	ID       string       `json:"id"`
	Parent   string       `json:"parent,omitempty"`
	Key      Key          `json:"key"`
	Target   string       `json:"target,omitempty"` // "": FirstTarget
	Next     int          `json:"next"`
	Step     string       `json:"step"`
	Title    string       `json:"title"`
	Template string       `json:"template"`
	Run      string       `json:"run,omitempty"`
	Final    bool         `json:"final,omitempty"`
	Alone    bool         `json:"alone,omitempty"`
	Bound    string       `json:"bound,omitempty"`
	Made     time.Time    `json:"made"`
	Base     Base         `json:"base"`
	Files    []fileRecord `json:"files"`
	Recipe   recipe       `json:"recipe"` // steps 0 to Next-1
}

// fileRecord is a file of a layer, as it was when the layer was made.
type fileRecord struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Sum  string `json:"sum"` // see sumOf
}

// envelope is layer.json: the record, and that this host wrote it.
type envelope struct {
	MAC   Key             `json:"mac"`
	Layer json.RawMessage `json:"layer"`
}

const recordVersion = 1

// FirstTarget is the target of layers that do not say theirs: they are older than there were others.
const FirstTarget = "qemu"

// Largest is how much of a layer.json is read, and how long a chain may be. A template has far fewer steps.
const (
	largestRecord = 4 << 20
	longestChain  = 4096
)

var (
	idShape     = regexp.MustCompile(`^[0-9a-f]{12}$`)
	targetShape = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	fileShape   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
)

func (s *Store) encode(r record) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	text, err = json.Marshal(envelope{MAC: s.macOf(text), Layer: text})
	return append(text, '\n'), err
}

// decode reads a layer.json that may be anything. What it gives back was written by this host, for a folder of that name.
func (s *Store) decode(text []byte, id string) (record, error) {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return record{}, errors.New("its layer.json is cut off, or was changed") // what JSON says of it helps nobody
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Layer); err != nil {
		return record{}, errors.New("its layer.json says nothing")
	}
	if mac := s.macOf(compact.Bytes()); !hmac.Equal(mac[:], e.MAC[:]) {
		return record{}, errors.New("its layer.json was changed, or is of another host")
	}
	var r record
	if err := json.Unmarshal(e.Layer, &r); err != nil {
		return record{}, fmt.Errorf("its layer.json: %w", err)
	}
	return r, r.check(id)
}

// check is about records that an earlier or later Ingot wrote: the MAC says that it was one.
func (r record) check(id string) error {
	switch {
	case r.Version != recordVersion:
		return fmt.Errorf("its layer.json is of version %d, and this is Ingot of version %d of that", r.Version, recordVersion)
	case r.ID != id:
		return fmt.Errorf("its layer.json is of layer %q", r.ID)
	case r.Target != "" && !targetShape.MatchString(r.Target):
		return fmt.Errorf("its layer.json names %q as target", r.Target)
	case r.Parent != "" && !idShape.MatchString(r.Parent):
		return fmt.Errorf("its layer.json names %q as parent", r.Parent)
	case r.Next < 1 || r.Next > longestChain || len(r.Recipe.Steps) != r.Next:
		return fmt.Errorf("its layer.json has %d steps before step %d", len(r.Recipe.Steps), r.Next)
	}
	names := map[string]bool{}
	for _, f := range r.Files {
		if !fileShape.MatchString(f.Name) || own[f.Name] || names[f.Name] || f.Size < 0 {
			return fmt.Errorf("its layer.json names the file %q", f.Name)
		}
		names[f.Name] = true
	}
	if !names[DiskFile] {
		return errors.New("its layer.json names no disk")
	}
	return nil
}

// own are the files that no builder may leave.
var own = map[string]bool{layerFile: true, draftFile: true, lockFile: true, usedFile: true, damagedFile: true, verifiedFile: true}

func (s *Store) macOf(text []byte) Key {
	return s.part("layer.json", string(text)).MAC
}
