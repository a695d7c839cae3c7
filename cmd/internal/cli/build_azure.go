package cli

import (
	"cmp"
	"fmt"
	"regexp"
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
	on            string
	vmSize        string
	fallbackSizes []string
	armRate       int
	checkpoints   checkpointOptions
	skipPreflight bool
}

// The flags that have a meaning in one place alone.
var (
	localFlags = []string{"cpus", "memory", "firmware", "accel"}
	azureFlags = []string{"vm-size", "fallback-sizes", "arm-rate", "skip-preflight"}
	vmFlags    = []string{"firmware", "accel"} // of localFlags those that a container has no use for
)

func (o *siteOptions) addFlags(cmd *cobra.Command) {
	addChoice(cmd, &o.on, "on", "where to build: in a VM on this machine (local, or qemu), in a container on it (fast, or nspawn), "+
		"in a container as far as that makes no difference and in a VM from there on (auto), or in a subscription of Azure",
		service.OnLocal, "qemu", service.OnFast, "nspawn", service.OnAuto, service.OnAzure)
	cmd.Flags().StringVar(&o.vmSize, "vm-size", "",
		"with --on azure: `size` of the build VM (default: vmSize of the template, or by the source as the service has it)")
	cmd.Flags().StringSliceVar(&o.fallbackSizes, "fallback-sizes", nil,
		"with --on azure: `sizes` to try, in this order, when quota or room is lacking for a build VM of the first")
	cmd.Flags().IntVar(&o.armRate, "arm-rate", 0,
		"with --on azure: the most requests a `minute` to Azure Resource Manager, of all builds of this call (default: no limit)")
	cmd.Flags().BoolVar(&o.skipPreflight, "skip-preflight", false,
		"with --on azure: do not ask Azure first whether what the build needs is there (default: $"+preflightEnv+" is off)")
	o.checkpoints.addFlags(cmd)
}

// azure reports whether the build is in Azure.
func (o *siteOptions) azure() bool { return o.on == service.OnAzure }

// fast reports whether the build is in a container on this machine.
func (o *siteOptions) fast() bool { return service.IsFast(o.on) }

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
	switch {
	case o.azure():
		none, why = localFlags, "what a build VM in Azure has goes by its size: --vm-size"
	case o.fast() && slices.ContainsFunc(vmFlags, flags.Changed):
		none, why = vmFlags, "a container runs on the processors and the kernel of this machine, which has booted"
	}
	flags.Visit(func(f *pflag.Flag) {
		if err == nil && slices.Contains(none, f.Name) {
			err = &usageError{what: fmt.Sprintf("--%s says nothing to a build with --on %s", f.Name, o.on), why: why, fix: "leave it out"}
		}
	})
	if err == nil && flags.Changed("vm-size") && strings.TrimSpace(o.vmSize) == "" {
		err = &usageError{what: "--vm-size is empty", fix: "leave it out, or write it as Standard_D2s_v5"}
	}
	if err != nil {
		return err
	}
	for _, size := range o.fallbackSizes {
		if !sizeName.MatchString(size) {
			return &usageError{what: fmt.Sprintf("--fallback-sizes has %q, which is no size of a VM", size),
				fix: "write them as Standard_D4s_v5,Standard_D2as_v5; az vm list-sizes --location REGION lists those that there are"}
		}
	}
	if o.armRate < 0 {
		return &usageError{what: fmt.Sprintf("--arm-rate %d is negative", o.armRate),
			fix: "leave it out, or write the requests a minute, such as 600"}
	}
	return o.checkpoints.check(flags, o.azure())
}

// sizeName is how Azure names sizes: Standard_D4s_v5, Basic_A1.
var sizeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_-]+$`)

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
	return service.AzureRequest{
		Cloud: p.cloud, Subscription: p.subscription, ResourceGroup: p.resourceGroup, Location: p.location,
		FallbackSizes: o.fallbackSizes, Rate: o.armRate,
	}
}
