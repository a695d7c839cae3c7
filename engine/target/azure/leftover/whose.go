package leftover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/store"
)

// claim is what is known of the one who made a thing: either why he is dead, or why the thing stays.
type claim struct{ why, stays string }

// whose decides by the mark of a thing that no ledger has, or whose ledger is another machine's.
func (c *Cleaner) whose(ctx context.Context, tags map[string]*string) (azurearm.Mark, claim) {
	mark, marked, err := azurearm.ReadMark(tags)
	switch {
	case err != nil:
		return mark, claim{stays: "nobody can tell whose it is: " + err.Error()}
	case !marked:
		return mark, claim{stays: "it has no tags that say whose it is"}
	}
	at, over := mark.Expires.Format(time.RFC3339), !c.now().Before(mark.Expires)
	who := fmt.Sprintf("run %s of another machine", mark.Run)
	if mark.Host == c.host {
		held, err := c.store.Held(mark.Run)
		if err != nil {
			return mark, claim{stays: err.Error()}
		}
		if held {
			return mark, claim{stays: fmt.Sprintf("run %s is going on", mark.Run)}
		}
		_, err = c.store.Find(ctx, mark.Run)
		var unknown *store.NotFoundError
		switch {
		case err == nil:
			return mark, claim{why: fmt.Sprintf("run %s is over", mark.Run)}
		case !errors.As(err, &unknown):
			return mark, claim{stays: err.Error()}
		}
		who = fmt.Sprintf("run %s, which this machine does not know", mark.Run)
	}
	if !over {
		return mark, claim{stays: fmt.Sprintf("it is that of %s, until %s", who, at)}
	}
	return mark, claim{why: fmt.Sprintf("the time of %s was over at %s", who, at)}
}

// bears tells whether tags are those of a run of this machine. A mark that cannot be read is an error.
func (c *Cleaner) bears(tags map[string]*string, run string) (bool, error) {
	mark, marked, err := azurearm.ReadMark(tags)
	if err != nil {
		return false, fmt.Errorf("nobody can tell whose it is: %w", err)
	}
	return marked && mark.Run == run && mark.Host == c.host, nil
}
