package pluginhost

import (
	"slices"
	"strings"

	"github.com/hashicorp/packer-plugin-sdk/plugin"
)

// The range of ports for plugins that cannot listen on a Unix socket; Packer's.
const (
	minPort = "10000"
	maxPort = "25000"
)

// environ is the environment of a plugin: the host's, and what the plugin's protocol asks for. serve is false for
// "describe", which a plugin must answer to anybody.
func (h *Host) environ(p *process, serve bool) []string {
	own := map[string]string{"TMPDIR": p.temp, Mark: p.name}
	if serve {
		own[plugin.MagicCookieKey] = plugin.MagicCookieValue
		own["PACKER_PLUGIN_MIN_PORT"], own["PACKER_PLUGIN_MAX_PORT"] = minPort, maxPort
	}
	env := slices.DeleteFunc(slices.Clone(h.opts.Environ()), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		_, replaced := own[name]
		return replaced || name == plugin.MagicCookieKey // a host that is a plugin itself must not pass its cookie on
	})
	if !slices.ContainsFunc(env, func(entry string) bool { return strings.HasPrefix(entry, runUUID+"=") }) {
		own[runUUID] = newRunUUID()
	}
	for name, value := range own {
		env = append(env, name+"="+value)
	}
	return env
}
