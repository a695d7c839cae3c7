package packercore

import (
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
)

// Registry holds the components a template may name, by type. Each call of a constructor gives a fresh one.
type Registry struct {
	Builders     map[string]func() packersdk.Builder
	Provisioners map[string]func() packersdk.Provisioner
}

// Options say what to run and how.
type Options struct {
	Dir  string            // folder with the *.pkr.hcl files, and files/ beside them
	Vars map[string]string // values of the template's variables, as they would be typed after -var
	// OnError is what a builder does when a step of it failed: OnErrorCleanup (the default), or OnErrorAbort to leave
	// everything as it is for a look inside.
	OnError string
	// Mask learns the values of sensitive variables, and the keys and passwords the builder makes, before they can appear in
	// an event. Events are masked with it before they are emitted. Nil: a mask of this build's own.
	Mask *events.Mask
	Now  func() time.Time // the clock, for the elapsed time of steps; nil: time.Now
}

// The values of Options.OnError.
const (
	OnErrorCleanup = "cleanup"
	OnErrorAbort   = "abort"
)

// Artifact is what a builder made.
type Artifact struct {
	BuilderID string   // names the kind of artifact, not the run
	ID        string   // as the builder chose it; need not be unique
	Files     []string // paths on this machine, in the builder's order
	// State answers what else the builder tells, by names of its own; nil for a name it does not know. Packer's artifacts
	// answer questions and list none, so there is no map of it.
	State func(name string) any
}
