package cli

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// limitOptions bound the work that a template may cause.
type limitOptions struct {
	given [len(limitFlags)]int64
}

// limitFlags are the flags for the limits, in the order of the table in docs/templates.md.
var limitFlags = [...]struct {
	name, usage string
	of          func(*armexpr.Limits) (get int64, set func(int64))
}{
	{"max-steps", "most function calls and turns of loops", func(l *armexpr.Limits) (int64, func(int64)) {
		return l.Steps, func(n int64) { l.Steps = n }
	}},
	{"max-bytes", "most bytes of texts and values made on the way, in all", func(l *armexpr.Limits) (int64, func(int64)) {
		return l.Bytes, func(n int64) { l.Bytes = n }
	}},
	{"max-value-bytes", "most bytes of one value, written as JSON", func(l *armexpr.Limits) (int64, func(int64)) {
		return l.Value, func(n int64) { l.Value = n }
	}},
	{"max-items", "most elements of one array", func(l *armexpr.Limits) (int64, func(int64)) {
		return int64(l.Items), func(n int64) { l.Items = int(n) }
	}},
	{"max-depth", "most levels of arrays and objects in one value", func(l *armexpr.Limits) (int64, func(int64)) {
		return int64(l.Depth), func(n int64) { l.Depth = int(n) }
	}},
	{"max-calls", "most functions, variables and parameters that wait for each other", func(l *armexpr.Limits) (int64, func(int64)) {
		return int64(l.Calls), func(n int64) { l.Calls = int(n) }
	}},
}

func (o *limitOptions) addFlags(cmd *cobra.Command) {
	limits := armexpr.DefaultLimits()
	for i, f := range limitFlags {
		standard, _ := f.of(&limits)
		cmd.Flags().Int64Var(&o.given[i], f.name, standard, f.usage)
	}
}

// maxCalls keeps the stack of this program bounded: each call takes some of it, and a Go program cannot survive its end.
const maxCalls = 10_000

func (o *limitOptions) limits() (armexpr.Limits, error) {
	limits := armexpr.DefaultLimits()
	for i, f := range limitFlags {
		most := int64(math.MaxInt64 / 4)
		if f.name == "max-calls" || f.name == "max-depth" {
			most = maxCalls
		}
		if n := o.given[i]; n < 1 || n > most {
			fix := "give 1 or more"
			if most == maxCalls {
				fix = fmt.Sprintf("give 1 to %d", most)
			}
			return limits, &usageError{what: fmt.Sprintf("--%s %d is not possible", f.name, n), fix: fix}
		}
		_, set := f.of(&limits)
		set(o.given[i])
	}
	return limits, nil
}
