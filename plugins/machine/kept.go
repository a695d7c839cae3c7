package machine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// What an aborted build leaves beside its disk.
const (
	KeyFile  = "id_ed25519" // logs in to the guest
	KeptFile = "kept.json"  // a Kept, for programs
)

// Kept is a machine that is still there after its build, because that failed and was not to be cleaned up.
type Kept struct {
	Name    string `json:"name"`              // in the command line of its process
	PID     int    `json:"pid"`               // of that
	Address string `json:"address"`           // host and port of the guest's sshd or WinRM service
	User    string `json:"user"`              // who may log in
	Command string `json:"command,omitempty"` // logs in; "" where only a password does
	Disk    string `json:"disk"`              // path
}

// Write puts k into the folder of the build, with the key that logs in, if there is one, and the command that does so by the port.
func (k *Kept) Write(dir string, key []byte, port int) error {
	if len(key) > 0 {
		path := filepath.Join(dir, KeyFile)
		if err := os.WriteFile(path, key, 0o600); err != nil {
			return err
		}
		// The guest's key is not known to anybody yet, and the port will be another guest's one day.
		k.Command = fmt.Sprintf("ssh -i %s -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "+
			"-o LogLevel=ERROR -p %d %s@%s",
			ShellWord(path), port, k.User, Loopback)
	}
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, KeptFile), append(text, '\n'), 0o600)
}

// Say tells whoever builds the way in.
func (k *Kept) Say(ui packersdk.Ui, kind, disk string) {
	text := fmt.Sprintf("Kept for a look inside: %s %s (process %d) at %s, user %s", kind, k.Name, k.PID, k.Address, k.User)
	if k.Command != "" {
		text += ": " + k.Command
	}
	ui.Say(text + "\nIts disk: " + disk)
}

// ShellWord makes s one word for a shell.
func ShellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// QuietUI leaves out that the SDK does not clean up each step of an aborted build: what is kept is said once, at the end.
type QuietUI struct{ packersdk.Ui }

func (u QuietUI) Error(text string) {
	if !strings.HasPrefix(text, "aborted: skipping cleanup of step ") {
		u.Ui.Error(text)
	}
}
