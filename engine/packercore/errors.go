package packercore

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/shell"

	"github.com/ingot-build/ingot/engine/packercore/hcl2"
	"github.com/ingot-build/ingot/translate/diag"
)

// TemplateError says that the Packer template is wrong at one place. Several of them are joined; TemplateErrors takes them apart.
type TemplateError = hcl2.Error

// TemplateErrors returns every TemplateError in the tree of err, in the order they were joined.
func TemplateErrors(err error) []*TemplateError { return hcl2.Errors(err) }

// known renders the keys of a registry.
func known[V any](given string, m map[string]V) string {
	if len(m) == 0 {
		return "none is linked in"
	}
	return diag.KnownNames(given, slices.Collect(maps.Keys(m)))
}

// masked hides secrets in the messages about a template: a function that fails repeats what it was given. Other errors stay as
// they are, for callers to look at.
func (s *session) masked(err error) error {
	found := TemplateErrors(err)
	if found == nil {
		return err
	}
	clean := false
	for _, e := range found {
		if text := e.Err.Error(); s.opts.Mask.Text(text) != text {
			e.Err = errors.New(s.opts.Mask.Text(text))
			clean = true
		}
	}
	if clean {
		return hcl2.Join(found)
	}
	return err
}

// ProvisionError says that a provisioner of the template ended the build.
type ProvisionError struct {
	Build        string // name of the build, as Result has it
	Step         string // as events have it
	Index        int    // of the provisioner block, from 0, in template order; -1 for error-cleanup-provisioner
	Type         string // shell, file
	Name         string // the block's name attribute; may be ""
	ExitCode     int    // of the script that ended with one it must not end with; else -1
	Disconnected bool   // the connection to the build VM was lost while a command ran
	Err          error
}

// Error names the provisioner and says how it ended.
func (e *ProvisionError) Error() string {
	block := fmt.Sprintf("provisioner %d", e.Index)
	if e.Index < 0 {
		block = cleanupStep
	}
	who := e.Type
	if e.Name != "" {
		who = fmt.Sprintf("%s %q", e.Type, e.Name)
	}
	return fmt.Sprintf("%s (%s) %s", block, who, e.how())
}

// how says how the provisioner ended, as a predicate.
func (e *ProvisionError) how() string {
	if e.ExitCode >= 0 {
		return fmt.Sprintf("exited with %d", e.ExitCode)
	}
	return fmt.Sprintf("failed: %v", e.Err)
}

// lostError is what Err is when Disconnected: provisioners advise settings that an image template does not have.
type lostError struct {
	err error
	why string // what is known of it; "" when the connection alone was lost
}

func (e *lostError) Error() string {
	if e.why == "" {
		return "the connection to the build VM was lost while a command ran: it rebooted, or stopped answering"
	}
	return "the end of a command on the build VM is not known: " + e.why
}

func (e *lostError) Unwrap() error { return e.err }

// Unwrap returns what the provisioner itself said.
func (e *ProvisionError) Unwrap() error { return e.Err }

// LateError says that a provisioner ran longer than its block allows.
type LateError struct{ After time.Duration }

// Error names the time.
func (e *LateError) Error() string {
	return fmt.Sprintf("it ran longer than its timeout of %s", e.After)
}

// PanicError says that a component panicked: a fault of Ingot or of the component, not of the template.
type PanicError struct {
	Component string // "provisioner shell", "builder ingot-qemu"
	Value     any    // what it panicked with
	Stack     string // of the goroutine that panicked
}

// Error names the component.
func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.Component, e.Value) }

// errStopped is the error of a builder that returned neither an artifact nor an error: its way to say that it was stopped.
var errStopped = errors.New("the builder stopped without an artifact and without an error")

// exitCode returns the exit code that err tells, or -1. Every provisioner that judges exit codes does it with the SDK's type.
func exitCode(err error) int {
	var invalid *shell.ErrorInvalidExitCode
	if errors.As(err, &invalid) && invalid.Code != packersdk.CmdDisconnect {
		return invalid.Code
	}
	return -1
}
