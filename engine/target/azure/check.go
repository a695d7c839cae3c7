package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// pluginVersion is a version of the plugin that does.
type pluginVersion struct {
	constraint string // as required_plugins has it
	version    string // for the gateway; "" is any from 2.0 on
	warning    string
}

// pluginVersions are tried in this order.
var pluginVersions = []pluginVersion{
	{constraint: "~> 2.5"},
	{constraint: "1.4.5", version: "1.4.5", warning: "the azure plugin 1.4.5 is no way to the true Azure: it asks for public addresses " +
		"of the Basic kind, which Azure has retired, and signs in where nobody can sign in any more; get 2.5 or newer: " + getPlugin},
}

const getPlugin = "ingot plugins install github.com/hashicorp/azure '~> 2.5'"

// PluginSource is where the plugin comes from, as required_plugins spells it.
const PluginSource = "github.com/hashicorp/azure"

// Check implements target.Target.
func (t *Target) Check(ctx context.Context, p *plan.Plan) []target.Problem {
	t.plan = p
	var first *target.Problem
	for _, v := range pluginVersions {
		problem, err := t.Plugin(ctx, v.constraint)
		if err != nil {
			problem = &target.Problem{What: "the azure plugin cannot be used", Why: err.Error(), Fix: getPlugin}
		}
		if problem == nil {
			t.plugin = v
			if v.warning != "" {
				t.Say("warning: " + v.warning)
			}
			return nil
		}
		if first == nil {
			first = problem
		}
	}
	return []target.Problem{*first}
}

const networkPath = "properties.vmProfile.vnetConfig"

// checkPlan finds what of the plan cannot be done here, before Azure is asked.
func (t *Target) checkPlan(p *plan.Plan) diag.List {
	var list diag.List
	if t.location(p) == "" {
		list.Add(diag.Diagnostic{Severity: diag.Error, Code: preflight.CodeSource, Subject: p.Source.Origin.Range, Path: "location",
			Summary: "nothing says in which region to build", Why: "the build VM and its source image are in one region",
			Fix: "write the image template's location, or say --location REGION"})
	}
	if id := p.Azure.Network.SubnetID; id != "" {
		at, err := arm.ParseResourceID(id)
		if err == nil && !strings.EqualFold(at.SubscriptionID, t.Account.Subscription) {
			list.Add(diag.Diagnostic{Severity: diag.Error, Code: preflight.CodeSubnet, Subject: p.Source.Origin.Range,
				Path:    networkPath + ".subnetId",
				Summary: fmt.Sprintf("the subnet is in subscription %s, and the build VM in %s", at.SubscriptionID, t.Account.Subscription),
				Why:     "the builder looks for networks only in the subscription that it builds in",
				Fix:     "build in that subscription: --subscription " + at.SubscriptionID})
		}
	}
	return list
}

// checkSource finds what the source image and the plugin cannot do together.
func (t *Target) checkSource(p *plan.Plan) diag.List {
	var list diag.List
	x := p.Source.Exact
	bad := func(what, why string) {
		list.Add(diag.Diagnostic{Severity: diag.Error, Code: preflight.CodeSource, Subject: p.Source.Origin.Range, Path: p.Source.Origin.Path,
			Summary: what, Why: why, Fix: "get the plugin 2.5 or newer: " + getPlugin})
	}
	old := t.plugin.version != ""
	if old && strings.EqualFold(x.SecurityType, "TrustedLaunch") {
		bad("the source image makes only machines of Trusted Launch", "the azure plugin "+t.plugin.version+" makes none")
	}
	if old && p.Source.SharedImage != nil && !strings.HasPrefix(strings.ToLower(p.Source.SharedImage.ID), "/subscriptions/") {
		bad("the source image is in a gallery of somebody else", "the azure plugin "+t.plugin.version+" knows only galleries in resource groups")
	}
	return list
}
