package packercore

import (
	"context"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore/detach"
)

// Detach says which commands of provisioners outlive the connection to the guest; see package detach. The zero Detach
// leaves them all as the builder's communicator runs them.
type Detach struct {
	When     string        // one of Detaches; "" is DetachNever
	Patience time.Duration // how long a guest that cannot be reached is tried for; 0: DetachPatience
}

// The values of Detach.When.
const (
	DetachAuto   = "auto"   // where a lost connection ends what runs: WinRM
	DetachAlways = "always" // SSH too
	DetachNever  = "never"
)

// DetachPatience is how long a guest that cannot be reached is tried for, where nobody says otherwise.
const DetachPatience = detach.DefaultPatience

// Detaches lists the values of Detach.When.
var Detaches = []string{DetachAuto, DetachAlways, DetachNever}

// dialect is what a guest behind a communicator of a type is spoken to in. ok is false for one whose commands are left
// alone.
func (d Detach) dialect(connection string) (dialect detach.Dialect, ok bool) {
	switch {
	case d.When == DetachAlways && connection == "ssh":
		return detach.Shell, true
	case (d.When == DetachAlways || d.When == DetachAuto) && connection == "winrm":
		return detach.Windows, true
	}
	return 0, false
}

// restartProvisioner restarts the guest and looks how far that is: what it runs is short, and has to end with the
// session.
const restartProvisioner = "windows-restart"

// detached gives the communicator for one attempt of a provisioner, and what is to be called after it; nil when
// commands are left to the builder's.
func (h *provisionHook) detached(
	ctx context.Context, kind string, comm packersdk.Communicator, values map[string]any, ui *ui,
) *detach.Communicator {
	connection, _ := values["ConnType"].(string)
	dialect, ok := h.opts.Detach.dialect(connection)
	if !ok || kind == restartProvisioner {
		return nil
	}
	return detach.New(ctx, comm, detach.Options{
		Dialect: dialect, Patience: h.opts.Detach.Patience, Note: func(text string) { ui.output(events.Say, text) },
	})
}
