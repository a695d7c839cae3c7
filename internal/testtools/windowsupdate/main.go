// Windowsupdate is Ingot's provisioner windows-update as a plugin of its own, in the place of the community's plugin of that name, which
// cannot be had as a module: stock Packer needs some plugin that brings the type "windows-update" to validate a template with it.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/packer-plugin-sdk/plugin"
	"github.com/hashicorp/packer-plugin-sdk/version"

	"github.com/ingot-build/ingot/plugins/windowsupdate"
)

func main() {
	set := plugin.NewSet()
	set.SetVersion(version.NewPluginVersion("0.16.0", "", "")) // what emitted templates ask for
	set.RegisterProvisioner(plugin.DEFAULT_NAME, windowsupdate.New())
	if err := set.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
