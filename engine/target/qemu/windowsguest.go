package qemu

import (
	"cmp"
	"crypto/rand"
	"strconv"

	"github.com/ingot-build/ingot/engine/guest"
)

// buildUser is whom the first boot of a generalized Windows makes.
const buildUser = "packer"

// windowsVars are the variables that a Packer template for Windows has beside the others. Where the disk brings no user, newPassword
// gives the password of the one who is made.
func windowsVars(p guest.Profile, newPassword func() string) map[string]string {
	vars := map[string]string{
		"devices":     cmp.Or(p.Devices, guest.Emulated),
		"secure_boot": strconv.FormatBool(p.SecureBoot),
		"tpm":         strconv.FormatBool(p.TPM),
	}
	login := p.Login
	if login != nil && login.Communicator == guest.SSH {
		vars["ssh_username"], vars["ssh_password"] = login.User, login.Password
		return vars
	}
	if login == nil {
		login = &guest.Login{User: buildUser, Password: newPassword()}
	}
	vars["unattend_seed"] = strconv.FormatBool(p.Login == nil)
	vars["winrm_username"], vars["winrm_password"] = login.User, login.Password
	vars["winrm_use_ssl"], vars["winrm_use_ntlm"] = strconv.FormatBool(!login.HTTP), strconv.FormatBool(!login.Basic)
	return vars
}

// randomPassword has 128 random bits, and each kind of character that Windows may insist on.
func randomPassword() string { return rand.Text() + "-aA1" }
