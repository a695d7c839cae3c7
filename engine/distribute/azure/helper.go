package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
)

// sibling is the id of another resource beside one.
func sibling(of *arm.ResourceID, typ, name string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/%s/%s", of.SubscriptionID, of.ResourceGroupName, typ, name)
}

// disk makes a disk of a snapshot, beside it, and gives its id.
func (j *job) disk(ctx context.Context, from *arm.ResourceID, name, place string) (string, error) {
	id := sibling(from, "Microsoft.Compute/disks", name)
	clients, err := j.compute(from.SubscriptionID)
	if err != nil {
		return "", err
	}
	if err := j.helper(ctx, id); err != nil {
		return "", err
	}
	p, err := clients.NewDisksClient().BeginCreateOrUpdate(ctx, from.ResourceGroupName, name, armcompute.Disk{
		Location: to.Ptr(place), Tags: pointers(j.Tags),
		Properties: &armcompute.DiskProperties{CreationData: &armcompute.CreationData{
			CreateOption: to.Ptr(armcompute.DiskCreateOptionCopy), SourceResourceID: to.Ptr(from.String()),
		}},
	}, nil)
	_, err = wait(ctx, j, p, err)
	return id, wrong(err, "make disk %q of snapshot %q, to copy it to another region", name, from.Name)
}

// snapshot makes a snapshot beside another one, waits until all its bytes are there, and gives its id.
func (j *job) snapshot(ctx context.Context, step string, from *arm.ResourceID, name string, body armcompute.Snapshot) (string, error) {
	id := sibling(from, snapshotType, name)
	clients, err := j.compute(from.SubscriptionID)
	if err != nil {
		return "", err
	}
	snapshots, group := clients.NewSnapshotsClient(), from.ResourceGroupName
	body.Tags = pointers(j.Tags)
	what := fmt.Sprintf("copy snapshot to %s", *body.Location)
	for tries := 0; ; {
		there, err := read(ctx, func() (armcompute.SnapshotsClientGetResponse, error) { return snapshots.Get(ctx, group, name, nil) })
		switch {
		case absent(err):
			if tries++; tries > j.Tries {
				return "", fmt.Errorf("snapshot %q vanishes each time it is made", name)
			}
			if err := j.helper(ctx, id); err != nil {
				return "", err
			}
			p, err := snapshots.BeginCreateOrUpdate(ctx, group, name, body, nil)
			if _, err = wait(ctx, j, p, err); err != nil && !conflict(err) {
				return "", wrong(err, "make snapshot %q", name)
			}
			continue
		case err != nil:
			return "", wrong(err, "look for snapshot %q", name)
		}
		done, failed := progressOf(there.Snapshot)
		switch {
		case failed != "":
			if tries++; tries > j.Tries {
				return "", fmt.Errorf("%s: %s", what, failed)
			}
			j.say(step, "%s: %s; it is tried again", what, failed)
			p, err := snapshots.BeginDelete(ctx, group, name, nil)
			if _, err = wait(ctx, j, p, err); err != nil && !absent(err) {
				return "", wrong(err, "remove snapshot %q, whose copy failed", name)
			}
			continue
		case done == 100:
			j.percent(step, what, 100)
			return id, nil
		}
		j.percent(step, what, done)
		if err := j.pause(ctx); err != nil {
			return "", err
		}
	}
}

// progressOf tells how much of a snapshot is there, in percent, or why no more of it comes.
func progressOf(s armcompute.Snapshot) (done int64, failed string) {
	p := s.Properties
	switch {
	case p == nil || busy(value(p.ProvisioningState)):
		return 0, ""
	case p.CopyCompletionError != nil:
		return 0, fmt.Sprintf("%s: %s", value(p.CopyCompletionError.ErrorCode), value(p.CopyCompletionError.ErrorMessage))
	case value(p.ProvisioningState) == "Failed":
		return 0, "it is in state Failed"
	case p.CompletionPercent == nil:
		return 100, "" // one that was made at once
	}
	return int64(max(0, min(100, *p.CompletionPercent))), ""
}

// clearUp removes what was made on the way, once no destination needs it any more. What cannot be removed is said, and stays in the
// ledger.
func (j *job) clearUp(ctx context.Context) {
	if ctx.Err() != nil || !j.journal.finished() {
		return
	}
	for _, id := range slices.Backward(j.journal.read().Helpers) {
		err := j.remove(ctx, id)
		for tries := 1; err != nil && tries < j.Tries && j.pause(ctx) == nil; tries++ {
			err = j.remove(ctx, id)
		}
		if err == nil {
			err = j.done(ctx, id)
		}
		if err == nil {
			err = j.journal.edit(func(now *Journal) {
				now.Helpers = slices.DeleteFunc(now.Helpers, func(h string) bool { return h == id })
			})
		}
		if err != nil {
			j.say("", "%v", j.shown(err))
		}
	}
}

// remove removes a disk or a snapshot, and looks whether it is gone: what is struck from the ledger is found by nobody any more.
func (j *job) remove(ctx context.Context, id string) error {
	at, err := arm.ParseResourceID(id)
	if err != nil {
		return err
	}
	clients, err := j.compute(at.SubscriptionID)
	if err != nil {
		return err
	}
	group, name := at.ResourceGroupName, at.Name
	if strings.EqualFold(at.ResourceType.String(), snapshotType) {
		snapshots := clients.NewSnapshotsClient()
		p, perr := snapshots.BeginDelete(ctx, group, name, nil)
		_, err = wait(ctx, j, p, perr)
		if err == nil || absent(err) {
			_, err = snapshots.Get(ctx, group, name, nil)
		}
	} else {
		disks := clients.NewDisksClient()
		p, perr := disks.BeginDelete(ctx, group, name, nil)
		_, err = wait(ctx, j, p, perr)
		if err == nil || absent(err) {
			_, err = disks.Get(ctx, group, name, nil)
		}
	}
	switch {
	case absent(err):
		return nil
	case err == nil:
		err = errors.New("it is still there")
	}
	return wrong(err, "remove %q, which was needed for the distribution only", id)
}
