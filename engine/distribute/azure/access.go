package azure

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
)

// access is the address that the bytes of the snapshot are read from, shared by all VHDs: a snapshot has one at a time.
type access struct {
	mu      sync.Mutex
	address string
	users   int // VHDs that are not over
}

const (
	accessTime  = 24 * time.Hour   // that the address holds: far above what a copy takes; it is closed before
	closingTime = 30 * time.Second // for what is undone after a distribution was cancelled
)

// open gives the address. It is a secret.
func (j *job) open(ctx context.Context) (string, error) {
	j.access.mu.Lock()
	defer j.access.mu.Unlock()
	if j.access.address != "" {
		return j.access.address, nil
	}
	snapshots, group, name, err := j.osSnapshot()
	if err != nil {
		return "", err
	}
	if err := j.journal.edit(func(now *Journal) { now.Open = true }); err != nil {
		return "", err
	}
	p, err := snapshots.BeginGrantAccess(ctx, group, name, armcompute.GrantAccessData{
		Access: to.Ptr(armcompute.AccessLevelRead), DurationInSeconds: to.Ptr(int32(accessTime.Seconds())),
	}, nil)
	granted, err := wait(ctx, j, p, err)
	if err != nil {
		return "", wrong(err, "get an address to read snapshot %q from", name)
	}
	address := value(granted.AccessSAS)
	if address == "" {
		return "", fmt.Errorf("get an address to read snapshot %q from: the answer has none", name)
	}
	j.hide(signatureOf(address)...)
	j.access.address = address
	return address, nil
}

// expect counts the VHDs that will be made.
func (j *job) expect() {
	for _, d := range j.journal.read().Destinations {
		if d.Type == "VHD" && d.State != Done && d.State != Failed {
			j.access.users++
		}
	}
}

// leave closes the address when the last VHD is over, while other destinations may have hours to go.
func (j *job) leave(ctx context.Context) {
	j.access.mu.Lock()
	j.access.users--
	last := j.access.users == 0
	j.access.mu.Unlock()
	if last {
		j.close(ctx)
	}
}

// close closes the address, also when the distribution was cancelled: who has it can read the disk. What a killed process had opened
// is closed too, by the journal.
func (j *job) close(ctx context.Context) {
	if !j.journal.read().Open {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	snapshots, group, name, err := j.osSnapshot()
	if err == nil {
		p, perr := snapshots.BeginRevokeAccess(ctx, group, name, nil)
		_, err = wait(ctx, j, p, perr)
	}
	if err != nil && !absent(err) {
		j.say("", "%v", j.shown(wrong(err, "close the address that snapshot %q was read from", name)))
		return
	}
	if err := j.journal.edit(func(now *Journal) { now.Open = false }); err != nil && !errors.Is(err, context.Canceled) {
		j.say("", "%v", err)
	}
}

func (j *job) osSnapshot() (client *armcompute.SnapshotsClient, group, name string, err error) {
	at, err := parseID(j.journal.read().Snapshot.OSDisk, snapshotType)
	if err != nil {
		return nil, "", "", err
	}
	clients, err := j.compute(at.SubscriptionID)
	if err != nil {
		return nil, "", "", err
	}
	return clients.NewSnapshotsClient(), at.ResourceGroupName, at.Name, nil
}
