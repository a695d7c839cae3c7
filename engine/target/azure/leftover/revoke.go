package leftover

import (
	"context"
	"errors"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
)

// inUse reports whether something stands against a deletion that may be taken away.
func inUse(err error) bool {
	var re *azcore.ResponseError
	return errors.As(err, &re) && re.StatusCode == http.StatusConflict
}

// revoke takes back the addresses by which a disk or a snapshot can be read: as long as there is one, it is not deleted. A copy to a VHD
// that was cut off leaves one. In a group it does so for all that are in it, which all go. Other resources have none.
func (c *Cleaner) revoke(ctx context.Context, id *arm.ResourceID) error {
	switch typeOf(id) {
	case snapshotType:
		client, err := armcompute.NewSnapshotsClient(id.SubscriptionID, c.account.Credential, c.account.Options())
		if err != nil {
			return err
		}
		p, err := client.BeginRevokeAccess(ctx, id.ResourceGroupName, id.Name, nil)
		if err == nil {
			_, err = p.PollUntilDone(ctx, c.often())
		}
		return err
	case diskType:
		client, err := armcompute.NewDisksClient(id.SubscriptionID, c.account.Credential, c.account.Options())
		if err != nil {
			return err
		}
		p, err := client.BeginRevokeAccess(ctx, id.ResourceGroupName, id.Name, nil)
		if err == nil {
			_, err = p.PollUntilDone(ctx, c.often())
		}
		return err
	case groupType:
		all, err := c.list(ctx, id)
		for _, r := range all {
			err = errors.Join(err, c.revoke(ctx, r.id))
		}
		return err
	}
	return nil
}
