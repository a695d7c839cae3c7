package leftover

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestBeingRead removes what a copy to a VHD was being made of when its run was killed.
func TestBeingRead(t *testing.T) {
	for typ, creation := range map[string]m{
		"snapshots": {"createOption": "Copy"}, "disks": {"createOption": "Empty"},
	} {
		t.Run(typ, func(t *testing.T) {
			r := newRig(t, azuresim.Options{})
			run := r.dead()
			group := r.group("own", r.made(run))
			source := r.put(group+"/providers/Microsoft.Compute/disks/source", r.mark(run), m{"creationData": m{"createOption": "Empty"}, "diskSizeGB": 4})
			if typ == "snapshots" {
				creation["sourceResourceId"] = source
			}
			id := r.put(group+"/providers/Microsoft.Compute/"+typ+"/os", r.mark(run), m{"creationData": creation, "diskSizeGB": 4})
			r.record(run, id)
			grant := armcompute.GrantAccessData{Access: to.Ptr(armcompute.AccessLevelRead), DurationInSeconds: to.Ptr[int32](3600)}
			if typ == "snapshots" {
				client, err := armcompute.NewSnapshotsClient(sub, r.account.Credential, r.account.Options())
				if err != nil {
					t.Fatal(err)
				}
				p, err := client.BeginGrantAccess(t.Context(), "own", "os", grant, nil)
				if err == nil {
					_, err = p.PollUntilDone(t.Context(), r.cleaner.often())
				}
				if err != nil {
					t.Fatal(err)
				}
			} else {
				client, err := armcompute.NewDisksClient(sub, r.account.Credential, r.account.Options())
				if err != nil {
					t.Fatal(err)
				}
				p, err := client.BeginGrantAccess(t.Context(), "own", "os", grant, nil)
				if err == nil {
					_, err = p.PollUntilDone(t.Context(), r.cleaner.often())
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, err := r.clean(); err != nil {
				t.Error(err)
			}
			if left := r.left(); left != nil {
				t.Errorf("left: %v", left)
			}
		})
	}
}
