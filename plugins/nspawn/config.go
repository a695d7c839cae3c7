package nspawn

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/common"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/template/config"

	"github.com/ingot-build/ingot/plugins/machine"
)

// namePattern is what the names of a control group and of a machine of systemd have in common.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,59}$`)

//go:generate ../../.ci/tools/run packer-sdc mapstructure-to-hcl2 -type Config

// Config is the body of a source "ingot-nspawn" block.
type Config struct {
	common.PackerConfig `mapstructure:",squash"`

	// SourceDisk is the base disk. It is only read, and must not change while a build runs. Relative to the working
	// directory.
	SourceDisk string `mapstructure:"source_disk"`
	// SourceFormat is qcow2, raw or vpc; it is never guessed, since a guest may write a header into a raw disk.
	SourceFormat string `mapstructure:"source_format"`
	// Layer is the folder of a guest that was frozen, as a container or as a VM: its disk is gone on from, and source_disk only stands
	// for where it came from. "" starts from source_disk.
	Layer string `mapstructure:"layer"`
	// MetadataRelay is a command that carries a connection of the guest to 169.254.169.254, port 80, between its standard input and
	// output and a metadata service; it runs in OutputDirectory. "": nobody answers there.
	MetadataRelay string `mapstructure:"metadata_relay"`
	// OutputDirectory holds everything of one build. It is made (0700) if absent; two builds must not share one.
	OutputDirectory string `mapstructure:"output_directory"`
	// DiskSize is a whole number with the unit M, G or T (powers of 1024); "" keeps the source's size. A disk only
	// grows, and its root file system with it.
	DiskSize string `mapstructure:"disk_size"`
	// VMName is in the command line of the container's first process, so that one left behind can be found by it.
	VMName string `mapstructure:"vm_name"`
	CPUs   int    `mapstructure:"cpus"`   // that it may use
	Memory int    `mapstructure:"memory"` // MiB that it may use
	// Firmware is what a VM that goes on from a layer of this build boots by: bios or uefi.
	Firmware        string        `mapstructure:"firmware"`
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"` // from the order to power off until the disk is closed

	SSHUsername string `mapstructure:"ssh_username"` // whom cloud-init makes, with a key of this build
	// SSHPrivateKey is what the guest of a layer knows; without a layer each build makes a key.
	SSHPrivateKey string        `mapstructure:"ssh_private_key"`
	SSHTimeout    time.Duration `mapstructure:"ssh_timeout"` // from the start to the end of cloud-init

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
	c.setDefaults()
	if c.SourceDisk == "" {
		bad("source_disk is missing: the path of a disk to start from")
	}
	if c.OutputDirectory == "" {
		bad("output_directory is missing: the folder for the build's disk")
	}
	machine.CheckWord(bad, "source_format", c.SourceFormat, machine.SourceFormats...)
	machine.CheckWord(bad, "firmware", c.Firmware, machine.FirmwareBIOS, machine.FirmwareUEFI)
	machine.CheckLayer(bad, c.Layer, c.SSHPrivateKey)
	if strings.ContainsAny(c.MetadataRelay, "\n\x00") {
		bad("metadata_relay has a line break in it: it is one command, as a shell takes it apart")
	}
	if !namePattern.MatchString(c.VMName) {
		bad("vm_name is %q: small letters, digits and dashes are allowed, at most 60, no dash first", c.VMName)
	}
	if c.CPUs < 1 || c.CPUs > 255 {
		bad("cpus is %d: 1 to 255 are allowed", c.CPUs)
	}
	if c.Memory < 128 {
		bad("memory is %d: at least 128 (MiB) are needed to boot", c.Memory)
	}
	for name, d := range map[string]time.Duration{"ssh_timeout": c.SSHTimeout, "shutdown_timeout": c.ShutdownTimeout} {
		if d < 0 {
			bad("%s is %s: it must not be negative", name, d)
		}
	}
	var err error
	if c.diskSize, err = machine.ParseSize(c.DiskSize); err != nil {
		bad("disk_size is %q: %w", c.DiskSize, err)
	}

	c.comm = machine.SSHConfig(c.SSHUsername, "", c.SSHTimeout)
	errs = append(errs, c.comm.Prepare(nil)...)
	return errors.Join(errs...)
}

func (c *Config) setDefaults() {
	machine.SetDefault(&c.VMName, "ingot")
	machine.SetDefault(&c.CPUs, 2)
	machine.SetDefault(&c.Memory, 1024)
	machine.SetDefault(&c.Firmware, machine.FirmwareBIOS)
	machine.SetDefault(&c.SSHUsername, "packer")
	machine.SetDefault(&c.SSHTimeout, 5*time.Minute)
	machine.SetDefault(&c.ShutdownTimeout, 5*time.Minute)
}
