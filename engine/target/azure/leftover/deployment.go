package leftover

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"

	"github.com/ingot-build/ingot/engine/store"
)

// removeDeployment waits until a deployment is over, and deletes it. Azure goes on with it when nobody waits for it any more, and what it
// makes then nobody would look for again: in a group that goes as a whole that does no harm, and there it is not waited for.
func (c *Cleaner) removeDeployment(ctx context.Context, e store.Entry, id *arm.ResourceID) error {
	recorded, err := c.recorded(ctx, e.Run)
	if err != nil {
		return err
	}
	if group := groupOf(id); group == nil || !recorded[strings.ToLower(group.String())] {
		if err := c.ended(ctx, id); err != nil {
			return err
		}
	}
	return c.remove(ctx, id)
}

// looks is how often a deployment that is under way is looked at: for five minutes, which is more than a virtual machine takes.
const looks = 150

func (c *Cleaner) ended(ctx context.Context, id *arm.ResourceID) error {
	state := ""
	for range looks {
		d, err := c.look(ctx, id)
		if err != nil || d == nil {
			return err
		}
		properties, _ := d.Properties.(map[string]any)
		switch state, _ = properties["provisioningState"].(string); state {
		case "Succeeded", "Failed", "Canceled", "Deleting":
			return nil
		}
		if err := c.pause(ctx, c.pace); err != nil {
			return err
		}
	}
	return fmt.Errorf("it is %s still after %s, and makes resources; cancel it (az deployment group cancel), then run: ingot clean --on azure",
		state, (looks * c.pace).Round(time.Millisecond))
}
