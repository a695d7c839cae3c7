package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/plan"
)

// layersEnv has the default of --layers.
const layersEnv = "INGOT_LAYERS"

// layerOptions say where a build starts, where it ends, and what it keeps on the way.
type layerOptions struct {
	use     string // --layers; "" where it is not given
	noCache bool
	from    string
	rebuild string
	until   string
	budget  string
}

// layerFlags are the flags that are about the layers of this machine; --until is none of them.
var layerFlags = []string{"layers", "no-cache", "from", "rebuild", "layers-budget"}

func (o *layerOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Var(choice{&o.use, service.LayerModes}, "layers",
		"what is kept of each step for the next build: the running machine (on), its disk, or nothing (default: $"+layersEnv+", or on)")
	_ = cmd.RegisterFlagCompletionFunc("layers", cobra.FixedCompletions(service.LayerModes, cobra.ShellCompDirectiveNoFileComp))
	f.BoolVar(&o.noCache, "no-cache", false, "use no layer of an earlier build: start from the source, and keep new layers")
	f.StringVar(&o.from, "from", "", "start at the layer before `STEP`, and run it and all after it; without such a layer nothing is started")
	f.StringVar(&o.rebuild, "rebuild", "", "run `STEP` and all after it, even if layers of them are kept")
	f.StringVar(&o.until, "until", "", "end before `STEP`, without an image; what was built up to there is kept as layers")
	f.StringVar(&o.budget, "layers-budget", "",
		"how much disk layers may take, such as 40GiB; those used longest ago go first (default 20GiB)")
}

// check refuses flags that contradict each other. azure: the build is in a subscription.
func (o *layerOptions) check(flags *pflag.FlagSet, azure bool) error {
	given := func(name string) bool { return flags.Changed(name) }
	if i := slices.IndexFunc(layerFlags, given); i >= 0 && azure {
		return &usageError{what: fmt.Sprintf("--%s says nothing to --on azure", layerFlags[i]),
			why: "layers are kept of build VMs on this machine", fix: "leave one of them out"}
	}
	for _, pair := range [][3]string{
		{"no-cache", "from", "one starts from the source, and the other at a layer"},
		{"no-cache", "rebuild", "with --no-cache every step is run again"},
		{"from", "rebuild", "both say which step is the first to run"},
	} {
		if given(pair[0]) && given(pair[1]) {
			return &usageError{what: fmt.Sprintf("--%s does not go with --%s", pair[0], pair[1]), why: pair[2], fix: "leave out one of them"}
		}
	}
	if o.use == service.LayersOff {
		for _, name := range layerFlags[1:] {
			if given(name) {
				return &usageError{what: fmt.Sprintf("--%s does not go with --layers off", name), why: "no layer is used or kept then",
					fix: "leave out one of them"}
			}
		}
	}
	_, err := o.bytes()
	return err
}

// bytes is the budget; 0: the usual one.
func (o *layerOptions) bytes() (int64, error) {
	if o.budget == "" {
		return 0, nil
	}
	size, err := humanize.ParseBytes(o.budget)
	if err != nil || size < 1 || size > 1<<60 {
		return 0, &usageError{what: fmt.Sprintf("--layers-budget %q is no size", o.budget), fix: "write it as 40GiB or 500MB"}
	}
	return int64(size), nil
}

// mode gives what layers are used for: the flag, the environment, or on.
func (o *layerOptions) mode(getenv func(string) string) (string, error) {
	if o.use != "" {
		return o.use, nil
	}
	env := getenv(layersEnv)
	switch {
	case env == "":
		return service.LayersOn, nil
	case !slices.Contains(service.LayerModes, env):
		return "", &usageError{what: fmt.Sprintf("%s is %q", layersEnv, env), why: "it may be " + strings.Join(service.LayerModes, ", "),
			fix: "unset it, or set it to one of these"}
	case env == service.LayersOff && (o.noCache || o.from != "" || o.rebuild != "" || o.budget != ""):
		return service.LayersOn, nil // whoever asks for something of layers wants them
	}
	return env, nil
}

// apply tells a request of a plan where to start and end. The error is about what was typed.
func (o *layerOptions) apply(r *service.BuildRequest, p *plan.Plan, getenv func(string) string) error {
	ids := map[string]string{"--from": o.from, "--rebuild": o.rebuild, "--until": o.until}
	at := map[string]int{}
	for _, flag := range []string{"--from", "--rebuild", "--until"} {
		word := ids[flag]
		if word == "" {
			continue
		}
		i, err := service.FindStep(p, word)
		if err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		ids[flag], at[flag] = p.Steps[i].ID, i
	}
	if o.until != "" {
		for _, flag := range []string{"--from", "--rebuild"} {
			if i, ok := at[flag]; ok && at["--until"] <= i {
				return &usageError{what: fmt.Sprintf("%s %s leaves nothing to run with --until %s", flag, ids[flag], ids["--until"]),
					why: "the build ends before the step that it is to run first", fix: "leave out one of them, or name a later step with --until"}
			}
		}
	}
	r.Until = ids["--until"]
	if r.On == service.OnAzure {
		return nil
	}
	mode, err := o.mode(getenv)
	if err != nil {
		return err
	}
	budget, err := o.bytes()
	r.Layers = service.LayerUse{Mode: mode, Fresh: o.noCache, From: ids["--from"], Again: ids["--rebuild"], Budget: budget}
	return err
}
