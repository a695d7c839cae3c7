package cli

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/codes"
	"github.com/ingot-build/ingot/cmd/internal/config"
	"github.com/ingot-build/ingot/translate/diag"
)

// selectOptions say which findings count. An empty one leaves it to ingot.hcl.
type selectOptions struct {
	severity, failOn string
	rules, disable   []string

	only, off codes.Set // of rules and disable; nil when they were not given
}

func (o *selectOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Var(choice{&o.severity, config.Severities}, "severity", "least severity that is shown (default info)")
	f.Var(choice{&o.failOn, config.Severities}, "fail-on", "least severity that makes the exit code 3, if it is shown (default error)")
	f.StringSliceVar(&o.rules, "rules", nil, "`codes` to look for, and no others: ING2103,ING22xx")
	f.StringSliceVar(&o.disable, "disable", nil, "`codes` not to look for")
	for _, name := range []string{"severity", "fail-on"} {
		// The error is for a flag that does not exist; it was just added.
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(config.Severities, cobra.ShellCompDirectiveNoFileComp))
	}
}

// complete reads the codes.
func (o *selectOptions) complete() error {
	for _, list := range []struct {
		flag  string
		given []string
		to    *codes.Set
	}{{"--rules", o.rules, &o.only}, {"--disable", o.disable, &o.off}} {
		if list.given == nil {
			continue
		}
		set, err := codes.Parse(list.given)
		var unknown *codes.UnknownError
		if errors.As(err, &unknown) {
			return &usageError{what: list.flag + ": " + unknown.Error(), fix: unknown.Fix()}
		}
		if err != nil {
			return err
		}
		*list.to = set
	}
	return nil
}

// selection is which findings of one file count.
type selection struct {
	severity, failOn diag.Severity
	only, off        codes.Set // nil: all; none
}

// selection joins the flags with the settings of a file: flags win, and what either disables is disabled, unless --rules asks for it.
func (o *selectOptions) selection(s config.Settings) selection {
	sel := selection{severity: cmp.Or(severityOf(o.severity), s.Severity, diag.Info), failOn: cmp.Or(severityOf(o.failOn), s.FailOn, diag.Error),
		only: s.Rules, off: codes.Set{}}
	if o.only != nil {
		sel.only = o.only
	} else {
		for code := range s.Disable {
			sel.off[code] = true
		}
	}
	for code := range o.off {
		sel.off[code] = true
	}
	return sel
}

// severityOf returns 0 for "".
func severityOf(word string) diag.Severity {
	var s diag.Severity
	if word != "" {
		_ = s.UnmarshalText([]byte(word)) // the flag takes no other words
	}
	return s
}

// wants reports whether a code is looked for.
func (s selection) wants(code diag.Code) bool { return (s.only == nil || s.only[code]) && !s.off[code] }

// filter leaves in the findings that count. An error that keeps a file from being understood always does: without it, a file that
// nobody looked at would pass for a good one.
func (s selection) filter(list diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		if d.Severity == diag.Error && strings.HasPrefix(string(d.Code), "ING1") {
			return false
		}
		return d.Severity > s.severity || !s.wants(d.Code)
	})
}
