// Package seed makes the disk from which a build VM takes its orders when it boots: a NoCloud disk for cloud-init (Seed), or one
// with an answer file for Windows (Unattend). What is on it is decided by pure functions; Write and WriteWindows put it into an ISO
// image.
package seed

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
)

// VolumeID is the label by which cloud-init knows the disk.
const VolumeID = "cidata"

// Hostname is the same in every build, so that two builds of one image template do not differ by it.
const Hostname = "ingot-build"

// Seed is what one build VM is told.
type Seed struct {
	InstanceID string // another one for each run: cloud-init does its once-per-machine work again when it changes
	User       string // made, may sudo without a password, and is deleted again by waagent
	PublicKey  string // a line as in authorized_keys, or several
	BootDisk   string // what GRUB's packages are told that they are installed to; "": cloud-init finds it out, which it cannot in a container
}

// VirtioDisk is what a VM of ours boots from.
const VirtioDisk = "/dev/vda"

// File is a file at the root of the seed disk.
type File struct {
	Name string
	Data []byte
}

// Files are the files of the seed disk. They depend on s alone.
func (s Seed) Files() []File {
	return []File{
		{"meta-data", document(struct {
			InstanceID    string `json:"instance-id"`
			LocalHostname string `json:"local-hostname"`
		}{s.InstanceID, Hostname})},
		{"user-data", append([]byte("#cloud-config\n"), document(s.cloudConfig())...)},
	}
}

// cloudConfig is the part of cloud-init's configuration that a build needs. What it does not say stays as the base
// image has it; so there is no ssh_pwauth, which would rewrite sshd's configuration for good. Fields are in the order
// they are written.
type cloudConfig struct {
	Users            []user      `json:"users"`
	DeleteHostKeys   bool        `json:"ssh_deletekeys"`
	HostKeyTypes     []string    `json:"ssh_genkeytypes"`
	HideFingerprints bool        `json:"no_ssh_fingerprints"`
	SSH              sshOptions  `json:"ssh"`
	Locale           string      `json:"locale"`
	ManageEtcHosts   string      `json:"manage_etc_hosts"`
	Apt              apt         `json:"apt"`
	PackageUpdate    bool        `json:"package_update"`
	PackageUpgrade   bool        `json:"package_upgrade"`
	WriteFiles       []writeFile `json:"write_files"`
	Grub             *grub       `json:"grub_dpkg,omitempty"`
}

type grub struct {
	Disk   string `json:"grub-pc/install_devices"`
	NoDisk bool   `json:"grub-pc/install_devices_empty"`
}

type user struct {
	Name           string   `json:"name"`
	Shell          string   `json:"shell"`
	LockPassword   bool     `json:"lock_passwd"`
	Sudo           string   `json:"sudo"` // lands in /etc/sudoers.d/90-cloud-init-users
	AuthorizedKeys []string `json:"ssh_authorized_keys"`
}

type sshOptions struct {
	KeysToConsole bool `json:"emit_keys_to_console"`
}

type apt struct {
	PreserveSources bool `json:"preserve_sources_list"`
}

type writeFile struct {
	Path        string `json:"path"`
	Owner       string `json:"owner"`
	Permissions string `json:"permissions"`
	Content     string `json:"content"`
}

func (s Seed) cloudConfig() cloudConfig {
	c := cloudConfig{
		Users: []user{{
			Name: s.User, Shell: "/bin/bash", LockPassword: true, Sudo: "ALL=(ALL) NOPASSWD:ALL",
			AuthorizedKeys: strings.Split(strings.TrimSpace(s.PublicKey), "\n"),
		}},
		DeleteHostKeys:   true,
		HostKeyTypes:     []string{"ed25519"}, // an RSA key costs an emulated CPU seconds
		HideFingerprints: true,
		Locale:           "C.UTF-8",                  // is always there; another one would be generated, which takes long
		ManageEtcHosts:   "localhost",                // else each sudo asks the DNS for the host's own name
		Apt:              apt{PreserveSources: true}, // the base image says where its packages come from
		WriteFiles: []writeFile{{
			Path: "/var/lib/waagent/ovf-env.xml", Owner: "root:root", Permissions: "0600", Content: s.ovfEnv(),
		}},
	}
	if s.BootDisk != "" {
		c.Grub = &grub{Disk: s.BootDisk}
	}
	return c
}

// ovfEnv is the note that Azure leaves for a new VM. waagent -deprovision+user deletes the user named in it, and
// deletes none where there is no such file. It leaves out nothing that the agent's reader insists on.
func (s Seed) ovfEnv() string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="utf-8"?>
<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1" xmlns:wa="http://schemas.microsoft.com/windowsazure">
  <wa:ProvisioningSection>
    <wa:Version>1.0</wa:Version>
    <wa:LinuxProvisioningConfigurationSet>
      <wa:ConfigurationSetType>LinuxProvisioningConfiguration</wa:ConfigurationSetType>
      <wa:HostName>%s</wa:HostName>
      <wa:UserName>%s</wa:UserName>
      <wa:DisableSshPasswordAuthentication>true</wa:DisableSshPasswordAuthentication>
    </wa:LinuxProvisioningConfigurationSet>
  </wa:ProvisioningSection>
  <wa:PlatformSettingsSection>
    <wa:Version>1.0</wa:Version>
    <wa:PlatformSettings>
      <wa:ProvisionGuestAgent>true</wa:ProvisionGuestAgent>
    </wa:PlatformSettings>
  </wa:PlatformSettingsSection>
</Environment>
`, Hostname, escape(s.User))
}

func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a strings.Builder takes every write
	}
	return b.String()
}

// document renders v for cloud-init, which reads YAML; JSON is YAML, and needs no rules about quoting of its own.
func document(v any) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("seed: %v", err)) // plain structs of strings always encode
	}
	return []byte(b.String())
}
