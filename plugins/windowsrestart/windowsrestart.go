// Package windowsrestart is the provisioner that restarts a Windows build VM and waits until it can be worked on again: Packer's
// own, as HashiCorp wrote it.
//
// It links provisioner/windows-restart of github.com/hashicorp/packer at v1.9.4, the last version under MPL-2.0; see package shell
// for why the pin must not move up.
package windowsrestart

import (
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	restart "github.com/hashicorp/packer/provisioner/windows-restart"
)

// New returns a windows-restart provisioner that is not yet prepared.
func New() packersdk.Provisioner { return &restart.Provisioner{} }
