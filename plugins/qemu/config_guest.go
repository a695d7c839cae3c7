package qemu

import (
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/machine/seed"
)

// windows reports whether the guest is Windows.
func (c *Config) windows() bool {
	return c.GuestOS == guestWindows || c.GuestOS == "" && c.Communicator == commWinRM
}

// checkGuest checks what has to do with the guest's system, after the defaults of everything else.
func (c *Config) checkGuest(bad func(string, ...any)) {
	switch {
	case c.GuestOS == "" && c.windows():
		c.GuestOS = guestWindows
	case c.GuestOS == "":
		c.GuestOS = guestLinux
	}
	machine.CheckWord(bad, "guest_os", c.GuestOS, guestLinux, guestWindows)
	switch {
	case c.Communicator == commWinRM && c.GuestOS == guestLinux:
		bad("communicator %q is a way into Windows, and guest_os is %q", commWinRM, guestLinux)
	case c.Communicator == commSSH && c.windows() && c.SSHPassword == "":
		bad("ssh_password is missing: nobody gives Windows the key of a build")
	case c.Communicator == commSSH && !c.windows() && c.SSHPassword != "":
		bad("ssh_password has no meaning with guest_os %q: the build has a key", guestLinux)
	}
	if c.UnattendSeed {
		c.checkUnattend(bad)
	}
}

// windowsUserPattern is what a local user's name may be. https://learn.microsoft.com/windows/win32/adsi/naming-properties
var windowsUserPattern = regexp.MustCompile(`^[^"/\\\[\]:;|=,+*?<>@%]{1,20}$`)

// takenUsers are names that Windows has users or groups of already.
var takenUsers = []string{"administrator", "guest", "defaultaccount", "wdagutilityaccount", "system", "local service", "network service",
	"administrators", "users", "guests", "none"}

// checkUnattend checks what an answer file is made of.
func (c *Config) checkUnattend(bad func(string, ...any)) {
	if c.Communicator != commWinRM || !c.WinRMUseSSL {
		bad("unattend_seed lets the build in by WinRM over HTTPS: it needs communicator %q and winrm_use_ssl", commWinRM)
	}
	user := c.WinRMUsername
	if !windowsUserPattern.MatchString(user) || strings.Trim(user, ". ") != user || !seed.Sayable(user) {
		bad("winrm_username is %q: Windows makes no user of that name; 1 to 20 characters are allowed, "+
			`without " / \ [ ] : ; | = , + * ? < > @ %%, no dot or blank first or last`, user)
	}
	for _, taken := range takenUsers {
		if strings.EqualFold(user, taken) {
			bad("winrm_username is %q: Windows has somebody of that name, and the first boot makes a new user", user)
		}
	}
	switch password := c.WinRMPassword; {
	case !seed.Sayable(password):
		bad("winrm_password has characters that no answer file can say, such as control characters")
	case len([]rune(password)) > 127:
		bad("winrm_password is longer than the 127 characters that Windows takes")
	}
}
