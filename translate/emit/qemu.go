package emit

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
)

// qemu builds on the machine that Packer runs on, with Ingot's own builder.
type qemu struct {
	job
	ssh      bool // the way into a source with Windows; what is made of it has the other one, by the answers to its first boot
	metadata bool // somebody answers the build VM at 169.254.169.254
}

// MetadataVar is the variable, and the field of the builder, that Options.Metadata is about.
const MetadataVar = "metadata_relay"

func newQEMU(j job, o Options) (target, error) {
	switch {
	case o.PluginVersion != "":
		return nil, errors.New("the target qemu has no versions of a plugin to choose from")
	case o.Standalone:
		return nil, errors.New("the builder of the target qemu leaves a disk, and cannot distribute it by itself")
	}
	if len(j.plan.DataDisksGB) > 0 && !j.validates {
		return nil, errors.New("the builder of the target qemu makes an image of the OS disk only, and the plan has data disks")
	}
	return qemu{j, o.WindowsSSH && j.windows() && !j.ofResult, o.Metadata}, nil
}

func (qemu) builder() string { return "ingot-qemu" }

// plugins: Ingot has the builder linked in, and plain Packer gets it from its own plugin.
func (qemu) plugins() []plugin {
	return []plugin{{name: "ingot", source: "github.com/ingot-build/ingot", version: ">= 0.1.0", local: true}}
}

func (q qemu) source(b block) {
	for _, name := range []string{"source_disk", "source_format", "output_directory"} {
		b.ref(name, "var", name)
	}
	if size := q.plan.OSDiskSizeGB; size > 0 && !q.ofResult {
		b.comment("properties.vmProfile.osDiskSizeGB")
		b.str("disk_size", fmt.Sprintf("%dG", size))
	}
	for _, name := range []string{"vm_name", "cpus", "memory", "accelerator", "firmware"} {
		b.ref(name, "var", name)
	}
	if q.windows() {
		q.windowsSource(b)
	} else {
		b.str("ssh_username", BuildUser)
		b.ref("ssh_timeout", "var", "boot_timeout")
	}
	if q.goesOn() {
		for _, v := range layerVariables() {
			b.ref(v.name, "var", v.name)
		}
	}
	if q.metadata {
		b.ref(MetadataVar, "var", MetadataVar)
	}
	b.ref("shutdown_timeout", "var", "shutdown_timeout")
}

func (q qemu) windowsSource(b block) {
	refs := func(names ...string) {
		for _, name := range names {
			b.ref(name, "var", name)
		}
	}
	b.str("guest_os", "windows")
	refs("devices", "secure_boot", "tpm")
	if q.ssh {
		b.str("communicator", "ssh")
		refs("ssh_username", "ssh_password")
		b.ref("ssh_timeout", "var", "boot_timeout")
		return
	}
	refs("unattend_seed")
	b.str("communicator", "winrm")
	refs("winrm_username", "winrm_password", "winrm_use_ssl")
	b.yes("winrm_insecure") // the certificate is made by the build VM itself
	refs("winrm_use_ntlm")
	b.ref("winrm_timeout", "var", "boot_timeout")
}

func (q qemu) variables() []variable {
	all := []variable{
		{name: "source_disk", typ: "string", description: "Path of the read-only disk that the build VM starts from."},
		{name: "source_format", typ: "string", description: "Format of that disk: qcow2, raw or vpc.", standard: cty.StringVal("qcow2")},
		{name: "output_directory", typ: "string", description: "Folder for the build VM's own disk, seed, console log and sockets.",
			standard: cty.StringVal("output")},
		{name: "vm_name", typ: "string", description: "Name of the build VM; a process left behind is found by it.",
			standard: cty.StringVal("ingot")},
		{name: "cpus", typ: "number", description: "Virtual processors of the build VM.", standard: cty.NumberIntVal(2)},
		{name: "memory", typ: "number", description: "Memory of the build VM, in MiB.", standard: cty.NumberIntVal(q.memory())},
		{name: "accelerator", typ: "string", description: "What runs guest code: kvm, tcg (software emulation), or auto for the best that works.",
			standard: cty.StringVal("auto")},
		{name: "firmware", typ: "string", description: "What the build VM boots by: bios or uefi.", standard: cty.StringVal("bios")},
		// The service waits as long for SSH. Windows sets itself up when it starts for the first time.
		{name: "boot_timeout", typ: "string", description: "Longest time from power-on until customizers can run.",
			standard: cty.StringVal(q.or("20m", "1h"))},
		// Longer than systemd's 90 s for a unit that will not stop. Windows may have updates to put in place.
		{name: "shutdown_timeout", typ: "string", description: "Longest time from the power button until the build VM is off.",
			standard: cty.StringVal(q.or("5m", "15m"))},
	}
	if q.windows() {
		all = append(all, q.windowsVariables()...)
	}
	if q.goesOn() {
		all = append(all, layerVariables()...)
	}
	if q.metadata {
		all = append(all, variable{name: MetadataVar, typ: "string", standard: cty.StringVal(""),
			description: "Command that carries a connection of the build VM to 169.254.169.254, port 80, to a metadata service."})
	}
	return all
}

// goesOn reports whether the build VM can go on from a machine that was frozen before: only a build is worth it, and Windows cannot.
func (q qemu) goesOn() bool { return !q.windows() && !q.validates }

func layerVariables() []variable {
	return []variable{
		{name: "layer", typ: "string", standard: cty.StringVal(""),
			description: "Folder of a build VM that Ingot kept before a step, to go on from; empty: start from source_disk."},
		{name: "ssh_private_key", typ: "string", standard: cty.StringVal(""), sensitive: true,
			description: "SSH key that the build VM in the layer knows."},
	}
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

// lost is nothing: what only has a meaning in Azure has none here, with Packer or without.
func (qemu) lost() []Loss { return nil }

func (q qemu) readme() usage {
	u := usage{
		before: []string{"Packer runs on the host that is to run the build VM, with QEMU. The builder is in Ingot's own plugin, which is a " +
			"program beside `ingot`:\n\n```bash\npacker plugins install --path packer-plugin-ingot github.com/ingot-build/ingot\n```",
			"`source_disk` is the disk that " + sourceText(q.plan) + " stands for: `ingot image ls` lists those of Ingot, and " +
				"`ingot image path NAME` says where one is."},
		vars:   []string{"source_disk=/path/to/disk.qcow2"},
		result: "The result is the disk `output/disk.qcow2`, which lies over the disk it was started from and needs it.",
	}
	if q.ofResult {
		u.before = []string{"The disk that the build left is started once more, and stays as it is: what the validators change " +
			"goes into a disk of their own."}
		u.vars = []string{"source_disk=output/disk.qcow2", "output_directory=validation"}
		u.result = "The validation is done when all steps have ended without an error. The folder `validation` can go then."
	}
	if q.validates && !q.ofResult {
		u.result = "The validation is done when all steps have ended without an error. The folder `output` can go then."
	}
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
