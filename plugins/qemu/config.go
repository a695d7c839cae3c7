package qemu

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/common"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/template/config"
)

// The accelerators. Auto becomes one of the others when the build starts.
const (
	accelAuto = "auto"
	accelKVM  = "kvm"
	accelTCG  = "tcg"
)

// The kinds of firmware.
const (
	firmwareBIOS = "bios"
	firmwareUEFI = "uefi"
)

// sourceFormats are the disk formats a base disk may have, as QEMU names them.
var sourceFormats = []string{"qcow2", "raw", "vpc"}

// vmNamePattern keeps the name free of characters that mean something in a QEMU option or a host name.
var vmNamePattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$`)

// Config is the body of a source "ingot-qemu" block.
type Config struct {
	common.PackerConfig `mapstructure:",squash"`

	// SourceDisk is the base disk. It is only read, and must not change while a build runs. Relative to the working
	// directory.
	SourceDisk string `mapstructure:"source_disk"`
	// SourceFormat is qcow2, raw or vpc; it is never guessed, since a guest may write a header into a raw disk.
	SourceFormat string `mapstructure:"source_format"`
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
	SSHUsername     string        `mapstructure:"ssh_username"`
	SSHTimeout      time.Duration `mapstructure:"ssh_timeout"`      // from power-on to the end of cloud-init
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"` // from the power button to the end of QEMU

	comm     communicator.Config
	diskSize int64 // DiskSize in bytes; 0: the source's
}

// prepare decodes raws into c, fills in what was left out and checks the rest. It touches nothing outside c: whether
// the files exist is found out when the build starts. The error joins everything that is wrong.
func (c *Config) prepare(raws ...any) error {
	// HCL has interpolated already; a second pass would make "{{" in a path mean something.
	if err := config.Decode(c, &config.DecodeOpts{PluginType: BuilderID}, raws...); err != nil {
		return err
	}
	c.setDefaults()

	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.SourceDisk == "" {
		bad("source_disk is missing: the path of a disk to start from")
	}
	if c.OutputDirectory == "" {
		bad("output_directory is missing: the folder for the build's disk")
	}
	checkWord(bad, "source_format", c.SourceFormat, sourceFormats...)
	checkWord(bad, "accelerator", c.Accelerator, accelAuto, accelKVM, accelTCG)
	checkWord(bad, "firmware", c.Firmware, firmwareBIOS, firmwareUEFI)
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
	if c.ShutdownTimeout < 0 {
		bad("shutdown_timeout is %s: it must not be negative", c.ShutdownTimeout)
	}
	var err error
	if c.diskSize, err = parseSize(c.DiskSize); err != nil {
		bad("disk_size is %q: %w", c.DiskSize, err)
	}

	c.comm = communicator.Config{Type: "ssh", SSH: communicator.SSH{
		SSHHost: loopback, SSHUsername: c.SSHUsername, SSHTimeout: c.SSHTimeout,
		// curve25519 comes first: on an emulated CPU it makes the handshake tens of milliseconds shorter than the
		// others.
		SSHKEXAlgos: []string{"curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"},
	}}
	errs = append(errs, c.comm.Prepare(nil)...)
	return errors.Join(errs...)
}

func (c *Config) setDefaults() {
	setDefault(&c.VMName, "ingot")
	setDefault(&c.CPUs, 2)
	setDefault(&c.Memory, 1024)
	setDefault(&c.Accelerator, accelAuto)
	setDefault(&c.Firmware, firmwareBIOS)
	setDefault(&c.SSHUsername, "packer")
	setDefault(&c.SSHTimeout, 20*time.Minute)
	setDefault(&c.ShutdownTimeout, 5*time.Minute)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func checkWord(bad func(string, ...any), name, got string, allowed ...string) {
	for _, a := range allowed {
		if got == a {
			return
		}
	}
	bad("%s is %q: it is one of %s", name, got, strings.Join(allowed, ", "))
}

// parseSize reads "30G" as bytes. "" is 0.
func parseSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	unit, ok := map[byte]int64{'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40}[s[len(s)-1]]
	if !ok {
		return 0, errors.New("it is a whole number with the unit M, G or T")
	}
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if err != nil || n < 1 {
		return 0, errors.New("it is a whole number with the unit M, G or T")
	}
	const limit = 64 << 40 // a qcow2 may be larger still; an OS disk on Azure ends at 4 TiB
	if n > limit/unit {
		return 0, errors.New("at most 64T are allowed")
	}
	return n * unit, nil
}
