package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/plugindir"
)

// pluginInstall is what was asked of "plugins install".
type pluginInstall struct {
	source      plugindir.Source
	constraint  string // "" for the newest
	path        string // of a program; "": download
	mirror      string
	keyFile     string
	noSignature bool
	force       bool
}

func newPluginsInstall(env *Env) *cobra.Command {
	var o pluginInstall
	cmd := &cobra.Command{
		Use:   "install SOURCE[@VERSION] [VERSION]",
		Short: "install a plugin from its release, or from a file",
		Long: `Download the newest release of a plugin that meets VERSION ("2.6.3", "~> 2.5", ">= 2, < 3") and runs here, compare it with
its list of checksums, check who signed that list, ask the program what it is, and put it into Packer's plugin folder.

The lists of github.com/hashicorp/* must be signed with HashiCorp's key; others mostly are not signed, and are checked with --key
only. --path takes a program of this machine instead. A mirror is a copy of the servers with a folder for each host:
MIRROR/github.com/…, MIRROR/api.github.com/…, MIRROR/releases.hashicorp.com/…; INGOT_PLUGIN_MIRROR names one, too.
PACKER_GITHUB_API_TOKEN is sent to GitHub's API, which answers more questions then.`,
		Example: `  ingot plugins install github.com/hashicorp/azure
  ingot plugins install github.com/hashicorp/azure '~> 2.5'
  ingot plugins install github.com/rgl/windows-update@0.16.10
  ingot plugins install --path ./packer-plugin-mine example.com/me/mine`,
		Args: func(cmd *cobra.Command, given []string) error { return o.read(cmd, given) },
		RunE: func(cmd *cobra.Command, _ []string) error { return installPlugin(cmd.Context(), env, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.path, "path", "", "install this `file`, and download nothing")
	f.StringVar(&o.mirror, "mirror", "", "base `URL` of a copy of the release servers (default: $INGOT_PLUGIN_MIRROR)")
	f.StringVar(&o.keyFile, "key", "", "`file` with the OpenPGP public keys that must have signed the checksums")
	f.BoolVar(&o.noSignature, "no-signature", false, "do not ask for a signature, as Packer does not")
	f.BoolVar(&o.force, "force", false, "install again what is installed")
	return cmd
}

// read takes the arguments apart.
func (o *pluginInstall) read(cmd *cobra.Command, given []string) error {
	switch {
	case len(given) == 0:
		return args("SOURCE")(cmd, given)
	case len(given) > 2:
		return args("SOURCE", "VERSION")(cmd, given)
	}
	source, version, at := strings.Cut(given[0], "@")
	if o.constraint = version; len(given) == 2 {
		o.constraint = given[1]
	}
	see := "see: " + cmd.CommandPath() + " --help"
	switch {
	case at && len(given) == 2:
		return &usageError{what: fmt.Sprintf("two versions were given: %q and %q", version, given[1]), fix: see}
	case (at || len(given) == 2) && o.constraint == "":
		return &usageError{what: "the version is empty", fix: "leave it out for the newest, or write one: " + source + "@2.6.3"}
	case o.path != "" && o.constraint != "":
		return &usageError{what: "--path takes no version", why: "the program itself says which one it is", fix: "leave out " + o.constraint}
	}
	if o.keyFile != "" && o.noSignature {
		return &usageError{what: "--key and --no-signature exclude each other", fix: see}
	}
	var err error
	if o.source, err = plugindir.ParseSource(source); err != nil {
		return &usageError{what: err.Error(), fix: see}
	}
	if _, err := plugindir.ParseConstraint(o.constraint); err != nil {
		return &usageError{what: err.Error(), fix: "write it as 2.6.3, '>= 2.5' or '~> 2.5'"}
	}
	return nil
}

func installPlugin(ctx context.Context, env *Env, o pluginInstall) (err error) {
	i, err := wire.PluginInstaller(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.Host.Close()) }()
	i.NoSignature, i.Force = o.noSignature, o.force
	if o.mirror != "" {
		i.Mirror = o.mirror
	}
	if o.keyFile != "" {
		data, err := os.ReadFile(o.keyFile)
		if err != nil {
			return err
		}
		if i.Keys, err = plugindir.ReadKeys(o.keyFile, data); err != nil {
			return &usageError{what: err.Error()}
		}
	}
	if o.path != "" {
		r, err := i.InstallFile(ctx, o.source, o.path)
		if err != nil {
			return err
		}
		return sayInstalled(env, o.source, r)
	}
	var r plugindir.Result
	err = env.during(ctx, "install "+o.source.String(), func(progress func(events.Progress)) (err error) {
		i.Progress = progress
		r, err = i.Install(ctx, o.source, o.constraint)
		return err
	})
	if err != nil {
		return err
	}
	return sayInstalled(env, o.source, r)
}

// sayInstalled tells what is installed now, and what vouches for it.
func sayInstalled(env *Env, source plugindir.Source, r plugindir.Result) error {
	text := fmt.Sprintf("plugin %s %s: %s", source, r.Plugin.Version, r.Plugin.Path)
	switch {
	case r.Already:
		text = "already installed: " + text
	case r.SignedBy != "":
		text += "\nchecksums signed with key " + r.SignedBy
	}
	for _, line := range strings.Split(text, "\n") {
		if err := env.say(view.Line(line)); err != nil {
			return err
		}
	}
	return nil
}
