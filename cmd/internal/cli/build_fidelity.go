package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/translate/diag"
)

// fidelityOptions say what is told of the differences from the service, and which of them are not taken.
type fidelityOptions struct {
	show   string
	strict []string // kinds, as typed
}

// fidelityFlags are the flags of fidelityOptions.
var fidelityFlags = []string{"fidelity", "strict-fidelity"}

func (o *fidelityOptions) addFlags(cmd *cobra.Command) {
	addChoice(cmd, &o.show, "fidelity", "what is told at the end of a build on this machine of what the service would do otherwise: "+
		"a line each (short), the reasons too (full), or nothing (off)", view.FidelityShort, view.FidelityFull, view.FidelityOff)
	cmd.Flags().StringSliceVar(&o.strict, "strict-fidelity", nil,
		"`kinds` of differences from the service that are refused before the build VM boots, or all: see docs/fidelity.md")
	_ = cmd.RegisterFlagCompletionFunc("strict-fidelity", cobra.FixedCompletions(kindNames(), cobra.ShellCompDirectiveNoFileComp))
}

// check refuses kinds that there are not. azure: the build is in a subscription.
func (o *fidelityOptions) check(flags *pflag.FlagSet, azure bool) error {
	if i := slices.IndexFunc(fidelityFlags, flags.Changed); i >= 0 && azure {
		return &usageError{what: fmt.Sprintf("--%s says nothing to --on azure", fidelityFlags[i]),
			why: "it is about differences between this machine and Azure", fix: "leave one of them out"}
	}
	for _, name := range o.strict {
		if slices.Contains(kindNames(), name) {
			continue
		}
		e := &usageError{what: fmt.Sprintf("--strict-fidelity has %q, which is no kind of difference", name),
			why: "the kinds are " + strings.Join(kindNames(), ", "), fix: "see docs/fidelity.md"}
		if near := diag.Near(name, kindNames()); near != "" {
			e.fix = fmt.Sprintf("did you mean %s?", near)
		}
		return e
	}
	return nil
}

// kinds are those that are refused.
func (o *fidelityOptions) kinds() []fidelity.Kind {
	var kinds []fidelity.Kind
	for _, name := range o.strict {
		kinds = append(kinds, fidelity.Kind(name))
	}
	return kinds
}

// kindNames are the kinds as they are typed; all of them comes first.
func kindNames() []string {
	names := []string{string(fidelity.All)}
	for _, k := range fidelity.Kinds() {
		names = append(names, string(k))
	}
	return names
}
