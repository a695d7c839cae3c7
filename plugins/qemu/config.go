package qemu

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/common"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/template/config"

	"github.com/ingot-build/ingot/plugins/machine"
)

// The accelerators. Auto becomes one of the others when the build starts.
const (
	accelAuto = "auto"
	accelKVM  = "kvm"
	accelTCG  = "tcg"
)

// The ways into a guest.
const (
	commSSH   = "ssh"
	commWinRM = "winrm"
)

// What a build VM can be.
const (
	guestLinux   = "linux"
	guestWindows = "windows"

	devicesVirtio   = "virtio"
	devicesEmulated = "emulated"
)

// vmNamePattern keeps the name free of characters that mean something in a QEMU option or a host name.
var vmNamePattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$`)

//go:generate ../../.ci/tools/run packer-sdc mapstructure-to-hcl2 -type Config

// Config is the body of a source "ingot-qemu" block.
type Config struct {
	common.PackerConfig `mapstructure:",squash"`

	// SourceDisk is the base disk. It is only read, and must not change while a build runs. Relative to the working
	// directory.
	SourceDisk string `mapstructure:"source_disk"`
	// SourceFormat is qcow2, raw or vpc; it is never guessed, since a guest may write a header into a raw disk.
	SourceFormat string `mapstructure:"source_format"`
	// Layer is the folder of a guest that was frozen; it goes on from there, and source_disk only stands for where it came from. See
	// vm.freeze for what is in it. "" starts from source_disk.
	Layer string `mapstructure:"layer"`
	// MetadataRelay is a command that carries a connection of the guest to 169.254.169.254, port 80, between its standard input and
	// output and a metadata service; it runs in OutputDirectory. "": nobody answers there.
	MetadataRelay string `mapstructure:"metadata_relay"`
	// OutputDirectory holds everything of one build. It is made (0700) if absent; two builds must not share one.
	OutputDirectory string `mapstructure:"output_directory"`
	// DiskSize is a whole number with the unit M, G or T (powers of 1024); "" keeps the source's size. A disk only
	// grows.
	DiskSize string `mapstructure:"disk_size"`
	// VMName is in QEMU's command line, so that a process left behind can be found by it.
	VMName          string        `mapstructure:"vm_name"`
	CPUs            int           `mapstructure:"cpus"`
	Memory          int           `mapstructure:"memory"` // MiB
	Accelerator     string        `mapstructure:"accelerator"`
	Firmware        string        `mapstructure:"firmware"`
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"` // from the order to power off to the end of QEMU

	// GuestOS is linux or windows; the default goes by the communicator.
	GuestOS string `mapstructure:"guest_os"`
	// Devices is virtio; or emulated, for a disk (AHCI) and a network card (e1000e) that every system has drivers for.
	Devices string `mapstructure:"devices"`
	// SecureBoot starts nothing that Microsoft's keys, or those of the distributions that it signed for, do not vouch for. It needs
	// firmware uefi.
	SecureBoot bool `mapstructure:"secure_boot"`
	TPM        bool `mapstructure:"tpm"` // version 2.0, by swtpm
	// UnattendSeed gives a generalized Windows, at its first boot, the answers to its questions: it makes the build user and
	// lets it in by WinRM.
	UnattendSeed bool `mapstructure:"unattend_seed"`

	// Communicator is the way into the guest: ssh, as a user whom cloud-init makes, with a key of this build; or winrm, as a user
	// whom the base disk, or its first boot, brings. By ssh into Windows the base disk brings user and password too. The keys of the
	// other way must be left out.
	Communicator string `mapstructure:"communicator"`
	SSHUsername  string `mapstructure:"ssh_username"`
	SSHPassword  string `mapstructure:"ssh_password"` // with guest_os windows
	// SSHPrivateKey is what the guest of a layer knows; without a layer each build makes a key.
	SSHPrivateKey string        `mapstructure:"ssh_private_key"`
	SSHTimeout    time.Duration `mapstructure:"ssh_timeout"` // from power-on to the end of cloud-init

	WinRMUsername string        `mapstructure:"winrm_username"`
	WinRMPassword string        `mapstructure:"winrm_password"`
	WinRMPort     int           `mapstructure:"winrm_port"` // of the guest; default 5985, or 5986 with winrm_use_ssl
	WinRMTimeout  time.Duration `mapstructure:"winrm_timeout"`
	WinRMUseSSL   bool          `mapstructure:"winrm_use_ssl"`
	WinRMInsecure bool          `mapstructure:"winrm_insecure"` // take any certificate: a guest's own is signed by nobody
	WinRMUseNTLM  bool          `mapstructure:"winrm_use_ntlm"` // instead of basic authentication

	comm     communicator.Config
	diskSize int64 // DiskSize in bytes; 0: the source's
}

// prepare decodes raws into c, fills in what was left out and checks the rest. It touches nothing outside c: whether
// the files exist is found out when the build starts. The error joins everything that is wrong.
func (c *Config) prepare(raws ...any) error {
	*c = Config{} // the core may prepare twice
	// HCL has interpolated already; a second pass would make "{{" in a path mean something.
	if err := config.Decode(c, &config.DecodeOpts{PluginType: BuilderID}, raws...); err != nil {
		return err
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.checkWay(bad)
	c.setDefaults()
	if c.SourceDisk == "" {
		bad("source_disk is missing: the path of a disk to start from")
	}
	if c.OutputDirectory == "" {
		bad("output_directory is missing: the folder for the build's disk")
	}
	machine.CheckWord(bad, "source_format", c.SourceFormat, machine.SourceFormats...)
	machine.CheckWord(bad, "accelerator", c.Accelerator, accelAuto, accelKVM, accelTCG)
	machine.CheckWord(bad, "firmware", c.Firmware, machine.FirmwareBIOS, machine.FirmwareUEFI)
	machine.CheckWord(bad, "devices", c.Devices, devicesVirtio, devicesEmulated)
	if c.SecureBoot && c.Firmware != machine.FirmwareUEFI {
		bad("secure_boot needs firmware %q", machine.FirmwareUEFI)
	}
	c.checkGuest(bad)
	c.checkLayer(bad)
	c.checkMetadata(bad)
	if !vmNamePattern.MatchString(c.VMName) {
		bad("vm_name is %q: letters, digits, dots and dashes are allowed, at most 63, no dot or dash first or last",
			c.VMName)
	}
	if c.CPUs < 1 || c.CPUs > 255 {
		bad("cpus is %d: 1 to 255 are allowed", c.CPUs)
	}
	if c.Memory < 128 {
		bad("memory is %d: at least 128 (MiB) are needed to boot", c.Memory)
	}
	if c.SSHTimeout < 0 {
		bad("ssh_timeout is %s: it must not be negative", c.SSHTimeout)
	}
	if c.WinRMTimeout < 0 {
		bad("winrm_timeout is %s: it must not be negative", c.WinRMTimeout)
	}
	if c.WinRMPort < 0 || c.WinRMPort > 65535 {
		bad("winrm_port is %d: 1 to 65535 are allowed", c.WinRMPort)
	}
	if c.ShutdownTimeout < 0 {
		bad("shutdown_timeout is %s: it must not be negative", c.ShutdownTimeout)
	}
	var err error
	if c.diskSize, err = machine.ParseSize(c.DiskSize); err != nil {
		bad("disk_size is %q: %w", c.DiskSize, err)
	}

	c.comm = c.communicator()
	errs = append(errs, c.comm.Prepare(nil)...)
	return errors.Join(errs...)
}

// checkWay checks what has to do with the way into the guest, before defaults fill in the rest.
func (c *Config) checkWay(bad func(string, ...any)) {
	machine.SetDefault(&c.Communicator, commSSH)
	machine.CheckWord(bad, "communicator", c.Communicator, commSSH, commWinRM)
	foreign := map[string]bool{"ssh_username": c.SSHUsername != "", "ssh_password": c.SSHPassword != "", "ssh_timeout": c.SSHTimeout != 0}
	if c.Communicator == commSSH {
		foreign = map[string]bool{
			"winrm_username": c.WinRMUsername != "", "winrm_password": c.WinRMPassword != "", "winrm_port": c.WinRMPort != 0,
			"winrm_timeout": c.WinRMTimeout != 0, "winrm_use_ssl": c.WinRMUseSSL, "winrm_insecure": c.WinRMInsecure,
			"winrm_use_ntlm": c.WinRMUseNTLM,
		}
	} else if c.WinRMPassword == "" {
		bad("winrm_password is missing: nobody can log in by WinRM without one")
	}
	for _, name := range slices.Sorted(maps.Keys(foreign)) {
		if foreign[name] {
			bad("%s has no meaning with communicator %q", name, c.Communicator)
		}
	}
}

// communicator is the SDK's form of the way into the guest.
func (c *Config) communicator() communicator.Config {
	if c.Communicator == commWinRM {
		packersdk.LogSecretFilter.Set(c.WinRMPassword)
		return communicator.Config{Type: commWinRM, WinRM: communicator.WinRM{
			WinRMHost: machine.Loopback, WinRMUser: c.WinRMUsername, WinRMPassword: c.WinRMPassword, WinRMTimeout: c.WinRMTimeout,
			WinRMUseSSL: c.WinRMUseSSL, WinRMInsecure: c.WinRMInsecure, WinRMUseNTLM: config.TrileanFromBool(c.WinRMUseNTLM),
		}}
	}
	if c.SSHPassword != "" {
		packersdk.LogSecretFilter.Set(c.SSHPassword)
	}
	return machine.SSHConfig(c.SSHUsername, c.SSHPassword, c.SSHTimeout)
}

// guestPort is where the guest listens.
func (c *Config) guestPort() int {
	if c.Communicator == commWinRM {
		return c.WinRMPort
	}
	return 22
}

func (c *Config) setDefaults() {
	machine.SetDefault(&c.VMName, "ingot")
	machine.SetDefault(&c.CPUs, 2)
	if c.windows() {
		machine.SetDefault(&c.Memory, 4096) // Windows Server wants 2048 to be installed, and updates need more
		machine.SetDefault(&c.ShutdownTimeout, 15*time.Minute)
	}
	machine.SetDefault(&c.Memory, 1024)
	machine.SetDefault(&c.Accelerator, accelAuto)
	machine.SetDefault(&c.Devices, devicesVirtio)
	machine.SetDefault(&c.Firmware, machine.FirmwareBIOS)
	if c.Communicator == commSSH {
		machine.SetDefault(&c.SSHUsername, "packer")
		machine.SetDefault(&c.SSHTimeout, 20*time.Minute)
	} else {
		machine.SetDefault(&c.WinRMUsername, "packer")
		machine.SetDefault(&c.WinRMTimeout, 30*time.Minute)
		if c.WinRMUseSSL {
			machine.SetDefault(&c.WinRMPort, 5986)
		}
		machine.SetDefault(&c.WinRMPort, 5985)
	}
	machine.SetDefault(&c.ShutdownTimeout, 5*time.Minute)
}
