package packercore

import (
	"errors"
	"fmt"

	"github.com/hashicorp/packer-plugin-sdk/shell"

	"github.com/ingot-build/ingot/translate/diag"
)

// TemplateError says that the Packer template is wrong at one place. Several of them are joined; TemplateErrors takes them apart.
type TemplateError struct {
	Range diag.Range // in a *.pkr.hcl file; the zero Range when the fault is in no file
	Path  string     // of the image template, properties.customize[0], when a comment at the block tells it; else ""
	Err   error
}

// Error gives place, fault and, where known, the path in the image template.
func (e *TemplateError) Error() string {
	text := e.Err.Error()
	if place := e.Range.String(); place != "" {
		text = place + ": " + text
	}
	if e.Path != "" {
		text += " (from " + e.Path + ")"
	}
	return text
}

// Unwrap returns the fault without its place.
func (e *TemplateError) Unwrap() error { return e.Err }

// TemplateErrors returns every TemplateError in the tree of err, in the order they were joined.
func TemplateErrors(err error) []*TemplateError {
	var all []*TemplateError
	var walk func(error)
	walk = func(err error) {
		switch e := err.(type) {
		case *TemplateError:
			all = append(all, e)
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				walk(inner)
			}
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		}
	}
	walk(err)
	return all
}

// joinTemplateErrors is errors.Join for a list of the one type; nil for an empty one.
func joinTemplateErrors(list []*TemplateError) error {
	errs := make([]error, len(list))
	for i, e := range list {
		errs[i] = e
	}
	return errors.Join(errs...)
}

// ProvisionError says that a provisioner of the template ended the build.
type ProvisionError struct {
	Index        int    // of the provisioner block, from 0, in template order
	Type         string // shell, file
	Name         string // the block's name attribute; may be ""
	ExitCode     int    // of the script that ended with one it must not end with; else -1
	Disconnected bool   // the connection to the build VM was lost while a command ran
	Err          error
}

// Error names the provisioner and says how it ended.
func (e *ProvisionError) Error() string {
	who := fmt.Sprintf("provisioner %d (%s)", e.Index, e.Type)
	if e.Name != "" {
		who = fmt.Sprintf("provisioner %d (%s %q)", e.Index, e.Type, e.Name)
	}
	return who + " " + e.how()
}

// how says how the provisioner ended, as a predicate.
func (e *ProvisionError) how() string {
	if e.ExitCode >= 0 {
		return fmt.Sprintf("exited with %d", e.ExitCode)
	}
	return fmt.Sprintf("failed: %v", e.Err)
}

// lostError is what Err is when Disconnected: provisioners advise settings that an image template does not have.
type lostError struct{ err error }

func (*lostError) Error() string {
	return "the connection to the build VM was lost while a command ran: it rebooted, or stopped answering"
}

func (e *lostError) Unwrap() error { return e.err }

// Unwrap returns what the provisioner itself said.
func (e *ProvisionError) Unwrap() error { return e.Err }

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
	if errors.As(err, &invalid) {
		return invalid.Code
	}
	return -1
}
