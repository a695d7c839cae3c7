// Package all lists the Packer components that are linked into Ingot, by the type name a Packer template uses. The lists are
// values that callers pass on: nothing registers itself, so this file is the whole set, and a test can make its own.
package all

import (
	"maps"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/file"
	"github.com/ingot-build/ingot/plugins/nspawn"
	"github.com/ingot-build/ingot/plugins/powershell"
	"github.com/ingot-build/ingot/plugins/qemu"
	"github.com/ingot-build/ingot/plugins/shell"
	"github.com/ingot-build/ingot/plugins/standing"
	"github.com/ingot-build/ingot/plugins/stock"
	"github.com/ingot-build/ingot/plugins/windowsrestart"
	"github.com/ingot-build/ingot/plugins/windowsupdate"
)

// Builders returns the builders: the types of "source" blocks.
func Builders() map[string]func() packersdk.Builder {
	all := stock.Builders()
	maps.Copy(all, OwnBuilders())
	all["ingot-standing"] = standing.New // of the engine alone: for other templates Packer's null does
	return all
}

// OwnBuilders returns those that are Ingot's, without what every Packer has built in.
func OwnBuilders() map[string]func() packersdk.Builder {
	return map[string]func() packersdk.Builder{
		"ingot-nspawn": nspawn.New,
		"ingot-qemu":   qemu.New,
	}
}

// Provisioners returns the provisioners: the types of "provisioner" blocks.
func Provisioners() map[string]func() packersdk.Provisioner {
	all := stock.Provisioners()
	maps.Copy(all, OwnProvisioners())
	return all
}

// OwnProvisioners returns those that are Ingot's, or that it changes or fixes to a version, for image templates.
func OwnProvisioners() map[string]func() packersdk.Provisioner {
	return map[string]func() packersdk.Provisioner{
		"file":            file.New,
		"powershell":      powershell.New,
		"shell":           shell.New,
		"windows-restart": windowsrestart.New,
		"windows-update":  windowsupdate.New,
	}
}
