package wire

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
	"github.com/ingot-build/ingot/engine/plugindir"
	"github.com/ingot-build/ingot/engine/pluginhost"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/plugins/all"
)

// Plugins makes the set of installed plugins for each run of a Packer template.
func Plugins(
	getenv func(string) string, dirs store.Dirs,
) func(context.Context, service.PluginOptions) service.PluginSet {
	return func(ctx context.Context, o service.PluginOptions) service.PluginSet {
		return &pluginSet{getenv: getenv, Host: pluginhost.New(ctx, pluginhost.Options{
			Limits: pluginhost.Limits{Cancel: o.Grace}, Mask: o.Mask, ForceGob: forceGob(getenv),
			TempDir: filepath.Join(dirs.State, "plugins"), Environ: environ(o),
		})}
	}
}

// environ is the environment of plugins; nil: this process's.
func environ(o service.PluginOptions) func() []string {
	if o.Environ == nil {
		return nil
	}
	return func() []string { return o.Environ(os.Environ()) }
}

// pluginSet is the plugins of the user's folder, on a host of their own.
type pluginSet struct {
	getenv func(string) string
	*pluginhost.Host
}

// Record implements service.PluginSet.
func (s *pluginSet) Record(record func(kind, name string) (strike func() error, err error)) error {
	return s.Host.Record(record)
}

// Find implements service.PluginSet. A plugin that stands for components that are linked in is only used where a template asks for
// another version of it than that. What a template does not ask for takes no name of what is linked in.
func (s *pluginSet) Find(ctx context.Context, wanted []hcl2.PluginRequirement) (packercore.Registry, error) {
	reg := packercore.Registry{}
	folder, err := plugindir.Folder(s.getenv)
	if err != nil {
		return reg, &service.HostError{What: err.Error()}
	}
	list := make([]plugindir.Requirement, len(wanted))
	for i, w := range wanted {
		list[i] = plugindir.Requirement{Name: w.Name, Source: w.Source, Constraint: w.Constraint}
	}
	chosen, err := plugindir.Choose(ctx, s.Host, folder, list, slices.Collect(maps.Keys(all.Linked()))...)
	var missing *plugindir.NotInstalledError
	if errors.As(err, &missing) {
		i := slices.Index(list, missing.Requirement)
		why := missing.Why()
		if at := wanted[i].Range; at.File != "" {
			why = fmt.Sprintf("%s asks for it, and %s", at, why)
		}
		return reg, &service.HostError{What: missing.What(), Why: why, Fix: missing.Fix()}
	}
	if err != nil {
		return reg, err
	}
	for i, p := range chosen {
		c := p.Components()
		if i >= len(wanted) {
			leaveOut(c.Builders, all.Builders())
			leaveOut(c.Provisioners, all.Provisioners())
			leaveOut(c.PostProcessors, all.PostProcessors())
		}
		reg.Builders = added(reg.Builders, c.Builders)
		reg.Provisioners = added(reg.Provisioners, c.Provisioners)
		reg.PostProcessors = added(reg.PostProcessors, c.PostProcessors)
		reg.DataSources = added(reg.DataSources, c.DataSources)
	}
	return reg, nil
}

// leaveOut takes the components out of a plugin's that have a name of one that is linked in.
func leaveOut[T any](plugin, linked map[string]T) {
	maps.DeleteFunc(plugin, func(name string, _ T) bool { _, ok := linked[name]; return ok })
}

// added puts the components of a plugin to the others. Of two with the same name the first one stays: what a template asks for comes
// before what is only there.
func added[T any](to, more map[string]T) map[string]T {
	sum := maps.Clone(more)
	maps.Copy(sum, to)
	return sum
}

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
