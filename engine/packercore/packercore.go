package packercore

import (
	"context"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// Registry holds the components a template may name, by type. Each call of a constructor gives a fresh one.
//
// A component that lives in a process of its own may have two methods more: Start() error, which is called before anything else
// and may fail, and Close() error, which is called when the component is not needed any more.
type Registry struct {
	Builders       map[string]func() packersdk.Builder
	Provisioners   map[string]func() packersdk.Provisioner
	PostProcessors map[string]func() packersdk.PostProcessor
	DataSources    map[string]func() packersdk.Datasource

	// WinRM is given the communicator of a guest behind WinRM whose builder is a process of its own, with the values of build.* and the
	// settings of the source that are true, and gives a better one for the same guest. Nil: there is none.
	WinRM func(
		comm packersdk.Communicator, build map[string]any, set func(name string) bool, note func(string),
	) (packersdk.Communicator, error)

	// Linked gives the versions of the plugins that the components above stand for, by source address, such as
	// "github.com/ingot-build/ingot". required_plugins is held against it.
	Linked map[string]string
	// Plugins finds installed plugins. It is given what required_plugins asks for and Linked does not have, which may be nothing:
	// Packer takes every installed plugin then. Its components count before those of the same name above. Nil: there are none.
	Plugins func(ctx context.Context, wanted []hcl2.PluginRequirement) (Registry, error)
}

// Options say what to run and how.
type Options struct {
	Dir      string            // folder with the *.pkr.hcl and *.pkr.json files, and files/ beside them
	File     string            // name of the one file in Dir to read, as when Packer is given a file; "": all of them
	Vars     map[string]string // values of the template's variables, as they would be typed after -var
	VarFiles []string          // files with values, as after -var-file
	Env      []string          // the environment that env() and PKR_VAR_… see; nil: none
	// Only and Except choose builds by their names, <build>.<type>.<source>, with Packer's patterns; Except leaves out
	// post-processors too.
	Only, Except []string
	// OnError is what a builder does when a step of it failed; "" is OnErrorCleanup.
	OnError string
	// Ask puts a question to a person and gives the answer, for OnErrorAsk. Nil: there is nobody, and a builder cleans up.
	Ask func(ctx context.Context, question string) (string, error)
	// Diagnose is told of a provisioner that ended the build, while the build VM still stands, and may ask it why. ctx ends with the
	// build, and after two minutes. A build that was cancelled is not asked about. Nil: nobody wants to know.
	Diagnose func(ctx context.Context, failed *ProvisionError, remote Remote)
	// Failed decides what becomes of a provisioner that failed, while the guest still stands. Nil: the build ends.
	Failed func(ctx context.Context, failed *ProvisionError, way Way) Verdict
	// Reached is told how the guest is reached, before its first provisioner runs; an error of it ends the build. Nil: nobody wants to
	// know.
	Reached func(ctx context.Context, way Way) error
	// Between is called before each provisioner that is run, and after the last one: the guest stands, and nothing of the build is done to
	// it until Between returns. An error of it ends the build. Nil: nobody wants to know.
	Between func(ctx context.Context, at Boundary) error
	// From is the provisioner to begin with, by its index in the build block. Those before it are left out: the guest has them behind
	// it.
	From int
	// AsService has provisioners find what they find in Azure VM Image Builder in PACKER_BUILDER_TYPE and PACKER_BUILD_NAME, whatever
	// the template calls its builder, so that a script which asks goes the same way.
	AsService bool
	// Phases has steps boot and shutdown told of a builder that does not tell them: what it does before the provisioners, and after.
	Phases bool
	// NoArtifact takes a builder that gives neither an artifact nor an error for one that has done its work, once all provisioners are
	// through. Without it that is a builder's way to say that it was stopped.
	NoArtifact bool
	// Force tells components to replace what an earlier run made.
	Force bool
	// Detach says which commands go on when the connection to the guest is lost.
	Detach Detach
	// Parallel is how many builds run at a time; 0: all.
	Parallel int
	// Mask learns the values of sensitive variables and locals, and the keys and passwords the builder makes, before they can
	// appear in an event. Events are masked with it before they are emitted. Nil: a mask of this run's own.
	Mask *events.Mask
	Now  func() time.Time // the clock, for timestamp() and the elapsed time of steps; nil: time.Now
}

// The values of Options.OnError.
const (
	OnErrorCleanup    = "cleanup"                 // undo everything
	OnErrorAbort      = "abort"                   // leave everything as it is, for a look inside
	OnErrorAsk        = "ask"                     // ask whether to clean up, abort, or try the step again
	OnErrorRunCleanup = "run-cleanup-provisioner" // run error-cleanup-provisioner, and leave everything else
)

// OnErrors lists the values of Options.OnError.
var OnErrors = []string{OnErrorCleanup, OnErrorAbort, OnErrorAsk, OnErrorRunCleanup}

// Artifact is what a builder or a post-processor made.
type Artifact struct {
	BuilderID string   // names the kind of artifact, not the run
	ID        string   // as the component chose it; need not be unique
	Files     []string // paths on this machine, in the component's order
	Text      string   // what the component says to a person
	// State answers what else the component tells, by names of its own; nil for a name it does not know. Packer's artifacts
	// answer questions and list none, so there is no map of it.
	State func(name string) any
}

// Result is what one build of a template came to: one source with what is done to its guest.
type Result struct {
	Name      string // <build>.<type>.<source>, or without the first word when the build has no name
	Artifacts []*Artifact
	Elapsed   time.Duration
	Err       error // see Prepared.Run
}
