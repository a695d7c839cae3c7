// Package guest says what is known of a disk beside its bytes: what a machine has to be like that starts from it, and who may log
// in. The stores of base images and of results keep it with the disk; a target makes the machine by it.
package guest

import "fmt"

// Profile is what a machine has to be like. The zero Profile leaves it to the target.
type Profile struct {
	Devices    string `json:"devices,omitempty"`    // virtio, or emulated: devices that every system has drivers for
	Firmware   string `json:"firmware,omitempty"`   // bios or uefi
	SecureBoot bool   `json:"secureBoot,omitempty"` // with uefi
	TPM        bool   `json:"tpm,omitempty"`        // version 2.0
	Login      *Login `json:"login,omitempty"`      // nil: the first boot makes the build user
}

// Login is how a user of the disk's own is reached.
type Login struct {
	Communicator string `json:"communicator"` // winrm or ssh
	User         string `json:"user"`
	Password     string `json:"-"`               // kept apart from everything that is shown
	HTTP         bool   `json:"http,omitempty"`  // WinRM without TLS
	Basic        bool   `json:"basic,omitempty"` // WinRM by Basic instead of NTLM
}

// The words of a Profile.
const (
	Virtio   = "virtio"
	Emulated = "emulated"
	BIOS     = "bios"
	UEFI     = "uefi"
	WinRM    = "winrm"
	SSH      = "ssh"
)

// Generalized is the profile of the image that is made from the disk: the same machine, of which nobody is a user any more.
func (p Profile) Generalized() Profile {
	p.Login = nil
	return p
}

// Fault says what in p cannot be, or "".
func (p Profile) Fault() string {
	word := func(name, got string, known ...string) string {
		for _, k := range known {
			if got == k {
				return ""
			}
		}
		return fmt.Sprintf("%s %q is not one of %v", name, got, known)
	}
	switch {
	case p.SecureBoot && p.Firmware == BIOS:
		return "secure boot is a matter of uefi, and the firmware is bios"
	case p.Login != nil && p.Login.User == "":
		return "a login has no user"
	case p.Login != nil && p.Login.Communicator == SSH && (p.Login.HTTP || p.Login.Basic):
		return "HTTP and Basic are matters of winrm, and the communicator is ssh"
	case p.Login != nil && p.Login.Communicator != SSH && p.Login.Communicator != WinRM:
		return word("communicator", p.Login.Communicator, WinRM, SSH)
	}
	if fault := word("devices", p.Devices, "", Virtio, Emulated); fault != "" {
		return fault
	}
	return word("firmware", p.Firmware, "", BIOS, UEFI)
}
