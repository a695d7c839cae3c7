package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/plugindir"
)

func newPlugins(env *Env) *cobra.Command {
	return group(&cobra.Command{
		Use:   "plugins",
		Short: "list, install and check Packer plugins",
		Long: `Packer templates may use Packer's plugins. Ingot takes them from the folder that Packer has them in, and the same ones:
$PACKER_PLUGIN_PATH, or "plugins" in Packer's configuration folder. Ingot's own components need no plugin.`,
		Example: `  ingot plugins ls
  ingot plugins install github.com/hashicorp/azure
  ingot plugins install github.com/hashicorp/azure@2.6.3
  ingot plugins verify`,
	}, newPluginsList(env), newPluginsInstall(env), newPluginsVerify(env))
}

// withPlugins hands the plugins of the user's folder to a function.
func withPlugins(ctx context.Context, env *Env, do func(folder string, list []plugindir.Installed) error) (err error) {
	folder, err := plugindir.Folder(env.Getenv)
	if err != nil {
		return err
	}
	host := wire.PluginHost(ctx, env.Getenv)
	defer func() { err = errors.Join(err, host.Close()) }()
	list, err := plugindir.List(ctx, host, folder)
	if err != nil {
		return err
	}
	return do(folder, list)
}

func newPluginsList(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "list plugins",
		Long: `List the plugins in Packer's folder, and what is in it that is refused, with the reason. "latest" marks those that a
template gets which asks for no version.`,
		Example: "  ingot plugins ls\n  ingot plugins ls --output json",
		Args:    args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withPlugins(cmd.Context(), env, func(folder string, list []plugindir.Installed) error {
				if output == outputJSON {
					return view.Document(env.Stdout, pluginRecords(list))
				}
				if len(list) == 0 {
					return env.say("there is no plugin in " + view.Line(folder) +
						"; install one with: ingot plugins install github.com/hashicorp/azure")
				}
				return listPlugins(env, list)
			})
		},
	}
	addOutput(cmd, &output)
	return cmd
}

// pluginRecord is the JSON form of a file of the plugin folder.
type pluginRecord struct {
	Source         string             `json:"source,omitempty"`
	Name           string             `json:"name,omitempty"`
	Version        string             `json:"version,omitempty"`
	APIVersion     string             `json:"apiVersion,omitempty"`
	Protocol       string             `json:"protocol,omitempty"` // protobuf or gob; "" when it was not asked
	Checksum       plugindir.Checksum `json:"checksum"`
	Latest         bool               `json:"latest"` // a template gets it that asks for no version
	Builders       []string           `json:"builders,omitempty"`
	Provisioners   []string           `json:"provisioners,omitempty"`
	PostProcessors []string           `json:"postProcessors,omitempty"`
	DataSources    []string           `json:"dataSources,omitempty"`
	Path           string             `json:"path"`
	Refused        string             `json:"refused,omitempty"`
}

func pluginRecords(list []plugindir.Installed) []pluginRecord {
	records := []pluginRecord{}
	latest := plugindir.Latest(list)
	for i := range list {
		in := &list[i]
		r := pluginRecord{
			Source: in.Source, Name: in.Name, Version: in.Version, APIVersion: in.API, Protocol: in.Protocol(), Checksum: in.Checksum,
			Latest: latest[in.Path], Path: in.Path, Refused: in.Refused,
		}
		r.Builders, r.Provisioners, r.PostProcessors, r.DataSources = in.Components()
		records = append(records, r)
	}
	return records
}

// listPlugins prints a table.
func listPlugins(env *Env, list []plugindir.Installed) error {
	var rows [][]string
	for _, r := range pluginRecords(list) {
		has := strings.Join(slices.Concat(r.Builders, r.Provisioners, r.PostProcessors, r.DataSources), " ")
		if r.Refused != "" {
			first, _, _ := strings.Cut(r.Refused, "\n")
			has = "refused: " + first
		}
		latest := ""
		if r.Latest {
			latest = "latest"
		}
		if r.Source == "" {
			r.Source = r.Path
		}
		rows = append(rows, []string{r.Source, r.Version, latest, r.Protocol, string(r.Checksum), has})
	}
	return view.Table(env.Stdout, env.palette(env.Stdout), []string{"PLUGIN", "VERSION", "", "SPEAKS", "CHECKSUM", "HAS"}, rows)
}

func newPluginsVerify(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "verify [SOURCE]...",
		Short: "check plugins and start all their components",
		Long: `Compare every plugin, or those of the sources given, with its checksum, have it describe itself, and start each of its
components as a build would. Files for other systems are left alone. Exit code 1 says that something is wrong.`,
		Example: "  ingot plugins verify\n  ingot plugins verify github.com/hashicorp/azure",
		RunE: func(cmd *cobra.Command, sources []string) error {
			for _, s := range sources {
				if _, err := plugindir.ParseSource(s); err != nil {
					return &usageError{what: err.Error()}
				}
			}
			return withPlugins(cmd.Context(), env, func(folder string, list []plugindir.Installed) error {
				return verifyPlugins(cmd.Context(), env, folder, list, sources, output)
			})
		},
	}
	addOutput(cmd, &output)
	return cmd
}

// verdict is the JSON form of what verify found about a plugin.
type verdict struct {
	Source   string             `json:"source"`
	Version  string             `json:"version"`
	Path     string             `json:"path"`
	Checksum plugindir.Checksum `json:"checksum"`
	OK       bool               `json:"ok"`
	Problem  string             `json:"problem,omitempty"`
}

func verifyPlugins(ctx context.Context, env *Env, folder string, list []plugindir.Installed, sources []string, output string) error {
	verdicts := []verdict{}
	found := map[string]bool{}
	var problems []error
	for i := range list {
		in := &list[i]
		if len(sources) > 0 && !slices.Contains(sources, in.Source) || in.OtherSystem() {
			continue
		}
		found[in.Source] = true
		v := verdict{Source: in.Source, Version: in.Version, Path: in.Path, OK: true}
		err := in.Try()
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if v.Checksum = in.Checksum; err != nil {
			v.OK, v.Problem = false, err.Error()
			problems = append(problems, fmt.Errorf("plugin %s %s: %s\n  at:   %s\n  fix:  remove it, or install it again: %s",
				in.Source, in.Version, v.Problem, in.Path, "ingot plugins install "+in.Source+"@"+in.Version))
		} else if output == outputText {
			if err := env.say(view.Line(fmt.Sprintf("%s %s is fine", in.Source, in.Version))); err != nil {
				return err
			}
		}
		verdicts = append(verdicts, v)
	}
	for _, s := range sources {
		if !found[s] {
			problems = append(problems, &usageError{
				what: fmt.Sprintf("plugin %s is not installed", s), why: "there is none in " + folder, fix: "ingot plugins install " + s,
			})
		}
	}
	if output == outputJSON {
		if err := view.Document(env.Stdout, verdicts); err != nil {
			return err
		}
	} else if len(verdicts) == 0 && len(problems) == 0 {
		return env.say("there is no plugin in " + view.Line(folder))
	}
	return errors.Join(problems...)
}
