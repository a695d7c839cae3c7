// Stock is what Packer has built in as a plugin of its own: tests need a plugin whose components are quick and are not Ingot's.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/packer-plugin-sdk/plugin"
	"github.com/hashicorp/packer-plugin-sdk/version"

	"github.com/ingot-build/ingot/plugins/stock"
)

func main() {
	set := plugin.NewSet()
	set.SetVersion(version.NewPluginVersion("0.1.0", "", ""))
	for name, make := range stock.Builders() {
		set.RegisterBuilder(name, make())
	}
	for name, make := range stock.Provisioners() {
		set.RegisterProvisioner(name, make())
	}
	if err := set.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
