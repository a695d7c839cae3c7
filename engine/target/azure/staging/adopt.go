package staging

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/store"
)

// adopt takes over a group that is there: case 2. Nothing is changed before all is found well.
func (o *opening) adopt(ctx context.Context, g *armresources.ResourceGroup) (*Group, error) {
	if err := o.checkPlace(g); err != nil {
		return nil, err
	}
	mark, marked, err := azurearm.ReadMark(g.Tags)
	if err != nil {
		return nil, o.problem("nobody can tell whose it is: "+err.Error(), "take the tag off if no run uses the group, or name another one")
	}
	if marked && mark.Run == o.RunID && mark.Host == o.Host { // it was opened before, and the run goes on
		return o.again(ctx, g)
	}
	if marked {
		return nil, o.marked(mark)
	}
	if err := o.checkTemplate(g); err != nil {
		return nil, err
	}
	tags := groupTags(o.Request, o.mark, true)
	all := adoptedTags(g.Tags, tags)
	if len(all) > maxTags {
		return nil, o.problem(fmt.Sprintf("with Ingot's it would have %d tags, and Azure takes up to %d", len(all), maxTags),
			fmt.Sprintf("take %d of its tags off, or name another one", len(all)-maxTags))
	}
	if err := o.checkEmpty(ctx, g); err != nil {
		return nil, err
	}
	var held *store.HeldError
	if err := o.Record(ctx, store.AzureResource, o.account.Endpoint()+TagsID(o.id())); errors.As(err, &held) {
		return nil, o.problem(fmt.Sprintf("run %s uses it", held.Run), "wait for that run, or name another one")
	} else if err != nil {
		return nil, err
	}
	// Of two machines that take the same group at once, one has to find out: its tags are read right before they are written, and after.
	if err := o.checkMine(ctx, false); err != nil {
		return nil, err
	}
	if err := o.write(ctx, all); err != nil {
		return nil, err
	}
	o.location = place(*g.Location)
	return o.group(g.ID, true, tags), nil
}

// write sets the tags of the group, and sees that they stay.
func (o *opening) write(ctx context.Context, tags map[string]*string) error {
	if _, err := o.groups.Update(ctx, o.name, armresources.ResourceGroupPatchable{Tags: tags}, nil); err != nil {
		return o.refused(ctx, "tag", err)
	}
	return o.checkMine(ctx, true)
}

// checkMine refuses a group that has another run's mark by now, or with must none of this run's.
func (o *opening) checkMine(ctx context.Context, must bool) error {
	g, err := o.groups.Get(ctx, o.name, nil)
	if err != nil {
		return o.refused(ctx, "look at", err)
	}
	mark, marked, err := azurearm.ReadMark(g.Tags)
	if err != nil || must && !marked || marked && (mark.Run != o.RunID || mark.Host != o.Host) {
		return o.problem("another run took it at the same moment", "wait for that run, or name another one")
	}
	return nil
}

// again gives the group to the run that has it already, with a later expiry.
func (o *opening) again(ctx context.Context, g *armresources.ResourceGroup) (*Group, error) {
	by, _ := azurearm.Tag(g.Tags, CreatedByTag)
	adopted := by != By
	if err := o.write(ctx, with(g.Tags, o.mark.Tags())); err != nil {
		return nil, err
	}
	o.location = place(*g.Location)
	return o.group(g.ID, adopted, groupTags(o.Request, o.mark, adopted)), nil
}

// checkPlace looks at what the group is, and where.
func (o *opening) checkPlace(g *armresources.ResourceGroup) error {
	state := ""
	if g.Properties != nil && g.Properties.ProvisioningState != nil {
		state = *g.Properties.ProvisioningState
	}
	switch {
	case g.Location == nil:
		return o.problem("Azure did not say in which region it is", "try again, or name another one")
	case o.location != "" && place(*g.Location) != o.location:
		return o.problem(fmt.Sprintf("it is in %s, and the image template in %s", place(*g.Location), o.location),
			"name a group of that region, or one that is not there: Ingot makes it")
	case state != "" && state != "Succeeded":
		return o.problem(fmt.Sprintf("its provisioning state is %s", state), "wait until Azure is done with it, or name another one")
	case g.ManagedBy != nil && *g.ManagedBy != "":
		return o.problem("it belongs to "+*g.ManagedBy, "name another one")
	}
	return nil
}

// marked says whose the group is that has the mark of another run.
func (o *opening) marked(m azurearm.Mark) error {
	const clean = "remove what is left of it: ingot clean --on azure; or name another one"
	switch {
	case m.Host == o.Host:
		return o.problem(fmt.Sprintf("run %s has it, or left it behind", m.Run), "wait for that run, if it is going on; else "+clean)
	case m.Expires.After(o.Now):
		return o.problem(fmt.Sprintf("run %s of another machine has it, until %s", m.Run, m.Expires.Format(time.RFC3339)),
			"wait for that run, or name another one")
	}
	return o.problem(fmt.Sprintf("run %s of another machine left it behind; its time was over at %s", m.Run,
		m.Expires.Format(time.RFC3339)), clean)
}

// checkTemplate compares the tags that the service and Ingot write with this image template.
func (o *opening) checkTemplate(g *armresources.ResourceGroup) error {
	name, tagged := azurearm.Tag(g.Tags, templateTag)
	group, grouped := azurearm.Tag(g.Tags, templateGroupTag)
	switch {
	case tagged && !strings.EqualFold(name, firstRunes(o.Plan.Name, maxTagValue)):
		return o.problem(fmt.Sprintf("its tag %s says that it is that of the image template %q", templateTag, name),
			"take the tag off if that template is gone, or name another one")
	case tagged && grouped && o.TemplateGroup != "" && !strings.EqualFold(group, o.TemplateGroup):
		return o.problem(fmt.Sprintf("its tag %s says that it is that of an image template in %q", templateGroupTag, group),
			"take the tag off if that template is gone, or name another one")
	}
	return nil
}

// checkEmpty looks for resources. What an earlier run of the same image template left there as its output is no hindrance.
func (o *opening) checkEmpty(ctx context.Context, g *armresources.ResourceGroup) error {
	client, err := armresources.NewClient(o.account.Subscription, o.account.Credential, o.account.Options())
	if err != nil {
		return err
	}
	_, same := azurearm.Tag(g.Tags, templateTag) // checkTemplate has compared it
	var inside []string
	for pages := client.NewListByResourceGroupPager(o.name, nil); pages.More() && len(inside) < 4; {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return o.refused(ctx, "look into", err)
		}
		for _, r := range page.Value {
			if r == nil || r.ID == nil {
				continue
			}
			if _, output := azurearm.Tag(r.Tags, azurearm.OutputTag); same && output {
				continue
			}
			_, short, _ := strings.Cut(*r.ID, "/providers/")
			inside = append(inside, short)
		}
	}
	if len(inside) == 0 {
		return nil
	}
	slices.Sort(inside)
	list := strings.Join(inside[:min(len(inside), 3)], ", ")
	if len(inside) > 3 {
		list += ", …"
	}
	return o.problem("it is not empty: it has "+list, "empty it, name another one, or one that is not there: Ingot makes it")
}

func (o *opening) problem(why, fix string) error {
	return &Problem{What: fmt.Sprintf("the staging resource group %q cannot be used", o.name), Why: why, Fix: fix}
}

// with gives tags with others put over them.
func with(tags map[string]*string, over map[string]string) map[string]*string {
	all := maps.Clone(tags)
	if all == nil {
		all = map[string]*string{}
	}
	for name, value := range over {
		maps.DeleteFunc(all, func(have string, _ *string) bool { return strings.EqualFold(have, name) })
		all[name] = &value
	}
	return all
}
