package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/service"
)

// stagingOptions are what a person allows the URIs of a template. The policy is whole after check.
type stagingOptions struct {
	policy    resolve.Policy
	overrides []string // URL=PATH
	maxSize   string
	flags     *pflag.FlagSet
}

// stagingFlags are the flags of stagingOptions.
var stagingFlags = []string{"offline", "allow-local", "allow-private-addresses", "override", "max-file-size"}

func (o *stagingOptions) addFlags(cmd *cobra.Command) {
	o.flags = cmd.Flags()
	o.flags.BoolVar(&o.policy.Offline, "offline", false, "ask no server for scripts and files: take what earlier runs have fetched")
	o.flags.BoolVar(&o.policy.AllowLocal, "allow-local", false, "let the template name files outside its own folder")
	o.flags.BoolVar(&o.policy.AllowPrivate, "allow-private-addresses", false, "let servers send on to addresses of this machine and its networks")
	o.flags.StringArrayVar(&o.overrides, "override", nil, "take what is below a URL from this machine: `URL=PATH`; may be repeated, the longest wins")
	o.flags.StringVar(&o.maxSize, "max-file-size", "", "most that one script or file may have: a `size` such as 500MB (default 2GiB)")
}

// check reads the flags. Paths of overrides start at the current folder, as a shell's do. Where nothing is staged the flags are refused.
func (o *stagingOptions) check(stages bool) error {
	for _, name := range stagingFlags {
		if !stages && o.flags.Changed(name) {
			return &usageError{what: fmt.Sprintf("--%s has no meaning without -o", name), why: "scripts and files are fetched only with -o",
				fix: "name the folder with -o, or leave it out"}
		}
	}
	here, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the current folder: %w", err)
	}
	for _, text := range o.overrides {
		override, err := resolve.ParseOverride(text, here)
		if err != nil {
			return &usageError{what: fmt.Sprintf("--override %q does not do", text), why: err.Error(),
				fix: "write it as --override https://host/path/=./folder/"}
		}
		o.policy.Overrides = append(o.policy.Overrides, override)
	}
	if o.maxSize != "" {
		size, err := humanize.ParseBytes(o.maxSize)
		if err != nil || size == 0 || size > math.MaxInt64 {
			return &usageError{what: fmt.Sprintf("--max-file-size %q is no size", o.maxSize), fix: "write it as 500MB or 4GiB"}
		}
		o.policy.MaxSize = int64(size)
	}
	return nil
}

// run fetches the scripts and files of a translated template, and shows what is to be known of them.
func (o *stagingOptions) run(ctx context.Context, env *Env, svc *service.Service, file string, t *translated) error {
	var failed error
	list, err := svc.Stage(ctx, service.StageRequest{
		Plan: t.plan, TemplateFile: file, Staging: o.policy,
		Say: func(line string) {
			if err := env.say(view.Line(line)); err != nil {
				failed = err
			}
		},
	})
	if err := cmp.Or(err, failed); err != nil {
		return err
	}
	staged := &translated{list: list, sources: t.sources}
	if err := staged.err(); err != nil {
		return err
	}
	return env.warnings(staged)
}
