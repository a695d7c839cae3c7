// Package pluginhost runs Packer plugins that are programs of their own, and gives their components as if they were linked in.
//
// Every component is a process, spoken to over Packer's RPC. What a plugin does wrong ends in an error within a bounded time,
// and its process with it: no garbage, silence, crash or flood of text of a plugin reaches further than that.
package pluginhost

import (
	"github.com/hashicorp/packer-plugin-sdk/plugin"
	"github.com/hashicorp/packer-plugin-sdk/rpc"
)

// apiVersion is the version of the RPC that this program speaks, as plugins write it: "x5.0".
const apiVersion = "x" + plugin.APIVersionMajor + "." + plugin.APIVersionMinor

var _ = rpc.NewClient
