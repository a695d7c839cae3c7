package leftover

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

// judgeGroup is about a group that Ingot made. It is deleted with all that is in it, if all of that is the run's.
func (c *Cleaner) judgeGroup(ctx context.Context, e store.Entry, id *arm.ResourceID) (verdict, error) {
	v := verdict{what: name(id)}
	g, err := c.read(ctx, id)
	if err != nil {
		return v, err
	}
	if g == nil {
		v.gone = true
		return v, nil
	}
	if v.why, v.stays = c.claimGroup(ctx, e, g.Tags); v.stays != "" {
		return v, nil
	}
	if by, _ := azurearm.Tag(g.Tags, staging.CreatedByTag); by != staging.By {
		v.why, v.stays = "", fmt.Sprintf("its tag %s does not say that Ingot made it", staging.CreatedByTag)
		return v, nil
	}
	in, err := c.inside(ctx, e.Run, id)
	if errors.Is(err, errVanished) {
		return verdict{what: v.what, gone: true}, nil
	}
	if err != nil {
		return v, err
	}
	switch n := len(in.ours); n {
	case 0:
	case 1:
		v.what += " with a resource"
	default:
		v.what += fmt.Sprintf(" with %d resources", n)
	}
	switch {
	case len(in.foreign) > 0:
		stays := fmt.Sprintf("%s is in it, and nothing shows that run %s made that", list(in.foreign), e.Run)
		if len(in.ours) == 0 {
			v.why, v.stays = "", stays
			return v, nil
		}
		v.does = "delete what is the run's, and leave the group: " + stays
		v.act = func(ctx context.Context) error {
			return errors.Join(c.removeAll(ctx, in.ours), &ledger.StaysError{Why: stays})
		}
	case len(in.outputs) > 0:
		v.does = fmt.Sprintf("delete what is the run's, and leave the group for %s, without the run's tags", list(in.outputs))
		v.act = func(ctx context.Context) error {
			if err := c.removeAll(ctx, in.ours); err != nil {
				return err
			}
			return c.takeOff(ctx, id, e.Run, true)
		}
	default:
		v.act = func(ctx context.Context) error { return c.remove(ctx, id) }
	}
	return v, nil
}

// judgeTags is about a group that was there before: it stays, without the tags that the run put on it.
func (c *Cleaner) judgeTags(ctx context.Context, e store.Entry, id *arm.ResourceID) (verdict, error) {
	v := verdict{what: "tags of " + name(id), does: "take them off"}
	g, err := c.read(ctx, id)
	if err != nil {
		return v, err
	}
	mark, marked, merr := azurearm.Mark{}, false, error(nil)
	if g != nil {
		mark, marked, merr = azurearm.ReadMark(g.Tags)
	}
	if merr == nil && (!marked || mark.Run != e.Run) { // never put on, taken off, or another run's by now
		v.gone = true
		return v, nil
	}
	if v.why, v.stays = c.claimGroup(ctx, e, g.Tags); v.stays != "" {
		return v, nil
	}
	in, err := c.inside(ctx, e.Run, id)
	if errors.Is(err, errVanished) {
		return verdict{what: v.what, gone: true}, nil
	}
	if err != nil {
		return v, err
	}
	v.act = func(ctx context.Context) error {
		if err := c.lastOf(ctx, e.Run, id); err != nil {
			return err
		}
		return c.takeOff(ctx, id, e.Run, len(in.outputs) > 0)
	}
	return v, nil
}

// lastOf fails as long as a run has something else in a group, by the ledger: the tags of the group show whose that is.
func (c *Cleaner) lastOf(ctx context.Context, run string, group *arm.ResourceID) error {
	recorded, err := c.recorded(ctx, run)
	for key := range recorded {
		rest, in := strings.CutPrefix(key, strings.ToLower(group.String())+"/providers/")
		if in && !strings.HasPrefix(rest, tagsType+"/") {
			return &ledger.StaysError{Why: fmt.Sprintf("%s is still in the group, by the ledger", rest)}
		}
	}
	return err
}

func (c *Cleaner) claimGroup(ctx context.Context, e store.Entry, tags map[string]*string) (why, stays string) {
	if e.ID == 0 {
		mark, who := c.whose(ctx, tags)
		if who.stays == "" && mark.Run != e.Run {
			return "", fmt.Sprintf("it is that of run %s by now", mark.Run)
		}
		return who.why, who.stays
	}
	ours, err := c.bears(tags, e.Run)
	switch {
	case err != nil:
		return "", err.Error()
	case !ours:
		return "", fmt.Sprintf("it does not have the tags of run %s", e.Run)
	}
	return fmt.Sprintf("run %s recorded it and is over", e.Run), ""
}

// errVanished says that a group was there and is gone: another clean-up was faster.
var errVanished = errors.New("it vanished")

// contents is what is in a resource group.
type contents struct{ ours, outputs, foreign []*arm.ResourceID }

// inside sorts what is in a group by whose it is: a resource is a run's by its mark, by the run's ledger, or as the disk of a machine
// that is the run's.
func (c *Cleaner) inside(ctx context.Context, run string, group *arm.ResourceID) (contents, error) {
	var in contents
	recorded, err := c.recorded(ctx, run)
	if err != nil {
		return in, err
	}
	host, err := c.read(ctx, group)
	if err != nil {
		return in, err
	}
	if host == nil {
		return in, errVanished
	}
	of, _, err := azurearm.ReadMark(host.Tags)
	if err != nil {
		return in, err
	}
	all, err := c.list(ctx, group)
	if err != nil {
		return in, err
	}
	ours := map[string]bool{}
	for _, r := range all { // machines before the disks that they hold
		mark, marked, err := azurearm.ReadMark(r.Tags)
		key := strings.ToLower(r.id.String())
		ours[key] = err == nil && marked && mark.Run == of.Run && mark.Host == of.Host ||
			of.Host == c.host && recorded[key]
	}
	for _, r := range all {
		key := strings.ToLower(r.id.String())
		held := typeOf(r.id) == diskType && ours[strings.ToLower(r.managedBy)]
		switch {
		case c.outputOf(ctx, run, r.id, r.Tags) != "":
			in.outputs = append(in.outputs, r.id)
		case ours[key], held, ours[parentKey(r.id)]:
			in.ours = append(in.ours, r.id)
		default:
			in.foreign = append(in.foreign, r.id)
		}
	}
	return in, nil
}

// recorded are the ids that a run has in the ledger, in lower case.
func (c *Cleaner) recorded(ctx context.Context, run string) (map[string]bool, error) {
	entries, err := c.store.Entries(ctx, run)
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for _, e := range entries {
		if id, err := c.idOf(e.Name); e.Kind == store.AzureResource && err == nil {
			all[strings.ToLower(id.String())] = true
		}
	}
	return all, nil
}

func parentKey(id *arm.ResourceID) string {
	if id.Parent == nil {
		return ""
	}
	return strings.ToLower(id.Parent.String())
}

// listed is a resource of a list.
type listed struct {
	id        *arm.ResourceID
	managedBy string
	Tags      map[string]*string
}

func (c *Cleaner) list(ctx context.Context, group *arm.ResourceID) ([]listed, error) {
	client := c.resources
	if !strings.EqualFold(group.SubscriptionID, c.account.Subscription) {
		var err error
		if client, err = armresources.NewClient(group.SubscriptionID, c.account.Credential, c.account.Options()); err != nil {
			return nil, err
		}
	}
	var all []listed
	for pages := client.NewListByResourceGroupPager(group.Name, nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if absent(err) {
			if g, rerr := c.read(ctx, group); rerr == nil && g == nil {
				return nil, errVanished
			}
		}
		if err != nil {
			return nil, unseen(ctx, err)
		}
		for _, r := range page.Value {
			if r == nil || r.ID == nil {
				return nil, errors.New("a resource without an id is listed")
			}
			id, err := arm.ParseResourceID(*r.ID)
			if err != nil {
				return nil, fmt.Errorf("a resource is listed as %q, which is no id", *r.ID)
			}
			l := listed{id: id, Tags: r.Tags}
			if r.ManagedBy != nil {
				l.managedBy = *r.ManagedBy
			}
			all = append(all, l)
		}
	}
	return all, nil
}

// removeAll deletes resources in their order.
func (c *Cleaner) removeAll(ctx context.Context, ids []*arm.ResourceID) error {
	byOrder := map[int][]*arm.ResourceID{}
	for _, id := range ids {
		byOrder[orderOf(id)] = append(byOrder[orderOf(id)], id)
	}
	var errs []error
	for _, order := range slices.Sorted(maps.Keys(byOrder)) {
		var group errgroup.Group
		failed := make([]error, len(byOrder[order]))
		for i, id := range byOrder[order] {
			group.Go(func() error {
				if err := c.remove(ctx, id); err != nil {
					failed[i] = fmt.Errorf("%s: %w", name(id), err)
				}
				return nil
			})
		}
		_ = group.Wait() // failed has the errors
		errs = append(errs, failed...)
	}
	return errors.Join(errs...)
}

// takeOff takes the tags of a run off a group that stays. Tags that others have put on it stay too. With an output of the run in it
// so does what says whose that is: then the next run of the same image template takes the group though it is not empty.
func (c *Cleaner) takeOff(ctx context.Context, id *arm.ResourceID, run string, output bool) error {
	g, err := c.read(ctx, id)
	if err != nil || g == nil {
		return err
	}
	if mark, marked, err := azurearm.ReadMark(g.Tags); err != nil || !marked || mark.Run != run {
		return errIf(err != nil, "nobody can tell whose it is by now")
	}
	tags := staging.TakeOff(g.Tags, output)
	client := c.groups
	if !strings.EqualFold(id.SubscriptionID, c.account.Subscription) {
		if client, err = armresources.NewResourceGroupsClient(id.SubscriptionID, c.account.Credential, c.account.Options()); err != nil {
			return err
		}
	}
	if _, err := client.Update(ctx, id.Name, armresources.ResourceGroupPatchable{Tags: tags}, nil); err != nil && !absent(err) {
		return fmt.Errorf("take the run's tags off: %s", azurearm.Reason(err))
	}
	if g, err = c.read(ctx, id); err != nil || g == nil {
		return err
	}
	if mark, marked, _ := azurearm.ReadMark(g.Tags); marked && mark.Run == run {
		return errors.New("the run's tags are taken off, as Azure says, and there still")
	}
	return nil
}

func errIf(is bool, text string) error {
	if !is {
		return nil
	}
	return &ledger.StaysError{Why: text}
}
