// Package azure is the target where build VMs live in a subscription of Azure, as the service's do.
//
// The VM itself is the affair of the builder azure-arm, which is in a plugin. This package finds the image to start from
// (source), makes the resource group that all is in (staging), and puts itself between the plugin and Azure (gateway), so that the
// plugin holds no credential and nothing is made that the ledger does not know of. What the builder leaves are snapshots of disks;
// engine/distribute/azure makes images of them.
package azure

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/azure/gateway"
	"github.com/ingot-build/ingot/engine/target/azure/source"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// Options are what a Target is made of. Account, Plugin and Host have to be set.
type Options struct {
	Account *azurearm.Account
	// Plugin tells what is the matter with the plugin that has the builder, for a constraint on its version; nil: it is installed.
	Plugin func(ctx context.Context, constraint string) (*target.Problem, error)

	Host          string // store.Dirs.HostID
	TemplateGroup string // resource group of the image template; "" where it has none
	Location      string // of the build VM, where the image template names none

	SSHPort, WinRMPort int // of guests; 0: those of Azure

	Say    func(line string)           // what a person should know; nil: nobody
	Secret func(events.Secret)         // is told what must not be shown; nil: nobody
	Wait   func(context.Context) error // before each request to Azure; nil: as fast as it goes

	Poll     time.Duration // between two looks at what takes time; 0: as the gateway and the SDK have it
	Patience time.Duration // for the deletions of a build; 0: as the gateway has it
}

// Target is Azure, for one run. Its methods are called one after another.
type Target struct {
	Options
	plan    *plan.Plan
	plugin  pluginVersion
	group   *staging.Group
	gateway *gateway.Gateway
	vm      atomic.Pointer[string] // id of the build VM, as soon as one is made; of several that were tried, the last one
	restore error                  // why Azure did not make a build VM of a checkpoint
}

// New makes a Target.
func New(o Options) *Target {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Secret == nil {
		o.Secret = func(events.Secret) {}
	}
	return &Target{Options: o}
}

// Builder is the name of the builder.
const Builder = "azure-arm"

// Info implements target.Target.
func (*Target) Info() target.Info {
	return target.Info{Name: "azure", Builder: Builder, External: true}
}

// location is the region of the build VM; "" where nobody says.
func (t *Target) location(p *plan.Plan) string {
	return strings.ToLower(strings.ReplaceAll(cmp.Or(p.Azure.Location, t.Location), " ", ""))
}

// Source makes the source of p exact: engine/build.Place has the contract.
func (t *Target) Source(ctx context.Context, p *plan.Plan) (target.Disk, diag.List, error) {
	t.plan = p
	t.Say(fmt.Sprintf("building in subscription %s as %s", t.Account.Subscription, t.Account.Who))
	found := t.checkPlan(p)
	if found.HasErrors() {
		return target.Disk{}, found, nil
	}
	more, err := source.Resolve(ctx, t.Account, p, t.location(p))
	if err != nil || more.HasErrors() {
		return target.Disk{}, append(found, more...), err
	}
	x := p.Source.Exact
	if x.Version != "" {
		t.Say("the source image's exact version is " + x.Version)
	}
	return target.Disk{}, append(found, t.checkSource(p)...), nil
}

// Unstage implements target.Unstager. A run that goes back stages again: the group may be gone by then.
func (t *Target) Unstage(context.Context) error {
	t.group, t.restore = nil, nil
	t.vm.Store(nil)
	if t.gateway == nil {
		return nil
	}
	err := t.gateway.Close()
	t.gateway = nil
	return err
}

// Environ gives the environment of the plugin, made of this process's.
func (t *Target) Environ(env []string) []string {
	if t.gateway == nil { // the plugin is only asked what it is
		return env
	}
	return append(env, t.gateway.Environ()...)
}

// Failure is what Azure said last that the builder could not do without; nil: nothing.
func (t *Target) Failure() error {
	if t.restore != nil {
		return t.restore
	}
	if t.gateway == nil {
		return nil
	}
	if f := t.gateway.LastError(); f != nil {
		return f
	}
	return nil
}

// resource gives the name that a resource has in the ledger.
func (t *Target) resource(id string) (store.Kind, string) {
	return store.AzureResource, t.Account.Endpoint() + id
}

// Tags are those of all that the run makes for itself; nil before there is a staging resource group.
func (t *Target) Tags() map[string]string {
	if t.group == nil {
		return nil
	}
	return t.group.Tags
}
