package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/communicator/sshkey"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// FactsFile is beside DiskFile and SeedFile in the folder of a layer: Facts as JSON, written by whoever asked for the layer.
const FactsFile = "facts.json"

// factsFormat is the version of Facts; another one is not understood.
const factsFormat = 1

// The kinds of firmware.
const (
	FirmwareBIOS = "bios"
	FirmwareUEFI = "uefi"
)

// Facts are what every builder has to be told to go on from the disk of a layer, whichever builder left it.
type Facts struct {
	Format    int    `json:"format"`
	Kind      string `json:"kind,omitempty"` // of the machine that left it; "" is a VM
	CPUs      int    `json:"cpus"`
	MemoryMiB int    `json:"memoryMiB"`
	Firmware  string `json:"firmware"` // bios or uefi: what a VM with this disk boots by
}

// NewFacts are those of a machine.
func NewFacts(kind string, cpus, memoryMiB int, firmware string) Facts {
	return Facts{Format: factsFormat, Kind: kind, CPUs: cpus, MemoryMiB: memoryMiB, Firmware: firmware}
}

// ReadFacts reads those of the layer in dir, and what else a builder wrote there into more, unless that is nil.
func ReadFacts(dir string, more any) (f Facts, err error) {
	text, err := os.ReadFile(filepath.Join(dir, FactsFile))
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err == nil && more != nil {
		err = json.Unmarshal(text, more)
	}
	switch {
	case err != nil:
	case f.Format != factsFormat:
		err = fmt.Errorf("its %s is of format %d, and this version knows %d", FactsFile, f.Format, factsFormat)
	case f.CPUs < 1 || f.MemoryMiB < 1 || f.Firmware != FirmwareBIOS && f.Firmware != FirmwareUEFI:
		err = errors.New("its " + FactsFile + " names no machine")
	}
	if err == nil {
		err = hasAll(dir)
	}
	if err != nil {
		return f, fmt.Errorf("layer %s cannot be used: %w", dir, err)
	}
	return f, nil
}

func hasAll(dir string) error {
	for _, name := range []string{DiskFile, SeedFile} {
		if !IsFile(filepath.Join(dir, name)) {
			return fmt.Errorf("its %s is gone", name)
		}
	}
	return nil
}

// CheckLayer checks the attributes layer and ssh_private_key, of which neither has a meaning alone. The key is kept out of what is logged.
func CheckLayer(bad func(string, ...any), layer, key string) {
	switch {
	case layer == "" && key != "":
		bad("ssh_private_key has no meaning without layer: the guest of a new build gets a key of its own")
	case layer == "":
	case key == "":
		bad("ssh_private_key is missing: the guest in the layer lets in nobody else")
	default:
		packersdk.LogSecretFilter.Set(key, strings.TrimSpace(key))
		if _, err := sshkey.PublicKeyFromPrivate([]byte(key)); err != nil {
			bad("ssh_private_key is no key without a password, as OpenSSH writes them: %w", err)
		}
	}
}

// UseKey makes key the one that c logs in by.
func UseKey(c *communicator.Config, key string) (err error) {
	c.SSHPrivateKey = []byte(key)
	if c.SSHPublicKey, err = sshkey.PublicKeyFromPrivate(c.SSHPrivateKey); err != nil {
		return fmt.Errorf("ssh_private_key: %w", err)
	}
	return nil
}
