package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/service"
)

// fastOptions are what is said of builds that are in a container, or begin in one.
type fastOptions struct {
	verify bool
}

const verifyFlag = "verify-in-vm"

func (o *fastOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.verify, verifyFlag, false,
		"with --on fast or auto: build it once more in a VM, say how the two images differ, and take the VM's")
}

// check refuses a verification that would verify nothing.
func (o *fastOptions) check(flags *pflag.FlagSet, site *siteOptions) error {
	if !flags.Changed(verifyFlag) || !o.verify {
		return nil
	}
	if !site.fast() && site.on != service.OnAuto {
		return &usageError{what: fmt.Sprintf("--%s says nothing to a build with --on %s", verifyFlag, site.on),
			why: "no step of it runs in a container", fix: "leave it out, or build with --on fast or --on auto"}
	}
	for _, other := range []struct{ name, why string }{
		{"until", "no image is made of a build that is stopped, and so there is nothing to verify"},
		{"watch", "a VM would be built in at every save"},
	} {
		if flags.Changed(other.name) {
			return &usageError{what: fmt.Sprintf("--%s does not go with --%s", verifyFlag, other.name), why: other.why, fix: "leave out one of them"}
		}
	}
	return nil
}

// inContainers is what is to be said at its end of a build that was in a container, or could have been.
func inContainers(res service.Result) view.InContainers {
	told := view.InContainers{Marks: res.Marks, RanText: res.Ran.String()}
	for _, one := range res.Ran {
		told.Ran = append(told.Ran, view.Stretch{Target: one.Target, Steps: one.Steps, Reused: one.Reused, Why: one.Why})
	}
	if v := res.Verified; v != nil {
		told.Verified = &view.Verified{
			Same: v.Same, Files: v.Files, Explained: v.Explained, Different: v.Different, First: v.First, Packages: v.Packages,
			Unreadable: v.Unread, Took: v.Took, Text: v.String(),
		}
	}
	return told
}
