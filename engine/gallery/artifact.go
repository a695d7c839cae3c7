package gallery

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/vhd"
)

// Artifact is one image in the gallery.
type Artifact struct {
	ID          string `json:"id"` // resource id; of a VHD, its file URL
	Kind        Kind   `json:"kind"`
	Path        string `json:"path"`              // of the disk: absolute; in the JSON on disk, relative to that file
	Format      string `json:"format"`            // "vpc", as qemu-img names a VHD
	VirtualSize int64  `json:"virtualSize"`       // bytes
	Version     string `json:"version,omitempty"` // x.y.z, of an image version
	Meta        Meta   `json:"meta"`
}

// Meta is what is known of an image beside its disk.
type Meta struct {
	OS                string            `json:"osType,omitempty"`       // linux or windows
	Source            string            `json:"source,omitempty"`       // what it was built from: a URN or a resource id, exact
	Run               string            `json:"run,omitempty"`          // id of the run that made it
	TemplateName      string            `json:"templateName,omitempty"` // of the image template
	Location          string            `json:"location,omitempty"`     // region the template asked for; nothing goes there
	Tags              map[string]string `json:"tags,omitempty"`
	Regions           []Region          `json:"regions,omitempty"` // likewise only recorded
	ReplicationMode   string            `json:"replicationMode,omitempty"`
	ExcludeFromLatest bool              `json:"excludeFromLatest,omitempty"`
	Machine           guest.Profile     `json:"machine,omitzero"` // what a machine made from it has to be like
	Created           time.Time         `json:"created"`          // UTC; set when published, if zero
}

// Region is one target region of an image version.
type Region struct {
	Name               string `json:"name"`
	ReplicaCount       int64  `json:"replicaCount"`
	StorageAccountType string `json:"storageAccountType"`
}

// Definition is what the gallery keeps of an image definition.
type Definition struct {
	ID      string    `json:"id"`
	OS      string    `json:"osType"`
	Created time.Time `json:"created"`
}

// DamagedError says that a record of the gallery, or the disk it names, is not what was published.
type DamagedError struct {
	ID   string // of the artifact; the record's path where the id cannot be read
	Path string
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("image %q in the gallery is damaged: %v", e.ID, e.Err)
}

// Unwrap gives the cause.
func (e *DamagedError) Unwrap() error { return e.Err }

// Why is the evidence, for a message.
func (e *DamagedError) Why() string { return e.Err.Error() }

// Fix is what to do about it.
func (e *DamagedError) Fix() string { return "build it again, or drop it: ingot gallery rm " + e.ID }

// writeRecord writes a as JSON to path and syncs it. a.Path is written as its last element.
func writeRecord(path string, a Artifact) error {
	a.Path = filepath.Base(a.Path)
	return writeJSON(path, a)
}

// readRecord reads what writeRecord wrote. The disk is not looked at.
func readRecord(path string) (Artifact, error) {
	var a Artifact
	if err := readJSON(path, &a); err != nil {
		return Artifact{}, err
	}
	if a.Path == "" || a.Path != filepath.Base(a.Path) || !filepath.IsLocal(a.Path) {
		return Artifact{}, &DamagedError{ID: path, Path: path, Err: fmt.Errorf("disk %q is not beside its record", a.Path)}
	}
	a.Path = filepath.Join(filepath.Dir(path), a.Path)
	return a, nil
}

// check looks whether the disk is as it was published, by its footer and length.
func (a Artifact) check() error {
	size, err := vhd.Size(a.Path)
	if err == nil && size != a.VirtualSize {
		err = fmt.Errorf("%s has %d bytes, published were %d", a.Path, size, a.VirtualSize)
	}
	if err != nil {
		return &DamagedError{ID: a.ID, Path: a.Path, Err: err}
	}
	return nil
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// readJSON gives *DamagedError for text that is no JSON; an absent file is fs.ErrNotExist.
func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &DamagedError{ID: path, Path: path, Err: err}
	}
	return nil
}
