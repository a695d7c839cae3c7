package build

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/target"
)

// The files, in a VM's staging directory, with which a person gets into one that was kept and whose builder wrote none.
const (
	keptKeyFile      = "kept-key"      // of SSH, PEM
	keptPasswordFile = "kept-password" // of WinRM
)

// noting remembers how a VM is reached, and tells it to next, if there is one.
func noting(way *packercore.Way, next func(context.Context, packercore.Way) error) func(context.Context, packercore.Way) error {
	return func(ctx context.Context, w packercore.Way) error {
		*way = w
		if next == nil {
			return nil
		}
		return next(ctx, w)
	}
}

// letIn completes what is told of a VM that was kept with the way to it, and leaves on the disk what opens it: whoever asked for the VM
// to be kept wants to get in. A builder of Ingot's does so itself. The files go with the VM.
func letIn(k *target.Kept, way packercore.Way, dir string) error {
	if k.Address != "" || way.Host == "" {
		return nil
	}
	k.Address, k.User = net.JoinHostPort(way.Host, strconv.Itoa(way.Port)), way.User
	if way.PrivateKey != "" {
		key := filepath.Join(dir, keptKeyFile)
		if err := os.WriteFile(key, []byte(way.PrivateKey), 0o600); err != nil {
			return fmt.Errorf("leave the key of the VM that was kept: %w", err)
		}
		port := ""
		if way.Port != 22 {
			port = fmt.Sprintf(" -p %d", way.Port)
		}
		k.Command = fmt.Sprintf("ssh -i %s%s %s@%s", key, port, way.User, way.Host)
		return nil
	}
	password := filepath.Join(dir, keptPasswordFile)
	if err := os.WriteFile(password, []byte(way.Password+"\n"), 0o600); err != nil {
		return fmt.Errorf("leave the password of the VM that was kept: %w", err)
	}
	k.User += ", whose password is in " + password
	return nil
}

// cleanUp is the command that removes what a run of the target has left.
func (s *state) cleanUp() string {
	if info := s.Target.Info(); info.External {
		return "ingot clean --on " + info.Name
	}
	return "ingot clean"
}
