package build

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

const (
	// guestPatience bounds what a guest is asked before its disks are kept, and after.
	guestPatience = 5 * time.Minute
	// deprovisioningScript is where the service puts what generalizes a Linux machine, and where a customizer may put its own. A guest
	// that boots empties that folder.
	deprovisioningScript = "/tmp/DeprovisioningScript.sh"
	// longestScript is what fits into a command of SSH with room to spare.
	longestScript = 96 << 10
	scriptIsThere = "ingot: it is there"
)

// settleGuest writes what the guest has in its caches onto its disks. Files are not frozen for the moment of the snapshot: on the one file
// system that the guest runs from, that would hang the very connection that has to end it; and file systems with a journal come up from a
// snapshot as they do after a loss of power. script is what has to be put back when a machine boots from these disks.
func (s *state) settleGuest(ctx context.Context, at packercore.Boundary) (script *string, err error) {
	if at.Remote == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, guestPatience, errors.New("the build VM did not answer in time"))
	defer cancel()
	if s.Plan.OS == plan.Windows {
		_, err := at.Remote(ctx, `powershell -NoProfile -NonInteractive -Command "Get-Volume | Where-Object DriveLetter | Write-VolumeCache"`)
		return nil, err
	}
	said, err := at.Remote(ctx, fmt.Sprintf("if test -f %s; then echo '%s'; cat %[1]s; fi; sync", deprovisioningScript, scriptIsThere))
	if err != nil {
		return nil, err
	}
	text, there := strings.CutPrefix(said, scriptIsThere+"\n")
	switch {
	case !there:
		return nil, nil
	case len(text) > longestScript || strings.ContainsRune(text, 0):
		return nil, fmt.Errorf("%s is too large, or no text: it could not be put back into a machine that boots from the checkpoint",
			deprovisioningScript)
	}
	return &text, nil
}

// putScript puts the deprovisioning script back into a machine that booted from a checkpoint, before its first step.
func (s *state) putScript(ctx context.Context, at packercore.Boundary) error {
	if s.Start == nil || s.Start.Script == nil || at.Next != s.Start.Next || at.Remote == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, guestPatience, errors.New("the build VM did not answer in time"))
	defer cancel()
	text, last := *s.Start.Script, "INGOT_END_OF_SCRIPT"
	for strings.Contains(text, last) {
		last += "_"
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err := at.Remote(ctx, fmt.Sprintf("test -e %s || cat >%[1]s <<'%s'\n%s%s\n", deprovisioningScript, last, text, last))
	if err != nil {
		return fmt.Errorf("put %s back into the build VM: %w", deprovisioningScript, err)
	}
	return nil
}
