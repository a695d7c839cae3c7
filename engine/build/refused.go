package build

import (
	"errors"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/target"
)

// RefusedError says that Azure refused something that a VM of the run needed. Err is what the builder made of it.
type RefusedError struct {
	Failure *azurearm.Failure
	Err     error
}

func (e *RefusedError) Error() string { return e.Failure.Error() }

// Unwrap gives both.
func (e *RefusedError) Unwrap() []error { return []error{e.Failure, e.Err} }

// refused finds what Azure refused where a builder failed, before anything is cleaned up. A builder passes on a text at best. A provisioner
// that failed is not Azure's affair.
func (s *state) refused(err error) error {
	t, ok := s.Target.(target.Refuser)
	var failed *packercore.ProvisionError
	if err == nil || !ok || errors.As(err, &failed) {
		return err
	}
	f := azurearm.Explain(t.Failure())
	if f == nil {
		f = azurearm.Explain(err)
	}
	if f == nil {
		return err
	}
	return &RefusedError{Failure: f, Err: err}
}
