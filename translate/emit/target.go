package emit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// The targets.
const (
	QEMU   = "qemu"
	Nspawn = "nspawn"
	Azure  = "azure"
)

// A target is the part of a Packer template that depends on where the build VM lives. One is made for each job; it may keep what
// it has found out about the plan.
type target interface {
	// builder is the first label of the source block.
	builder() string

	// plugins are those that plain Packer needs for the builder. The plugins of provisioners are added by the caller.
	plugins() []plugin

	// source fills the source block.
	source(block)

	// variables are what the source block refers to, in the order they are shown.
	variables() []variable

	// lost is what the plan asks for and this Packer template alone does not do, beyond what is lost with every target.
	lost() []Loss

	// readme says how this Packer template is used.
	readme() usage
}

// plugin is one entry of required_plugins.
type plugin struct {
	name, source, version string
	local                 bool // installed from a file: "packer init" would look for it elsewhere, and fail
}

// usage is what the README says of one Packer template.
type usage struct {
	before []string // paragraphs on what has to be there first, in Markdown
	vars   []string // variables without a default, in the order to give them, each as NAME=EXAMPLE; a secret is not among them
	secret []string // names of sensitive variables; given by the environment
	result string   // a paragraph on where the result is, in Markdown
}

// targets makes the target of a job. The error says which part of the plan the target has no form for.
var targets = map[string]func(job, Options) (target, error){
	QEMU:     newQEMU,
	Nspawn:   newNspawn,
	Azure:    newAzure,
	Standing: newStanding,
}

func newTarget(j job, o Options) (target, error) {
	name := o.Target
	if name == "" {
		name = QEMU
	}
	of, ok := targets[name]
	if !ok {
		known := slices.Sorted(maps.Keys(targets))
		return nil, fmt.Errorf("%q is no target; known are %s", name, strings.Join(known, ", "))
	}
	return of(j, o)
}

// BuildUser is who customizers run as: unprivileged with passwordless sudo on Linux, an administrator on Windows, as in the
// service.
const BuildUser = "packer"

// windows reports whether the build VM is reached by WinRM and not by SSH.
func (j job) windows() bool { return j.plan.OS == plan.Windows }
