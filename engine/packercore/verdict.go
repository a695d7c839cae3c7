package packercore

import (
	"context"
	"errors"
)

// Verdict is what becomes of a provisioner that failed.
type Verdict int

// The verdicts.
const (
	EndBuild Verdict = iota // the build failed
	TryAgain                // the provisioner runs once more, from its beginning
	GoOn                    // the next one runs, as if it had not failed
)

// verdict asks what becomes of a failure while the guest still stands. One that was cancelled, and a component that panicked, is not asked
// about.
func (h *provisionHook) verdict(ctx context.Context, err error, values map[string]any) Verdict {
	var failed *ProvisionError
	var panicked *PanicError
	if h.opts.Failed == nil || !errors.As(err, &failed) || errors.As(err, &panicked) || ctx.Err() != nil {
		return EndBuild
	}
	v := h.opts.Failed(ctx, failed, wayOf(values))
	if ctx.Err() != nil {
		return EndBuild
	}
	if v != EndBuild {
		h.forget()
	}
	return v
}
