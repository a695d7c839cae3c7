// Package stock has components that Packer has built in and that no image template comes to, for Packer templates that people wrote
// themselves: Packer's own code, as HashiCorp wrote it. Only the way of the null builder into a Windows guest is Ingot's.
//
// They are those of github.com/hashicorp/packer at v1.9.4, the last version under MPL-2.0; see package shell for why the pin must not
// move up. Of the built-in ones there is no breakpoint, which asks a terminal by itself, and no compress.
package stock

import (
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer/builder/file"
	"github.com/hashicorp/packer/post-processor/artifice"
	shelllocalpost "github.com/hashicorp/packer/post-processor/shell-local"
	shelllocal "github.com/hashicorp/packer/provisioner/shell-local"
	"github.com/hashicorp/packer/provisioner/sleep"
	windowsshell "github.com/hashicorp/packer/provisioner/windows-shell"
)

// Builders returns the builders: null, which connects to a machine that is there already, or to none; and file, which writes one.
func Builders() map[string]func() packersdk.Builder {
	return map[string]func() packersdk.Builder{
		"file": func() packersdk.Builder { return new(file.Builder) },
		"null": func() packersdk.Builder { return new(nullBuilder) },
	}
}

// Provisioners returns the provisioners: shell-local, which runs commands on this machine, sleep, and windows-shell, for cmd.exe.
func Provisioners() map[string]func() packersdk.Provisioner {
	return map[string]func() packersdk.Provisioner{
		"shell-local":   func() packersdk.Provisioner { return new(shelllocal.Provisioner) },
		"sleep":         func() packersdk.Provisioner { return new(sleep.Provisioner) },
		"windows-shell": func() packersdk.Provisioner { return new(windowsshell.Provisioner) },
	}
}

// PostProcessors returns the post-processors: artifice, which says which files count, and shell-local.
func PostProcessors() map[string]func() packersdk.PostProcessor {
	return map[string]func() packersdk.PostProcessor{
		"artifice":    func() packersdk.PostProcessor { return new(artifice.PostProcessor) },
		"shell-local": func() packersdk.PostProcessor { return new(shelllocalpost.PostProcessor) },
	}
}
