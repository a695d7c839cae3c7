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

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/plan"
)

// imageVersion makes a version of a gallery image definition, and follows it into every region.
func (j *job) imageVersion(ctx context.Context, d plan.Destination) (events.RunOutput, error) {
	id, err := parseID(d.SharedImage.DefinitionID, definitionType)
	if err != nil {
		return events.RunOutput{}, err
	}
	place, err := j.definition(ctx, id, d.SharedImage)
	if err != nil {
		return events.RunOutput{}, err
	}
	from, err := j.disksIn(ctx, d.ID, place)
	if err != nil {
		return events.RunOutput{}, err
	}
	clients, err := j.compute(id.SubscriptionID)
	if err != nil {
		return events.RunOutput{}, err
	}
	w := &versionWork{job: j, d: d, definition: id, place: place, from: from, versions: clients.NewGalleryImageVersionsClient()}
	err = w.make(ctx)
	return events.RunOutput{ArtifactID: w.id()}, err
}

// versionWork is one image version in the making.
type versionWork struct {
	*job
	d          plan.Destination
	definition *arm.ResourceID
	place      string // of the gallery
	from       disks
	versions   *armcompute.GalleryImageVersionsClient
	number     string
	why        error // why the last request for the version did not succeed
}

func (w *versionWork) id() string { return w.d.SharedImage.DefinitionID + "/versions/" + w.number }

// make looks what is there, and does what is missing, until the version is in every region or cannot be brought there.
func (w *versionWork) make(ctx context.Context) (err error) {
	defer func() { err = w.cutOff(ctx, err) }()
	for {
		if w.number, err = w.choose(ctx, w.d, w.definition); err != nil {
			return err
		}
		there, err := w.look(ctx)
		switch {
		case absent(err):
		case err != nil:
			return wrong(err, "look for image version %s", w.number)
		case !w.isOurs(there):
			if w.d.SharedImage.Version != "" || w.d.SharedImage.Scheme == plan.SchemeSource {
				return takenError(w.number, w.definition.Name)
			}
			w.say(w.d.ID, "version %s was taken by somebody else meanwhile; the next one is made", w.number)
			if err := w.done(ctx, w.id()); err != nil { // it is theirs, and must not be removed after this run
				return err
			}
			if err := w.lose(w.d, w.number); err != nil {
				return err
			}
			continue
		case busy(stateOfVersion(there)):
			if err := w.follow(ctx, nil); err != nil {
				return err
			}
			continue
		}
		left, err := w.note(there)
		if err != nil {
			return err
		}
		if len(left) == 0 && stateOfVersion(there) == "Succeeded" {
			return nil
		}
		if again, err := w.spend(left); err != nil {
			return err
		} else if !again {
			return w.giveUp(ctx, there)
		}
		if err := w.put(ctx, w.wanted()); err != nil {
			return err
		}
	}
}

// cutOff adds to the end of the run which regions it came too early for.
func (w *versionWork) cutOff(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err == nil || cause == nil || !errors.Is(err, cause) || w.number == "" {
		return err
	}
	var missing []string
	reached := w.reached()
	for _, r := range w.wanted() {
		if !slices.ContainsFunc(reached, func(have *armcompute.TargetRegion) bool { return *have.Name == *r.Name }) {
			missing = append(missing, *r.Name)
		}
	}
	if len(missing) == 0 {
		return err
	}
	return fmt.Errorf("image version %s has not reached %s: %w", w.number, strings.Join(missing, ", "), err)
}

// look reads the version with the state of each region.
func (w *versionWork) look(ctx context.Context) (armcompute.GalleryImageVersion, error) {
	there, err := read(ctx, func() (armcompute.GalleryImageVersionsClientGetResponse, error) {
		return w.versions.Get(ctx, w.definition.ResourceGroupName, w.definition.Parent.Name, w.definition.Name, w.number,
			&armcompute.GalleryImageVersionsClientGetOptions{Expand: to.Ptr(armcompute.ReplicationStatusTypesReplicationStatus)})
	})
	return there.GalleryImageVersion, err
}

// put sends for the version with these regions, and follows it until Azure is done with it. A conflict is no error here: what is
// there is looked at next.
func (w *versionWork) put(ctx context.Context, regions []*armcompute.TargetRegion) error {
	if err := w.record(ctx, w.id()); err != nil {
		return err
	}
	p, err := w.versions.BeginCreateOrUpdate(ctx, w.definition.ResourceGroupName, w.definition.Parent.Name, w.definition.Name, w.number,
		w.body(regions), nil)
	if conflict(err) {
		w.why = wrong(err, "make image version %s", w.number)
		return w.pause(ctx)
	}
	if err != nil {
		return wrong(err, "make image version %s", w.number)
	}
	return w.follow(ctx, func(ctx context.Context) error {
		_, err := wait(ctx, w.job, p, nil)
		return err
	})
}

// body is the same each time, as long as the regions are: sending it once more changes nothing.
func (w *versionWork) body(regions []*armcompute.TargetRegion) armcompute.GalleryImageVersion {
	s := w.d.SharedImage
	storage := &armcompute.GalleryImageVersionStorageProfile{
		OSDiskImage: &armcompute.GalleryOSDiskImage{Source: &armcompute.GalleryDiskImageSource{ID: to.Ptr(w.from.os)}},
	}
	for lun, id := range w.from.data {
		storage.DataDiskImages = append(storage.DataDiskImages, &armcompute.GalleryDataDiskImage{
			Lun: to.Ptr(int32(lun)), Source: &armcompute.GalleryDiskImageSource{ID: to.Ptr(id)},
		})
	}
	publishing := &armcompute.GalleryImageVersionPublishingProfile{
		TargetRegions: regions, ExcludeFromLatest: to.Ptr(s.ExcludeFromLatest),
	}
	if s.ReplicationMode != "" {
		publishing.ReplicationMode = to.Ptr(armcompute.ReplicationMode(s.ReplicationMode))
	}
	return armcompute.GalleryImageVersion{
		Location: to.Ptr(w.place), Tags: pointers(w.d.Tags),
		Properties: &armcompute.GalleryImageVersionProperties{StorageProfile: storage, PublishingProfile: publishing},
	}
}

// wanted are the target regions; the gallery's own if the image template names none.
func (w *versionWork) wanted() []*armcompute.TargetRegion {
	list := w.d.SharedImage.Regions
	if len(list) == 0 {
		list = []plan.TargetRegion{{Name: w.place}}
	}
	var regions []*armcompute.TargetRegion
	for _, r := range list {
		storage := armcompute.StorageAccountTypeStandardLRS
		if r.StorageAccountType != "" {
			storage = armcompute.StorageAccountType(r.StorageAccountType)
		}
		regions = append(regions, &armcompute.TargetRegion{
			Name: to.Ptr(region(r.Name)), RegionalReplicaCount: to.Ptr(int32(max(1, r.ReplicaCount))), StorageAccountType: to.Ptr(storage),
		})
	}
	return regions
}

// reached are the wanted regions that have the version.
func (w *versionWork) reached() []*armcompute.TargetRegion {
	at := w.journal.destination(w.d.ID).Regions
	return slices.DeleteFunc(w.wanted(), func(r *armcompute.TargetRegion) bool {
		return !slices.ContainsFunc(at, func(have Region) bool { return have.Name == *r.Name && have.State == Done })
	})
}

// isOurs tells whether a version was made by this run: nobody else has its snapshot.
func (w *versionWork) isOurs(v armcompute.GalleryImageVersion) bool {
	p := v.Properties
	return p != nil && p.StorageProfile != nil && p.StorageProfile.OSDiskImage != nil && p.StorageProfile.OSDiskImage.Source != nil &&
		strings.EqualFold(value(p.StorageProfile.OSDiskImage.Source.ID), w.from.os)
}

func stateOfVersion(v armcompute.GalleryImageVersion) string {
	if v.Properties == nil {
		return ""
	}
	return string(value(v.Properties.ProvisioningState))
}

// RegionsError says that a version is not in all its regions.
type RegionsError struct {
	Version string
	Failed  []Region
	Reached []string // regions that have it: it can be used there
	Err     error    // what Azure said of the whole; may be nil
}

func (e *RegionsError) Error() string {
	var failed []string
	for _, r := range e.Failed {
		if r.Detail == "" {
			failed = append(failed, r.Name)
			continue
		}
		failed = append(failed, fmt.Sprintf("%s (%s)", r.Name, r.Detail))
	}
	text := fmt.Sprintf("image version %s did not reach %s", e.Version, strings.Join(failed, ", "))
	if len(e.Reached) > 0 {
		return text + "; it can be used in " + strings.Join(e.Reached, ", ")
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives what Azure said.
func (e *RegionsError) Unwrap() error { return e.Err }

// Fix is what to do about it.
func (e *RegionsError) Fix() string { return "try the rest again: ingot distribute RUN --retry-failed" }
