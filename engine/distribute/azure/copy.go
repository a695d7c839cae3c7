package azure

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
)

// disks are the snapshots that an image is made of: the OS disk's, and those of the data disks by their LUN.
type disks struct {
	os   string
	data []string
}

func (d disks) all() []string { return append([]string{d.os}, d.data...) }

// copies are the snapshots in other regions. Destinations share them: the first one that needs a region has them made.
type copies struct {
	mu          sync.Mutex
	byRegion    map[string]func() (disks, error)
	incremental bool // the run's own snapshots are
}

// regionShape is how regions are written in ids.
var regionShape = regexp.MustCompile(`^[a-z0-9]+$`)

// findSnapshot sees that the snapshots are there.
func (j *job) findSnapshot(ctx context.Context) error {
	s := j.journal.read().Snapshot
	for i, id := range (disks{s.OSDisk, s.DataDisks}).all() {
		at, err := parseID(id, snapshotType)
		if err != nil {
			return err
		}
		clients, err := j.compute(at.SubscriptionID)
		if err != nil {
			return err
		}
		found, err := read(ctx, func() (armcompute.SnapshotsClientGetResponse, error) {
			return clients.NewSnapshotsClient().Get(ctx, at.ResourceGroupName, at.Name, nil)
		})
		if absent(err) {
			return &GoneError{Snapshot: id}
		}
		if err != nil {
			return wrong(err, "look for snapshot %q", at.Name)
		}
		whole := found.Properties != nil && value(found.Properties.Incremental)
		j.copies.incremental = whole && (i == 0 || j.copies.incremental)
	}
	return nil
}

// disksIn gives the snapshots in a region, copied there if they are in another one.
func (j *job) disksIn(ctx context.Context, step, place string) (disks, error) {
	s := j.journal.read().Snapshot
	own := disks{s.OSDisk, s.DataDisks}
	if place == region(s.Location) {
		return own, nil
	}
	if !regionShape.MatchString(place) { // it becomes part of names
		return disks{}, fmt.Errorf("%q is no region", place)
	}
	j.copies.mu.Lock()
	if j.copies.byRegion == nil {
		j.copies.byRegion = map[string]func() (disks, error){}
		j.copies.byRegion[""] = sync.OnceValues(func() (disks, error) { return j.makeIncremental(ctx, step, own) })
	}
	once := j.copies.byRegion[place]
	if once == nil {
		from := j.copies.byRegion[""]
		once = sync.OnceValues(func() (disks, error) {
			d, err := from()
			if err != nil {
				return disks{}, err
			}
			return j.copyTo(ctx, step, d, place)
		})
		j.copies.byRegion[place] = once
	}
	j.copies.mu.Unlock()
	return once()
}

// makeIncremental gives incremental snapshots: Azure copies no others to another region, and makes them of disks only.
//
// Reference: https://learn.microsoft.com/azure/virtual-machines/disks-copy-incremental-snapshot-across-regions
func (j *job) makeIncremental(ctx context.Context, step string, own disks) (disks, error) {
	if j.copies.incremental {
		return own, nil
	}
	place := region(j.journal.read().Snapshot.Location)
	return j.each(own, func(id *arm.ResourceID, label string) (string, error) {
		name := fmt.Sprintf("ingot-%s-%s", j.request.RunID, label)
		disk, err := j.disk(ctx, id, name, place)
		if err != nil {
			return "", err
		}
		return j.snapshot(ctx, step, id, name, armcompute.Snapshot{Location: to.Ptr(place), Properties: &armcompute.SnapshotProperties{
			Incremental:  to.Ptr(true),
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionCopy), SourceResourceID: to.Ptr(disk)},
		}})
	})
}

// copyTo copies incremental snapshots to another region.
func (j *job) copyTo(ctx context.Context, step string, from disks, place string) (disks, error) {
	return j.each(from, func(id *arm.ResourceID, label string) (string, error) {
		name := fmt.Sprintf("ingot-%s-%s-%s", j.request.RunID, place, label)
		return j.snapshot(ctx, step, id, name, armcompute.Snapshot{Location: to.Ptr(place), Properties: &armcompute.SnapshotProperties{
			Incremental: to.Ptr(true),
			CreationData: &armcompute.CreationData{
				CreateOption: to.Ptr(armcompute.DiskCreateOptionCopyStart), SourceResourceID: to.Ptr(id.String()),
			},
		}})
	})
}

// each makes one snapshot of each, all at once. Its label is "os", or "data" with the LUN.
func (j *job) each(from disks, one func(id *arm.ResourceID, label string) (string, error)) (disks, error) {
	list := from.all()
	made, errs := make([]string, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	for i, id := range list {
		label := "os"
		if i > 0 {
			label = fmt.Sprintf("data%d", i-1)
		}
		all.Go(func() {
			at, err := parseID(id, snapshotType)
			if err == nil {
				made[i], err = one(at, label)
			}
			errs[i] = err
		})
	}
	all.Wait()
	return disks{made[0], made[1:]}, errors.Join(errs...)
}

// helper notes what is made on the way, before it is made: in the ledger, and in the journal, by which it is removed at the end.
func (j *job) helper(ctx context.Context, id string) error {
	if err := j.record(ctx, id); err != nil {
		return err
	}
	if slices.Contains(j.journal.read().Helpers, id) {
		return nil
	}
	return j.journal.edit(func(now *Journal) { now.Helpers = append(now.Helpers, id) })
}
