package qemu

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGuestConfig(t *testing.T) {
	const base = `
		source_disk      = "windows.qcow2"
		source_format    = "qcow2"
		output_directory = "out"
	`
	const winRM = base + `
		communicator   = "winrm"
		winrm_use_ssl  = true
		winrm_password = "a word"
	`
	t.Run("Windows", func(t *testing.T) {
		var c Config
		err := c.prepare(decode(t, winRM+`
			firmware      = "uefi"
			devices       = "emulated"
			secure_boot   = true
			tpm           = true
			unattend_seed = true`))
		if err != nil {
			t.Fatal(err)
		}
		got := []any{c.GuestOS, c.Devices, c.Memory, c.ShutdownTimeout, c.WinRMPort, c.SecureBoot, c.TPM, c.UnattendSeed}
		want := []any{"windows", "emulated", 4096, 15 * time.Minute, 5986, true, true, true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("Windows by SSH", func(t *testing.T) {
		var c Config
		if err := c.prepare(decode(t, base+`
			guest_os     = "windows"
			ssh_username = "builder"
			ssh_password = "a word"`)); err != nil {
			t.Fatal(err)
		}
		if c.comm.SSHUsername != "builder" || c.comm.SSHPassword != "a word" || c.guestPort() != 22 || c.Devices != "virtio" {
			t.Errorf("got %+v", c)
		}
	})

	user := func(name string) string { return winRM + "unattend_seed = true\nwinrm_username = \"" + name + "\"\n" }
	for _, tc := range []struct{ name, body, want string }{
		{"unknown system", base + `guest_os = "freebsd"`, `guest_os is "freebsd": it is one of linux, windows`},
		{"unknown devices", winRM + `devices = "scsi"`, `devices is "scsi": it is one of virtio, emulated`},
		{"Linux by WinRM", winRM + `guest_os = "linux"`, `communicator "winrm" is a way into Windows, and guest_os is "linux"`},
		{"Windows by SSH without a password", base + `guest_os = "windows"`, "ssh_password is missing"},
		{"Linux by SSH with a password", base + `ssh_password = "a word"`, `ssh_password has no meaning with guest_os "linux"`},
		{"secure boot by BIOS", winRM + `secure_boot = true`, `secure_boot needs firmware "uefi"`},
		{"seed for HTTP", strings.Replace(winRM, "= true", "= false", 1) + `unattend_seed = true`, "unattend_seed lets the build in by WinRM over HTTPS"},
		{"seed for SSH", base + "guest_os = \"windows\"\nssh_password = \"a\"\nunattend_seed = true", "unattend_seed lets the build in by WinRM over HTTPS"},
		{"user with a bracket", user("a[b"), `winrm_username is "a[b": Windows makes no user of that name`},
		{"user with a dot at its end", user("a."), `winrm_username is "a."`},
		{"user too long", user(strings.Repeat("a", 21)), "1 to 20 characters"},
		{"user that is there", user("ADMINISTRATOR"), "Windows has somebody of that name"},
		{"password with a control character", strings.Replace(user("b"), "a word", `a\u0001`, 1), "winrm_password has characters that no answer file can say"},
		{"password too long", strings.Replace(user("b"), "a word", strings.Repeat("é", 128), 1), "longer than the 127 characters"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c Config
			err := c.prepare(decode(t, tc.body))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "a word") {
				t.Errorf("the message has the password: %v", err)
			}
		})
	}
}
