package wire

import (
	"context"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/plugindir"
	"github.com/ingot-build/ingot/engine/pluginhost"
)

// PluginHost runs plugins for a command that looks at them. The caller closes it.
func PluginHost(ctx context.Context, getenv func(string) string) *pluginhost.Host {
	return pluginhost.New(ctx, pluginhost.Options{ForceGob: forceGob(getenv)})
}

// forceGob is Packer's switch for plugins whose protobuf is broken.
func forceGob(getenv func(string) string) bool {
	v := getenv("PACKER_FORCE_GOB")
	return v != "" && v != "0"
}

// PluginInstaller puts plugins into the user's plugin folder. The host is the caller's to close.
func PluginInstaller(ctx context.Context, getenv func(string) string) (*plugindir.Installer, error) {
	folder, err := plugindir.Folder(getenv)
	if err != nil {
		return nil, err
	}
	return &plugindir.Installer{
		Folder: folder,
		Host:   PluginHost(ctx, getenv),
		HTTP:   httpClient(),
		Mirror: getenv("INGOT_PLUGIN_MIRROR"),
		Token:  events.Secret(getenv("PACKER_GITHUB_API_TOKEN")),
	}, nil
}
