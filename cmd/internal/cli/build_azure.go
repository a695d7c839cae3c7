package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// siteOptions say where to build.
type siteOptions struct {
	on     string
	vmSize string
}

// The flags that have a meaning in one place alone.
var (
	localFlags = []string{"cpus", "memory", "firmware", "accel"}
	azureFlags = []string{"vm-size"}
)

func (o *siteOptions) addFlags(cmd *cobra.Command) {
	addChoice(cmd, &o.on, "on", "where to build: on this machine (local, or qemu), or in a subscription of Azure", service.OnLocal, "qemu", service.OnAzure)
	cmd.Flags().StringVar(&o.vmSize, "vm-size", "", "with --on azure: `size` of the build VM (default: vmSize of the template, or by the source as the service has it)")
}

// azure reports whether the build is in Azure.
func (o *siteOptions) azure() bool { return o.on == service.OnAzure }

// target is the one that the image template is translated for.
func (o *siteOptions) target() string {
	if o.azure() {
		return emit.Azure
	}
	return ""
}

// check refuses flags that say nothing to the place.
func (o *siteOptions) check(flags *pflag.FlagSet) (err error) {
	none, why := azureFlags, "build VMs on this machine have --cpus and --memory"
	if o.azure() {
		none, why = localFlags, "what a build VM in Azure has goes by its size: --vm-size"
	}
	flags.Visit(func(f *pflag.Flag) {
		if err == nil && slices.Contains(none, f.Name) {
			err = &usageError{what: fmt.Sprintf("--%s says nothing to a build with --on %s", f.Name, o.on), why: why, fix: "leave it out"}
		}
	})
	if err == nil && flags.Changed("vm-size") && strings.TrimSpace(o.vmSize) == "" {
		err = &usageError{what: "--vm-size is empty", fix: "leave it out, or write it as Standard_D2s_v5"}
	}
	return err
}

// apply puts what was typed into the plan, where that says nothing else.
func (o *siteOptions) apply(p *plan.Plan, env *Env, location string) {
	if !o.azure() {
		return
	}
	p.Azure.VMSize = cmp.Or(o.vmSize, p.Azure.VMSize)
	p.Azure.Location = cmp.Or(p.Azure.Location, location, env.Getenv(wire.LocationVariable))
}

// request is what the service is asked about Azure.
func (o *siteOptions) request(p placeOptions) service.AzureRequest {
	return service.AzureRequest{Cloud: p.cloud, Subscription: p.subscription, ResourceGroup: p.resourceGroup, Location: p.location}
}
