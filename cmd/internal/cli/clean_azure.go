package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/service"
)

// azureCleanReport is the JSON form of a clean-up in Azure.
type azureCleanReport struct {
	As           string                `json:"as"` // who Ingot is in Azure
	Subscription string                `json:"subscription"`
	Leftovers    []azureLeftoverRecord `json:"leftovers"` // with --yes: what is gone now
	Staying      []azureLeftoverRecord `json:"staying"`
	Removed      bool                  `json:"removed"`
	// Blind is why nothing was looked for by its tags; "" if it was.
	Blind string `json:"blind,omitempty"`
}

// azureLeftoverRecord is the JSON form of a thing in Azure.
type azureLeftoverRecord struct {
	Run  string `json:"run"`  // "" where no tag tells it
	ID   string `json:"id"`   // the URL of the resource
	What string `json:"what"` // for people
	// Present is false where only the record is left.
	Present bool `json:"present"`
	// Why says what shows that it is a dead run's, or why it stays.
	Why string `json:"why,omitempty"`
	// Does says what is done with it, where it is not deleted.
	Does string `json:"does,omitempty"`
	// Kept says how to use a thing that the run left on purpose.
	Kept string `json:"kept,omitempty"`
}

// azureCleanFlags are the flags that say something to a clean-up in Azure alone.
var azureCleanFlags = []string{"subscription", "cloud"}

func (o *cleanOptions) check(flags *pflag.FlagSet) error {
	if o.dryRun && o.yes {
		return &usageError{what: "--dry-run and --yes contradict each other", fix: "leave one of them out"}
	}
	for _, name := range azureCleanFlags {
		if o.on != service.OnAzure && flags.Changed(name) {
			return &usageError{what: fmt.Sprintf("--%s says nothing to a clean-up of this machine", name),
				fix: "say --on azure too, or leave it out"}
		}
	}
	return nil
}

// cleanAzure lists what runs left in Azure, and removes after asking what is provably a dead run's.
func cleanAzure(ctx context.Context, env *Env, svc *service.Service, o cleanOptions) error {
	c, err := svc.CleanAzure(ctx, service.AzureRequest{Cloud: o.cloud, Subscription: o.subscription})
	if err != nil {
		return err
	}
	goes := 0
	for _, l := range c.Left {
		if l.Stays == "" {
			goes++
		}
	}
	if o.output == outputText {
		if err := env.say(fmt.Sprintf("signed in as %s, subscription %s", view.Line(c.Who), c.Subscription)); err != nil {
			return err
		}
		if c.Blind != "" {
			if err := env.say("only what the ledger of this machine has is looked at, and nothing by its tags: " + view.Line(c.Blind)); err != nil {
				return err
			}
		}
		if len(c.Left) == 0 {
			return env.say("nothing was left behind")
		}
		if err := showAzureLeftovers(env, c.Left); err != nil {
			return err
		}
		if err := sayKept(env, c.Left); err != nil {
			return err
		}
		if err := sayResume(env, c.Left); err != nil {
			return err
		}
		if goes == 0 {
			return env.say("nothing of this is provably a dead run's; it stays")
		}
	}
	remove, err := o.agreed(ctx, env, "remove what is not to be left?", " --on azure")
	if err != nil {
		return err
	}
	var rerr error
	left := c.Left
	if remove {
		left, rerr = c.Clean(ctx)
	}
	if o.output == outputJSON {
		if err := view.Document(env.Stdout, newAzureCleanReport(c, left, remove)); err != nil {
			return err
		}
		return rerr
	}
	if rerr != nil || !remove {
		return rerr
	}
	return env.say(fmt.Sprintf("removed %s", count(len(left), "thing")))
}

func newAzureCleanReport(c *service.AzureCleaning, left []ledger.Leftover, removed bool) azureCleanReport {
	r := azureCleanReport{As: c.Who, Subscription: c.Subscription, Leftovers: []azureLeftoverRecord{}, Staying: []azureLeftoverRecord{},
		Removed: removed, Blind: c.Blind}
	record := func(l ledger.Leftover, why string) azureLeftoverRecord {
		return azureLeftoverRecord{Run: l.Run.ID, ID: l.Entry.Name, What: l.What, Present: l.Present, Why: why, Does: l.Does,
			Kept: l.Entry.Kept}
	}
	for _, l := range left {
		if l.Stays == "" {
			r.Leftovers = append(r.Leftovers, record(l, l.Why))
		}
	}
	for _, l := range c.Left {
		if l.Stays != "" {
			r.Staying = append(r.Staying, record(l, l.Stays))
		}
	}
	return r
}

func showAzureLeftovers(env *Env, left []ledger.Leftover) error {
	var rows [][]string
	for _, l := range left {
		how, why := "delete", l.Why
		switch {
		case l.Stays != "":
			how, why = "leave", l.Stays
		case !l.Present:
			how = "gone already"
		case l.Does != "":
			how, why = "tidy up", strings.TrimSuffix(l.Does+"; "+l.Why, "; ")
		}
		what := l.What
		if l.Present && l.Entry.Kept != "" {
			what += ", kept"
		}
		rows = append(rows, []string{l.Run.ID, how, view.Line(what), view.Line(why)})
	}
	return view.Table(env.Stdout, env.palette(env.Stdout), []string{"RUN", "TO DO", "LEFT BEHIND", "WHY"}, rows)
}

// sayKept says how to use what runs left on purpose: once for each run, since all that it left is for the same.
func sayKept(env *Env, left []ledger.Leftover) error {
	var said []string
	for _, l := range left {
		line := fmt.Sprintf("what run %s kept is for: %s", l.Run.ID, view.Line(l.Entry.Kept))
		if !l.Present || l.Entry.Kept == "" || slices.Contains(said, line) {
			continue
		}
		said = append(said, line)
		if err := env.say(line); err != nil {
			return err
		}
	}
	return nil
}

// sayResume names the runs that may be gone on with as long as their things are there.
func sayResume(env *Env, left []ledger.Leftover) error {
	var ids []string
	for _, l := range left {
		if l.Entry.ID != 0 && l.Present && l.Stays == "" && !slices.Contains(ids, l.Run.ID) {
			ids = append(ids, l.Run.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return env.say("a run goes on with what it left, unless that is removed: ingot resume " + strings.Join(ids, ", or: ingot resume "))
}

// sayElsewhere tells, after a clean-up of this machine, that there is more in Azure. Nobody signs in for that.
func sayElsewhere(ctx context.Context, env *Env, svc *service.Service) error {
	n, runs, err := svc.LeftInAzure(ctx)
	if err != nil || n == 0 {
		return err
	}
	var ids []string
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	return env.say(fmt.Sprintf("%s of run %s may be in Azure still; see what, and remove it, with: ingot clean --on azure", count(n, "thing"),
		strings.Join(ids, ", ")))
}
