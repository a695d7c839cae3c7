// Package file is the provisioner that copies a file between this machine and the build VM: Packer's own, as HashiCorp wrote it.
// As in the service it makes no folder on the far side, and the destination is the full path.
//
// It links provisioner/file of github.com/hashicorp/packer at v1.9.4, the last version under MPL-2.0; see package shell for why
// the pin must not move up.
package file

import (
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer/provisioner/file"
)

// New returns a file provisioner that is not yet prepared.
func New() packersdk.Provisioner { return &file.Provisioner{} }
