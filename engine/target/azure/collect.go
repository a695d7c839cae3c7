package azure

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target"
)

// Collect implements target.Target: it looks at the snapshots that the builder left.
func (t *Target) Collect(ctx context.Context, s target.Staged) (target.Disk, error) {
	client, err := armcompute.NewSnapshotsClient(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return target.Disk{}, err
	}
	group := s.Vars["image_resource_group_name"]
	os, err := client.Get(ctx, group, s.Vars["snapshot_name"], nil)
	if err != nil {
		return target.Disk{}, fmt.Errorf("look at the snapshot that the builder left: %w", err)
	}
	if os.ID == nil || os.Properties == nil {
		return target.Disk{}, fmt.Errorf("look at the snapshot that the builder left: Azure said nothing of it")
	}
	kept := &target.Snapshot{OSDisk: *os.ID, Location: t.location(t.plan), OS: t.plan.OS}
	if os.Location != nil {
		kept.Location = *os.Location
	}
	if x := t.plan.Source.Exact; x != nil { // what the image says of itself, its disks do too, or leave out
		kept.Generation, kept.Architecture, kept.SecurityType = x.Generation, x.Architecture, x.SecurityType
	}
	if g := os.Properties.HyperVGeneration; g != nil {
		kept.Generation = string(*g)
	}
	if c := os.Properties.SupportedCapabilities; c != nil && c.Architecture != nil {
		kept.Architecture = string(*c.Architecture)
	}
	kept.Generation, kept.Architecture = cmp.Or(kept.Generation, "V1"), cmp.Or(kept.Architecture, "x64")
	for i := range t.plan.DataDisksGB {
		data, err := client.Get(ctx, group, s.Vars["data_disk_snapshot_prefix"]+strconv.Itoa(i), nil)
		if err != nil || data.ID == nil {
			return target.Disk{}, fmt.Errorf("look at the snapshot of data disk %d that the builder left: %w", i, err)
		}
		kept.DataDisks = append(kept.DataDisks, *data.ID)
	}
	disk := target.Disk{Snapshot: kept}
	if n := os.Properties.DiskSizeBytes; n != nil {
		disk.VirtualSize = *n
	}
	return disk, nil
}
