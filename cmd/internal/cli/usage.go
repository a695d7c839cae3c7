package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/translate/diag"
)

// usageError is a command line that cannot be carried out as it stands.
type usageError struct{ what, why, fix string }

func (e *usageError) Error() string { return e.what }
func (e *usageError) Why() string   { return e.why }
func (e *usageError) Fix() string   { return e.fix }

// unknownCommand says which command was probably meant.
func unknownCommand(parent *cobra.Command, given string) error {
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	e := &usageError{what: fmt.Sprintf("%s has no command %q", parent.CommandPath(), given), fix: "see: " + parent.CommandPath() + " --help"}
	if near := diag.Near(given, names); near != "" {
		e.fix = fmt.Sprintf("did you mean %q? see: %s --help", near, parent.CommandPath())
	}
	return e
}

// group makes a command that only has commands below it.
func group(c *cobra.Command, children ...*cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}
	c.AddCommand(children...)
	return c
}

// flagError words a complaint of the flag parser, with the near name of an unknown flag.
func flagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	e := &usageError{what: err.Error(), fix: "see: " + cmd.CommandPath() + " --help"}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		e.what = fmt.Sprintf("%s has no flag --%s", cmd.CommandPath(), unknown.GetSpecifiedName())
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := diag.Near(unknown.GetSpecifiedName(), names); near != "" {
			e.fix = fmt.Sprintf("did you mean --%s? see: %s --help", near, cmd.CommandPath())
		}
	}
	return e
}

// args wants exactly the named arguments.
func args(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		see := "see: " + cmd.CommandPath() + " --help"
		switch {
		case len(given) < len(names):
			return &usageError{what: fmt.Sprintf("%s needs a %s", cmd.CommandPath(), strings.Join(names[len(given):], " and a ")), fix: see}
		case len(given) > len(names) && len(names) == 0:
			return &usageError{what: fmt.Sprintf("%s takes no argument, but %q was given", cmd.CommandPath(), given[0]), fix: see}
		case len(given) > len(names):
			return &usageError{what: fmt.Sprintf("%s takes only a %s, but %q was given as well", cmd.CommandPath(),
				strings.Join(names, " and a "), given[len(names)]), fix: see}
		}
		return nil
	}
}

// choice is a flag that takes one word of a list.
type choice struct {
	value   *string
	allowed []string
}

func (c choice) String() string {
	if c.value == nil { // pflag asks the zero value whether it is the default
		return ""
	}
	return *c.value
}

func (c choice) Type() string { return strings.Join(c.allowed, "|") }

func (c choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("%q is not allowed; allowed: %s", s, strings.Join(c.allowed, ", "))
	}
	*c.value = s
	return nil
}

// addChoice adds a flag that takes one of the allowed words, the first by default.
func addChoice(cmd *cobra.Command, value *string, name, usage string, allowed ...string) {
	*value = allowed[0]
	cmd.Flags().Var(choice{value, allowed}, name, usage)
	// The error is for a flag that does not exist; it was just added.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
}

// The values of --output.
const (
	outputText = "text"
	outputJSON = "json"
)

func addOutput(cmd *cobra.Command, value *string) {
	addChoice(cmd, value, "output", "how to print the result", outputText, outputJSON)
}

// atLeastOne is args for a command that takes any number of a thing, and one at least.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		return args(name)(cmd, given[:min(len(given), 1)])
	}
}
