package staging

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/translate/plan"
)

// Request is what Open works from.
type Request struct {
	Plan          *plan.Plan
	RunID         string
	Host          string        // store.Dirs.HostID
	TemplateGroup string        // resource group of the image template; "" where it has none
	Group         string        // id or name; "": Plan.Azure.StagingResourceGroup
	Location      string        // "": Plan.Azure.Location
	Timeout       time.Duration // of the run; 0: the plan's
	Now           time.Time

	// Record writes to the ledger. It returns before the thing is made.
	Record func(ctx context.Context, kind store.Kind, name string) error
}

// Group is a staging resource group that is ready for its run.
type Group struct {
	ID, Name string
	Location string // as region names are written in ids: westeurope
	Adopted  bool   // it was there before, and stays

	// Tags are for every resource that the run makes in it. The caller may change them.
	Tags map[string]string
	Mark azurearm.Mark
}

// grace is how long after the end of its time a run's things are its own: for a clock that is wrong, and for who wants to look.
const grace = 24 * time.Hour

// Expires is from when on anybody may remove what a run makes that begins now.
func Expires(now time.Time, timeout time.Duration) time.Time {
	return now.Add(timeout + grace).UTC().Truncate(time.Second)
}

// TagsID is the id that stands in the ledger for the tags of a group that was there before. Azure itself calls them so.
func TagsID(group string) string { return group + "/providers/Microsoft.Resources/tags/default" }

// Open makes or takes over the staging resource group of a run. The error is a *Problem, or that of Record or of ctx.
func Open(ctx context.Context, a *azurearm.Account, r Request) (*Group, error) {
	name, err := named(a, cmp.Or(r.Group, r.Plan.Azure.StagingResourceGroup))
	if err != nil {
		return nil, err
	}
	if err := checkTags(r); err != nil {
		return nil, err
	}
	groups, err := armresources.NewResourceGroupsClient(a.Subscription, a.Credential, a.Options())
	if err != nil {
		return nil, err
	}
	timeout := cmp.Or(r.Timeout, time.Duration(r.Plan.TimeoutMinutes)*time.Minute)
	o := &opening{Request: r, account: a, groups: groups, name: name, location: place(cmp.Or(r.Location, r.Plan.Azure.Location)),
		mark: azurearm.Mark{Run: r.RunID, Host: r.Host, Expires: Expires(r.Now, timeout)}}
	if name == "" {
		o.name = newName(r.TemplateGroup, r.Plan.Name, r.RunID)
		return o.create(ctx)
	}
	there, err := groups.Get(ctx, name, nil)
	switch {
	case absent(err):
		return o.create(ctx)
	case err != nil:
		return nil, o.refused(ctx, "look at", err)
	}
	return o.adopt(ctx, &there.ResourceGroup)
}

// opening is the state of one call of Open.
type opening struct {
	Request
	account  *azurearm.Account
	groups   *armresources.ResourceGroupsClient
	name     string
	location string // "" where nobody said
	mark     azurearm.Mark
}

func (o *opening) id() string {
	return "/subscriptions/" + o.account.Subscription + "/resourceGroups/" + o.name
}

// create makes the group of cases 1 and 3.
func (o *opening) create(ctx context.Context) (*Group, error) {
	if o.location == "" {
		return nil, &Problem{What: "nothing says in which region the staging resource group is made",
			Fix: "write the image template's location, or say --location REGION"}
	}
	if err := o.Record(ctx, store.AzureResource, o.account.Endpoint()+o.id()); err != nil {
		return nil, err
	}
	tags := groupTags(o.Request, o.mark, false)
	made, err := o.groups.CreateOrUpdate(ctx, o.name, armresources.ResourceGroup{
		Location: &o.location, Tags: pointers(resourceTags(o.Request, tags)),
	}, nil)
	if err != nil {
		return nil, o.refused(ctx, "make", err)
	}
	return o.group(made.ID, false, tags), nil
}

func (o *opening) group(id *string, adopted bool, tags map[string]string) *Group {
	g := &Group{ID: o.id(), Name: o.name, Location: o.location, Adopted: adopted, Tags: resourceTags(o.Request, tags), Mark: o.mark}
	if id != nil {
		g.ID = *id
	}
	return g
}

// refused is what Azure's refusal means for a person.
func (o *opening) refused(ctx context.Context, doing string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return &Problem{What: fmt.Sprintf("cannot %s the staging resource group %q", doing, o.name), Why: azurearm.Reason(err), Err: err,
		Fix: "see what may be missing: ingot preflight TEMPLATE"}
}

// absent reports whether an error says that the group is not there, in a subscription that is.
func absent(err error) bool {
	var re *azcore.ResponseError
	return errors.As(err, &re) && re.StatusCode == http.StatusNotFound && !strings.HasSuffix(re.ErrorCode, "SubscriptionNotFound")
}

// place is a region's name as ids have it: "West Europe" and "westeurope" are one.
func place(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }

func pointers(tags map[string]string) map[string]*string {
	all := make(map[string]*string, len(tags))
	for name, value := range tags {
		all[name] = &value
	}
	return all
}
