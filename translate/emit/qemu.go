package emit

import "github.com/zclconf/go-cty/cty"

// qemu builds in a virtual machine on the host that Packer runs on, with Ingot's own builder.
type qemu struct {
	here
	ssh bool // the way into a source with Windows; what is made of it has the other one, by the answers to its first boot
}

func newQEMU(j job, o Options) (target, error) {
	h, err := newHere(QEMU, j, o)
	return qemu{h, o.WindowsSSH && j.windows() && !j.ofResult}, err
}

func (qemu) builder() string { return "ingot-qemu" }

func (q qemu) source(b block) {
	q.disk(b)
	refs(b, "vm_name", "cpus", "memory", "accelerator", "firmware")
	if q.windows() {
		q.windowsSource(b)
	} else {
		q.here.ssh(b)
	}
	q.around(b)
}

func (q qemu) windowsSource(b block) {
	b.str("guest_os", "windows")
	refs(b, "devices", "secure_boot", "tpm")
	if q.ssh {
		b.str("communicator", "ssh")
		refs(b, "ssh_username", "ssh_password")
		b.ref("ssh_timeout", "var", "boot_timeout")
		return
	}
	refs(b, "unattend_seed")
	b.str("communicator", "winrm")
	refs(b, "winrm_username", "winrm_password", "winrm_use_ssl")
	b.yes("winrm_insecure") // the certificate is made by the build VM itself
	refs(b, "winrm_use_ntlm")
	b.ref("winrm_timeout", "var", "boot_timeout")
}

func (q qemu) variables() []variable {
	all := append(q.diskVariables(),
		variable{name: "cpus", typ: "number", description: "Virtual processors of the build VM.", standard: cty.NumberIntVal(2)},
		variable{name: "memory", typ: "number", description: "Memory of the build VM, in MiB.", standard: cty.NumberIntVal(q.memory())},
		variable{name: "accelerator", typ: "string", standard: cty.StringVal("auto"),
			description: "What runs guest code: kvm, tcg (software emulation), or auto for the best that works."},
		variable{name: "firmware", typ: "string", description: "What the build VM boots by: bios or uefi.", standard: cty.StringVal("bios")})
	// The service waits 20 minutes for SSH. Windows sets itself up when it starts for the first time.
	// The end is longer than systemd's 90 s for a unit that will not stop. Windows may have updates to put in place.
	all = append(all, q.timeouts(q.or("20m", "1h"), q.or("5m", "15m"))...)
	if q.windows() {
		all = append(all, q.windowsVariables()...)
	}
	return append(all, q.aroundVariables()...)
}

// or is a default that depends on the system.
func (q qemu) or(linux, windows string) string {
	if q.windows() {
		return windows
	}
	return linux
}

func (q qemu) windowsVariables() []variable {
	all := []variable{
		{name: "devices", typ: "string", standard: cty.StringVal("emulated"),
			description: "Disk and network card of the build VM: emulated, or virtio where Windows has drivers for that."},
		{name: "secure_boot", typ: "bool", description: "Whether the build VM starts with secure boot; with firmware uefi.", standard: cty.False},
		{name: "tpm", typ: "bool", description: "Whether the build VM has a TPM; needs swtpm on the host.", standard: cty.False},
	}
	if q.ssh {
		return append(all,
			variable{name: "ssh_username", typ: "string", description: "User of the disk who may log in and is an administrator.",
				standard: cty.StringVal(BuildUser)},
			variable{name: "ssh_password", typ: "string", description: "Password of that user.", sensitive: true})
	}
	return append(all,
		variable{name: "unattend_seed", typ: "bool", standard: cty.True,
			description: "Whether the first boot of a generalized Windows makes the build user. If false, the disk has to have that user."},
		variable{name: "winrm_username", typ: "string", description: "The build user, an administrator.", standard: cty.StringVal(BuildUser)},
		variable{name: "winrm_password", typ: "string", description: "Password of the build user.", sensitive: true},
		variable{name: "winrm_use_ssl", typ: "bool", description: "Whether WinRM is spoken over HTTPS.", standard: cty.True},
		variable{name: "winrm_use_ntlm", typ: "bool", description: "Whether the build user logs in by NTLM, or else by Basic.", standard: cty.True})
}

// memory is what the build VM has when nobody says otherwise, in MiB.
func (q qemu) memory() int64 {
	if q.windows() {
		return 4096 // Windows Server asks for 2048 to be installed, and updates need more
	}
	return 1024
}

func (q qemu) readme() usage {
	u := q.usage("Packer runs on the host that is to run the build VM, with QEMU.")
	switch {
	case q.ssh:
		u.secret = []string{"ssh_password"}
	case q.windows():
		u.before = append(u.before, "A Windows that was generalized makes the build user when it starts for the first time, with the password that you "+
			"give it here. Of one that was not, say `-var unattend_seed=false -var winrm_username=NAME`, and give the password of that user. The disk "+
			"of a generation 2 VM, which has a GPT, starts with `-var firmware=uefi` alone.")
		u.secret = []string{"winrm_password"}
	}
	return u
}
