package leftover

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
)

// verdict is what is to be done with an entry. One of gone, stays and act is set.
type verdict struct {
	what  string
	why   string
	does  string // in place of a deletion
	stays string
	gone  bool
	act   func(context.Context) error
}

// Look implements ledger.Remover. It asks, and changes nothing.
func (c *Cleaner) Look(ctx context.Context, e store.Entry) (ledger.Sight, error) {
	v, err := c.judge(ctx, e)
	if err != nil {
		return ledger.Sight{}, err
	}
	return ledger.Sight{What: v.what, Present: !v.gone, Why: v.why, Does: v.does, Stays: v.stays}, nil
}

// Remove implements ledger.Remover. An entry with the ID 0 is one that Find gave, and is judged by its tags as they are now.
func (c *Cleaner) Remove(ctx context.Context, e store.Entry) error {
	v, err := c.judge(ctx, e)
	switch {
	case err != nil:
		return err
	case v.stays != "":
		return &ledger.StaysError{Why: v.stays}
	case v.gone:
		return nil
	}
	return v.act(ctx)
}

// judge looks what an entry names, and what may be done with it. The error is that of a look: then nothing may be.
func (c *Cleaner) judge(ctx context.Context, e store.Entry) (verdict, error) {
	id, err := c.idOf(e.Name)
	if err != nil {
		return verdict{}, err
	}
	switch typeOf(id) {
	case groupType:
		return c.judgeGroup(ctx, e, id)
	case tagsType:
		return c.judgeTags(ctx, e, groupOf(id))
	}
	v := verdict{what: name(id)}
	r, err := c.read(ctx, id)
	if err != nil {
		return v, err
	}
	if r == nil {
		v.gone = true
		return v, nil
	}
	if output := c.outputOf(ctx, e.Run, id, r.Tags); output != "" {
		v.why, v.does = output, "forget, and leave it"
		v.act = func(context.Context) error { return nil }
		if e.ID == 0 {
			v.stays = output
		}
		return v, nil
	}
	who, err := c.claimOf(ctx, e, id, r)
	if err != nil {
		return v, err
	}
	v.why, v.stays = who.why, who.stays
	v.act = func(ctx context.Context) error { return c.remove(ctx, id) }
	if typeOf(id) == deployType {
		v.act = func(ctx context.Context) error { return c.removeDeployment(ctx, e, id) }
	}
	return v, nil
}

// claimOf looks for what shows that the entry's run made a resource.
func (c *Cleaner) claimOf(ctx context.Context, e store.Entry, id *arm.ResourceID, r *armresources.GenericResource) (claim, error) {
	if e.ID == 0 {
		mark, who := c.whose(ctx, r.Tags)
		if who.stays == "" && mark.Run != e.Run {
			who = claim{stays: fmt.Sprintf("it is that of run %s by now", mark.Run)}
		}
		return who, nil
	}
	over := claim{why: fmt.Sprintf("run %s recorded it and is over", e.Run)}
	mark, marked, err := azurearm.ReadMark(r.Tags)
	switch {
	case err != nil:
		return claim{stays: "nobody can tell whose it is: " + err.Error()}, nil
	case marked && mark.Run == e.Run && mark.Host == c.host:
		return over, nil
	case marked:
		return claim{stays: fmt.Sprintf("it is that of run %s", mark.Run)}, nil
	}
	if group := groupOf(id); group != nil {
		g, err := c.read(ctx, group)
		if err != nil {
			return claim{}, fmt.Errorf("look at %s: %w", name(group), err)
		}
		if g != nil {
			if ours, err := c.bears(g.Tags, e.Run); err == nil && ours {
				return over, nil
			}
		}
	}
	from, err := c.madeFrom(ctx, e.Run, id, r)
	if err != nil || from != "" {
		over.why = fmt.Sprintf("run %s made it from what is in %s, and is over", e.Run, from)
		return over, err
	}
	return claim{stays: fmt.Sprintf("nothing shows that run %s made it: neither it nor its resource group has the run's tags", e.Run)}, nil
}

// madeFrom gives the staging resource group of a run that an image was made from, or "". An image that is being distributed is the
// user's in all that it says of itself, so it bears no mark.
func (c *Cleaner) madeFrom(ctx context.Context, run string, id *arm.ResourceID, r *armresources.GenericResource) (string, error) {
	if typ := typeOf(id); typ != imageType && typ != versionType {
		return "", nil
	}
	entries, err := c.store.Entries(ctx, run)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(r.Properties)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		made, err := c.idOf(e.Name)
		if e.Kind != store.AzureResource || err != nil {
			continue
		}
		if typ := typeOf(made); typ != groupType && typ != tagsType {
			continue
		}
		group := groupOf(made)
		if strings.Contains(strings.ToLower(string(text)), `"`+strings.ToLower(group.String())+"/") {
			return name(group), nil
		}
	}
	return "", nil
}

// outputOf says that a thing is what a distributor of a run left on purpose, or "".
func (c *Cleaner) outputOf(ctx context.Context, run string, id *arm.ResourceID, tags map[string]*string) string {
	if output, is := azurearm.Tag(tags, azurearm.OutputTag); is {
		return fmt.Sprintf("it is the run output %q", output)
	}
	r, err := c.store.Find(ctx, run)
	if err != nil || r.ID != run {
		return ""
	}
	for _, o := range r.Outputs {
		at := strings.ToLower(o.ArtifactID)
		own := strings.ToLower(id.String())
		inAccount := typeOf(id) == accountType && strings.HasPrefix(strings.ToLower(o.ArtifactURI), "https://"+strings.ToLower(id.Name)+".")
		if at != "" && (at == own || strings.HasPrefix(at, own+"/")) || inAccount {
			return fmt.Sprintf("it is the run output %q", o.Name)
		}
	}
	return ""
}
