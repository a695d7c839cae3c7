package azure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate/plan"
)

const (
	sub     = "/subscriptions/" + azuresim.DefaultSubscription
	images  = sub + "/resourceGroups/images"
	staging = sub + "/resourceGroups/staging"
	webDef  = images + "/providers/Microsoft.Compute/galleries/gal/images/web"
	webID   = images + "/providers/Microsoft.Compute/images/web"
	osSnap  = staging + "/providers/Microsoft.Compute/snapshots/os"
	place   = "westeurope"
	runID   = "3f2a9c1e"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// rig is an emulated Azure with what a build leaves in it, and what is distributed to.
type rig struct {
	testing.TB
	sim     *azuresim.Sim
	run     string // id
	dir     string // of the run
	d       *Distributor
	compute *armcompute.ClientFactory

	mu     sync.Mutex
	told   []events.Event
	ledger []string // what was recorded and not struck
}

func newRig(t testing.TB, o azuresim.Options) *rig {
	t.Helper()
	sim, err := azuresim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	r := &rig{TB: t, sim: sim, run: runID, dir: runDir(t)}
	client := policy.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: sim.URL() + "/", Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: sim.URL(), Audience: sim.URL()},
		}},
		Transport: sim.Client(),
		Retry:     policy.RetryOptions{MaxRetries: 3, RetryDelay: time.Millisecond, MaxRetryDelay: 5 * time.Millisecond},
	}
	cred, err := azidentity.NewClientSecretCredential(azuresim.DefaultTenant, "22222222-2222-2222-2222-222222222222", "secret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	account := &azurearm.Account{Subscription: azuresim.DefaultSubscription, Credential: cred, Who: "a test", Client: client}
	r.d = &Distributor{Account: account, Tags: map[string]string{"ingot-run": runID}, Now: func() time.Time { return start },
		Pace: 2 * time.Millisecond}
	r.compute = must(armcompute.NewClientFactory(account.Subscription, cred, account.Options()))(t)
	groups := must(armresources.NewResourceGroupsClient(account.Subscription, cred, account.Options()))(t)
	for _, name := range []string{"images", "staging"} {
		must(groups.CreateOrUpdate(t.Context(), name, armresources.ResourceGroup{Location: to.Ptr(place)}, nil))(t)
	}
	r.snapshot("os", false)
	r.gallery("gal", place)
	r.definition("gal", "web", func(*armcompute.GalleryImageProperties) {})
	return r
}

// runDir makes a folder for a run, in memory where that can be had: the journal is written onto the disk, thousands of times here.
func runDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ingot-run")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// snapshot makes a disk, and a snapshot of it, as a build leaves it.
func (r *rig) snapshot(name string, incremental bool) {
	r.Helper()
	disk := done(r.compute.NewDisksClient().BeginCreateOrUpdate(r.Context(), "staging", name, armcompute.Disk{
		Location: to.Ptr(place), Properties: &armcompute.DiskProperties{DiskSizeGB: to.Ptr[int32](30),
			OSType: to.Ptr(armcompute.OperatingSystemTypesLinux), HyperVGeneration: to.Ptr(armcompute.HyperVGenerationV2),
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionEmpty)}},
	}, nil))(r.TB)
	done(r.compute.NewSnapshotsClient().BeginCreateOrUpdate(r.Context(), "staging", name, armcompute.Snapshot{
		Location: to.Ptr(place), Properties: &armcompute.SnapshotProperties{Incremental: to.Ptr(incremental),
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionCopy), SourceResourceID: disk.ID}},
	}, nil))(r.TB)
	d := done(r.compute.NewDisksClient().BeginDelete(r.Context(), "staging", name, nil))
	d(r.TB)
}

func (r *rig) gallery(name, location string) {
	r.Helper()
	done(r.compute.NewGalleriesClient().BeginCreateOrUpdate(r.Context(), "images", name, armcompute.Gallery{
		Location: to.Ptr(location)}, nil))(r.TB)
}

func (r *rig) definition(gallery, name string, change func(*armcompute.GalleryImageProperties)) {
	r.Helper()
	p := &armcompute.GalleryImageProperties{
		OSType: to.Ptr(armcompute.OperatingSystemTypesLinux), OSState: to.Ptr(armcompute.OperatingSystemStateTypesGeneralized),
		HyperVGeneration: to.Ptr(armcompute.HyperVGenerationV2),
		Identifier:       &armcompute.GalleryImageIdentifier{Publisher: to.Ptr("Contoso"), Offer: to.Ptr("web"), SKU: to.Ptr(name)},
	}
	change(p)
	g := must(r.compute.NewGalleriesClient().Get(r.Context(), "images", gallery, nil))(r.TB)
	done(r.compute.NewGalleryImagesClient().BeginCreateOrUpdate(r.Context(), "images", gallery, name, armcompute.GalleryImage{
		Location: g.Location, Properties: p}, nil))(r.TB)
}

func must[T any](answer T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

func done[T any](p *runtime.Poller[T], err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return must(p.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: time.Millisecond}))(t)
	}
}

// distribute distributes p. What is still in the ledger afterwards is in r.ledger.
func (r *rig) distribute(ctx context.Context, p *plan.Plan, retryFailed bool) ([]*events.RunOutput, error) {
	r.Helper()
	snap := &target.Snapshot{OSDisk: osSnap, Location: place, OS: plan.Linux, Generation: "V2", Architecture: "x64"}
	for i := range p.DataDisksGB {
		snap.DataDisks = append(snap.DataDisks, strings.TrimSuffix(osSnap, "os")+fmt.Sprintf("data%d", i))
	}
	return r.d.Distribute(ctx, distribute.Request{
		Plan: p, RunID: r.run, RunDir: r.dir, Disk: target.Disk{Snapshot: snap}, RetryFailed: retryFailed,
		Record: func(_ context.Context, kind store.Kind, name string) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			id, ours := strings.CutPrefix(name, r.sim.URL())
			if kind != store.AzureResource || !ours {
				r.Errorf("recorded %s %s", kind, name)
			}
			if !slices.Contains(r.ledger, id) {
				r.ledger = append(r.ledger, id)
			}
			return nil
		},
		Done: func(_ context.Context, _ store.Kind, name string) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.ledger = slices.DeleteFunc(r.ledger, func(have string) bool { return r.sim.URL()+have == name })
			return nil
		},
	}, func(e events.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.told = append(r.told, e)
	})
}

// said gives what was told of a step, one line each.
func (r *rig) said(step string) string {
	var b strings.Builder
	for _, e := range r.told {
		switch {
		case e.Step != step:
		case e.Output != nil:
			fmt.Fprintln(&b, e.Output.Text)
		case e.Progress != nil:
			fmt.Fprintf(&b, "%s: %d of %d %s\n", e.Progress.What, e.Progress.Done, e.Progress.Total, e.Progress.Unit)
		case e.State != nil:
			fmt.Fprintf(&b, "%s %s\n", e.State.Phase, e.State.Detail)
		}
	}
	return b.String()
}

// left are the resources below the staging group, and the compute resources of the other group, without the gallery.
func (r *rig) left() []string {
	var list []string
	for _, id := range r.sim.Resources() {
		name := strings.TrimPrefix(id, sub+"/resourceGroups/")
		if strings.Contains(name, "/") && !strings.HasSuffix(name, "/galleries/gal") && !strings.HasSuffix(name, "/images/web") {
			list = append(list, filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name))
		} else if strings.EqualFold(id, webID) {
			list = append(list, "images/web")
		}
	}
	slices.Sort(list)
	return list
}

func planFor(all ...plan.Destination) *plan.Plan {
	for i := range all {
		all[i].ID = fmt.Sprintf("distribute[%d]", i)
		if all[i].RunOutputName == "" {
			all[i].RunOutputName = fmt.Sprintf("out%d", i)
		}
	}
	return &plan.Plan{Name: "web", OS: plan.Linux, Destinations: all, Source: plan.Source{
		PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12", Version: "latest"},
		Exact:         &plan.Exact{Version: "12.1.3"},
	}}
}

func managed(location string) plan.Destination {
	return plan.Destination{ManagedImage: &plan.ManagedImage{ID: webID, Location: location}, Tags: map[string]string{"team": "web"}}
}

func shared(change func(*plan.SharedImage), regions ...string) plan.Destination {
	s := plan.SharedImage{DefinitionID: webDef, Version: "1.0.0"}
	for _, name := range regions {
		s.Regions = append(s.Regions, plan.TargetRegion{Name: name, ReplicaCount: 1})
	}
	if change != nil {
		change(&s)
	}
	return plan.Destination{SharedImage: &s}
}
