package cli

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/imds"
	"github.com/ingot-build/ingot/engine/service"
)

// metadataOptions say whether a build VM on this machine is answered as one in Azure.
type metadataOptions struct {
	when  string
	allow []string // resources, or all
}

// metadataFlags are the flags of metadataOptions.
var metadataFlags = []string{"metadata", "allow-identity"}

func (o *metadataOptions) addFlags(cmd *cobra.Command) {
	addChoice(cmd, &o.when, "metadata", "whether the build VM is answered at 169.254.169.254 as in Azure; auto: when a script or file asks there",
		service.MetadataAuto, service.MetadataOn, service.MetadataOff)
	cmd.Flags().StringSliceVar(&o.allow, "allow-identity", nil, "`resources` for which the build VM is given tokens of whoever is signed in here, "+
		"such as https://vault.azure.net, or all: see docs/metadata.md")
}

// check refuses what contradicts itself. azure: the build is in a subscription.
func (o *metadataOptions) check(flags *pflag.FlagSet, azure bool) error {
	if i := slices.IndexFunc(metadataFlags, flags.Changed); i >= 0 && azure {
		return &usageError{what: fmt.Sprintf("--%s says nothing to --on azure", metadataFlags[i]),
			why: "a build VM there has a metadata service of its own, and the identities of the image template", fix: "leave one of them out"}
	}
	if o.when == service.MetadataOff && len(o.allow) > 0 {
		return &usageError{what: "--allow-identity does not go with --metadata off", why: "tokens are given at 169.254.169.254",
			fix: "leave out one of them"}
	}
	for _, resource := range o.allow {
		if u, err := url.Parse(resource); resource != imds.AllResources && (err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "") {
			return &usageError{what: fmt.Sprintf("--allow-identity has %q, which is no resource", resource),
				fix: "write it as https://vault.azure.net, as the script asks for it; or all"}
		}
	}
	return nil
}

// request is what the service is asked. location is where the image template names none.
func (o *metadataOptions) request(env *Env, location string) service.Metadata {
	if location == "" {
		location = env.Getenv(wire.LocationVariable)
	}
	return service.Metadata{When: o.when, Allow: o.allow, Location: location}
}
