// Packer-plugin-ingot gives Packer the components that Ingot brings itself: the builders ingot-qemu and ingot-nspawn, and the
// provisioners ingot-shell, ingot-file, ingot-powershell, ingot-windows-restart and ingot-windows-update. So what "ingot translate" emits
// for this machine is built by "packer build" as well. docs/packer-plugin.md says how to install it.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hashicorp/packer-plugin-sdk/plugin"
	"github.com/hashicorp/packer-plugin-sdk/version"

	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

// The version, as required_plugins compares it. A release is built with -ldflags "-X main.prerelease=".
var (
	number     = "0.1.0"
	prerelease = "dev"
)

func main() {
	container.RunIfSupervisor()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

const usage = `Packer starts this program; it is not used by hand.
  packer plugins install --path %s github.com/ingot-build/ingot    installs it
  %[1]s describe    lists what is in it, as JSON
  %[1]s version     says which one it is
`

// run does what Packer asks for and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	about := version.NewPluginVersion(number, prerelease, "")
	if len(args) == 0 {
		fmt.Fprintf(stderr, usage, os.Args[0])
		return 2
	}
	if args[0] == "version" {
		fmt.Fprintln(stdout, "packer-plugin-ingot", about)
		return 0
	}
	if err := components(about).RunCommand(args...); err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	return 0
}

// components is what plugins/all has of Ingot's own. Packer puts the plugin's name, ingot, before that of each component.
func components(about *version.PluginVersion) *plugin.Set {
	set := plugin.NewSet()
	set.SetVersion(about)
	for name, make := range all.OwnBuilders() {
		set.RegisterBuilder(strings.TrimPrefix(name, "ingot-"), make())
	}
	for name, make := range all.OwnProvisioners() {
		set.RegisterProvisioner(name, make())
	}
	return set
}
