// Package pluginhost runs Packer plugins that are programs of their own, and gives their components as if they were
// linked in.
//
// Every component is a process, spoken to over Packer's RPC. What a plugin does wrong ends in an error within a bounded
// time, and its process with it: no garbage, silence, crash or flood of text of a plugin reaches further than that.
//
//	host := pluginhost.New(ctx, pluginhost.Options{Mask: mask})
//	defer host.Close()
//	plugin, err := host.Open("azure", path)        // runs "describe"
//	builder := plugin.Components().Builders["azure-arm"]()
//
// Which file of which folder a plugin is, package plugindir knows.
package pluginhost
