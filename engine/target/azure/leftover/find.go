package leftover

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
)

// byTag finds everything that has a mark, whatever its values. Azure gives no tags with what it finds by tag: each is read afterwards.
const byTag = "tagName eq '" + azurearm.RunTag + "'"

// atOnce bounds how many things are looked at at the same time.
const atOnce = 8

// Find lists what has the mark of a run in the account's subscription, in the order of removal: what is a dead run's, and what stays and
// why. What is in list already, by the ledger, is left out.
func (c *Cleaner) Find(ctx context.Context, list []ledger.Leftover) ([]ledger.Leftover, error) {
	known := map[string]bool{}
	for _, l := range list {
		known[strings.ToLower(l.Entry.Name)] = true
	}
	groups, err := c.markedGroups(ctx)
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	covered := map[string]bool{} // groups that go as a whole, or are looked into as one
	for _, g := range groups {
		name := g.id.String()
		if by, tagged := azurearm.Tag(g.Tags, staging.CreatedByTag); by == staging.By || !tagged && len(g.Tags) == 0 {
			covered[strings.ToLower(name)] = true
		} else {
			name = staging.TagsID(name)
		}
		entries = append(entries, c.entry(name, g.Tags))
	}
	resources, err := c.markedResources(ctx, covered)
	if err != nil {
		return nil, err
	}
	entries = append(entries, resources...)
	entries = slices.DeleteFunc(entries, func(e store.Entry) bool { return known[strings.ToLower(e.Name)] })
	slices.SortStableFunc(entries, func(a, b store.Entry) int { return c.Order(a) - c.Order(b) })

	found := make([]ledger.Leftover, len(entries))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, e := range entries {
		group.Go(func() error {
			v, err := c.judge(gctx, e)
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			if err != nil {
				v.stays = err.Error()
			}
			found[i] = ledger.Leftover{Entry: e, Run: store.Run{ID: e.Run}, What: v.what, Present: !v.gone, Why: v.why, Does: v.does,
				Stays: v.stays}
			return nil
		})
	}
	err = group.Wait()
	return slices.DeleteFunc(found, func(l ledger.Leftover) bool { return !l.Present }), err
}

// entry stands for a thing that no ledger has: its ID is 0, and its run what the mark says.
func (c *Cleaner) entry(id string, tags map[string]*string) store.Entry {
	run, _ := azurearm.Tag(tags, azurearm.RunTag)
	return store.Entry{Kind: store.AzureResource, Name: c.account.Endpoint() + id, Run: run}
}

func (c *Cleaner) markedGroups(ctx context.Context) ([]listed, error) {
	var all []listed
	pages := c.groups.NewListPager(&armresources.ResourceGroupsClientListOptions{Filter: new(byTag)})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.unlisted(ctx, "resource groups", err)
		}
		for _, g := range page.Value {
			if g == nil || g.ID == nil {
				continue
			}
			id, err := arm.ParseResourceID(*g.ID)
			if err != nil || typeOf(id) != groupType {
				continue
			}
			switch now, err := c.read(ctx, id); {
			case context.Cause(ctx) != nil:
				return nil, context.Cause(ctx)
			case err != nil: // judge says what is wrong
				all = append(all, listed{id: id, Tags: g.Tags})
			case now != nil:
				all = append(all, listed{id: id, Tags: now.Tags})
			}
		}
	}
	return all, nil
}

// markedResources are those that lie in no covered group. Images are left out: one that has a mark without a ledger that says that it
// is not finished may be somebody's image.
func (c *Cleaner) markedResources(ctx context.Context, covered map[string]bool) ([]store.Entry, error) {
	var all []store.Entry
	pages := c.resources.NewListPager(&armresources.ClientListOptions{Filter: new(byTag)})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.unlisted(ctx, "resources", err)
		}
		for _, r := range page.Value {
			if r == nil || r.ID == nil {
				continue
			}
			id, err := arm.ParseResourceID(*r.ID)
			if err != nil || typeOf(id) == imageType || typeOf(id) == versionType {
				continue
			}
			if group := groupOf(id); group == nil || covered[strings.ToLower(group.String())] {
				continue
			}
			now, err := c.read(ctx, id)
			if err != nil {
				now = &armresources.GenericResource{Tags: r.Tags} // judge says what is wrong
			}
			if now != nil {
				all = append(all, c.entry(id.String(), now.Tags))
			}
		}
	}
	return all, nil
}

// unlisted is the error of a list.
func (c *Cleaner) unlisted(ctx context.Context, what string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return errors.New("cannot list the " + what + " of subscription " + c.account.Subscription + ": " + azurearm.Reason(err))
}
