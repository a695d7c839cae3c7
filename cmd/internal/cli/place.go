package cli

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
)

// placeOptions describe the place and the time of the deployment, which on this machine never happens: what the functions that ask
// for it are told.
type placeOptions struct {
	context                                                        string // a file
	subscription, resourceGroup, location, managementGroup, tenant string
	cloud, now                                                     string
	followLinks                                                    bool
}

func (o *placeOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.context, "context", "", "JSON `file` with what functions such as subscription() return; the flags below win over it")
	f.StringVar(&o.subscription, "subscription", "", "`id` of the subscription deployed to (default: a placeholder)")
	f.StringVar(&o.resourceGroup, "resource-group", "", "`name` of the resource group deployed to (default: a placeholder)")
	f.StringVar(&o.location, "location", "", "`region` of the resource group or deployment")
	f.StringVar(&o.managementGroup, "management-group", "", "`name` of the management group deployed to")
	f.StringVar(&o.tenant, "tenant", "", "`id` of the tenant deployed to (default: a placeholder)")
	o.cloud = ""
	f.Var(choice{&o.cloud, clouds}, "cloud", "which cloud environment() describes (default AzureCloud)")
	// The error is for a flag that does not exist; it was just added.
	_ = cmd.RegisterFlagCompletionFunc("cloud", cobra.FixedCompletions(clouds, cobra.ShellCompDirectiveNoFileComp))
	f.StringVar(&o.now, "now", "", "`time` that utcNow() tells, as 2026-01-31T12:00:00Z (default: the clock)")
	f.BoolVar(&o.followLinks, "follow-links", false, "read linked templates: files below the folder of the template, and https URLs")
}

var clouds = []string{"AzureCloud", "AzureUSGovernment", "AzureChinaCloud"}

// fill puts the options into p. context is the text of the context, if there is one.
func (o *placeOptions) fill(p *deployment.Params, context []byte) error {
	p.SubscriptionID, p.ResourceGroup, p.Location = o.subscription, o.resourceGroup, o.location
	p.ManagementGroup, p.TenantID, p.Cloud = o.managementGroup, o.tenant, o.cloud
	p.GUID = newGUID
	switch {
	case o.now != "":
		now, err := time.Parse(time.RFC3339, o.now)
		if err != nil {
			return &usageError{what: fmt.Sprintf("--now %q is not a time", o.now), fix: "write it as 2026-01-31T12:00:00Z"}
		}
		p.Now = now
	case !hasClock(context):
		p.Now = time.Now()
	}
	return nil
}

// hasClock reports whether a context says what time it is. That counts, but Params.Now would win over it.
func hasClock(context []byte) bool {
	n, _ := armjson.Parse("", context) // its findings come when it is read for good
	return n.Get("utcNow") != nil
}

// newGUID is what newGuid() returns.
func newGUID() string { return uuid.NewString() }
