package preflight

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

var (
	managedImageCalls = []call{
		{"Microsoft.Compute/images/read", Ingot, "see what is there, and wait for the image"},
		{"Microsoft.Compute/images/write", Ingot, "make the managed image"},
		{"Microsoft.Compute/images/delete", Ingot, "replace an image that is there already"},
	}
	// otherRegionCalls carry a snapshot into the region of a managed image, which is made only of what is in its own region. Azure
	// copies incremental snapshots, and makes those of disks: so there is a disk on the way.
	otherRegionCalls = []call{
		{"Microsoft.Compute/disks/write", Ingot, "make a disk of the snapshot, to copy it into the region of the managed image"},
		{"Microsoft.Compute/disks/read", Ingot, "wait for that disk, and see that it is gone again"},
		{"Microsoft.Compute/disks/delete", Ingot, "remove that disk"},
		{"Microsoft.Compute/disks/beginGetAccess/action", Link, "read that disk"},
		{"Microsoft.Compute/snapshots/write", Ingot, "copy the snapshot into the region of the managed image"},
		{"Microsoft.Compute/snapshots/read", Ingot, "follow the copy"},
		{"Microsoft.Compute/snapshots/delete", Ingot, "remove the copy"},
		{"Microsoft.Compute/snapshots/beginGetAccess/action", Link, "read the snapshot that is copied"},
	}
	galleryCalls = []call{
		{"Microsoft.Compute/galleries/images/read", Ingot, "see that the definition fits the image"},
		{"Microsoft.Compute/galleries/images/versions/read", Ingot, "see which versions there are, and follow the replication"},
		{"Microsoft.Compute/galleries/images/versions/write", Ingot, "make the image version"},
	}
	// galleryRegionCalls are about the gallery itself: a version is made in the gallery's region.
	galleryRegionCalls = []call{
		{"Microsoft.Compute/galleries/read", Ingot, "find the gallery's region"},
	}
	gallerySnapshotCalls = []call{
		{"Microsoft.Compute/snapshots/beginGetAccess/action", Link, "read the snapshot that the image version is made of"},
	}
	vhdCalls = []call{
		{"Microsoft.Compute/snapshots/beginGetAccess/action", Ingot, "get an address to copy the snapshot from"},
		{"Microsoft.Compute/snapshots/endGetAccess/action", Ingot, "close that address"},
	}
	vhdBlobCalls = []call{
		{readBlob, Ingot, "follow the copy of the VHD"},
		{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", Ingot, "write the VHD"},
	}
	// stagingAccountCalls make the account in the staging resource group for a VHD that has no place of its own.
	stagingAccountCalls = []call{
		{"Microsoft.Storage/storageAccounts/read", Ingot, "find the staging storage account, and wait for it"},
		{"Microsoft.Storage/storageAccounts/write", Ingot, "make the staging storage account"},
		{"Microsoft.Storage/storageAccounts/blobServices/containers/write", Ingot, "make the container for the VHD"},
		{"Microsoft.Storage/storageAccounts/delete", Ingot, "remove the staging storage account"},
	}
)

// distribution is what becomes of the snapshots.
func (d *deriver) distribution() error {
	if !d.builds() {
		return nil
	}
	for i := range d.plan.Destinations {
		dest := &d.plan.Destinations[i]
		var err error
		switch path := dest.Origin.Path; {
		case dest.ManagedImage != nil:
			err = d.managedImage(path, dest.ManagedImage)
		case dest.SharedImage != nil:
			err = d.sharedImage(path, dest.SharedImage)
		case dest.VHD != nil:
			d.vhd(path, dest.VHD)
		default:
			panic("preflight: destination " + dest.ID + " has no type")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *deriver) managedImage(path string, m *plan.ManagedImage) error {
	path += ".imageId"
	r, err := parse(path, m.ID, imageType)
	if err != nil {
		return err
	}
	group := groupOf(r)
	d.need(group, path, managedImageCalls...)
	if to := regionName(m.Location); to != "" && to != d.location {
		d.need(d.group, path, otherRegionCalls...)
	}
	d.fact(path, Fact{Kind: Group, Subject: group, Scope: group, Holds: "the resource group exists",
		Why: "a managed image is put into it, and nobody makes it", Fix: "make it: az group create --name " + r.ResourceGroupName})
	return nil
}

func (d *deriver) sharedImage(path string, g *plan.SharedImage) error {
	path += ".galleryImageId"
	r, err := parse(path, g.DefinitionID, definitionType)
	if err != nil {
		return err
	}
	d.need(r.String(), path, galleryCalls...)
	d.need(r.Parent.String(), path, galleryRegionCalls...)
	d.need(d.group, path, gallerySnapshotCalls...)
	d.fact(path, Fact{Kind: Gallery, Subject: r.String(), Scope: r.String(), Want: d.sourceWant(),
		Holds: "the gallery and the image definition exist; the definition is for generalized " + osName(d.plan.OS) +
			" images of the source's generation, architecture and security type",
		Why: "an image version is refused whose disk does not fit its definition",
		Fix: "make a definition that fits (az sig image-definition create), or name one"})
	if g.Version != "" {
		d.fact(path, Fact{Kind: Version, Subject: r.String() + "/versions/" + g.Version, Scope: r.String(),
			Holds: "there is no such image version yet",
			Why:   "a version is never replaced: whoever uses it relies on it",
			Fix:   "name another version, or leave it out to have one made"})
	}
	if len(g.Regions) > 0 {
		regions := strings.TrimSuffix(path, ".galleryImageId") + ".targetRegions"
		d.fact(regions, Fact{Kind: Regions, Subject: r.String(), Scope: r.Parent.String(), Want: Want{Regions: regionNames(g.Regions)},
			Holds: fmt.Sprintf("the gallery's own region is one of the target regions: %s", strings.Join(regionNames(g.Regions), ", ")),
			Why:   "Azure keeps the version's own replica in the gallery's region",
			Fix:   "add the gallery's region to the target regions"})
	}
	return nil
}

func regionNames(list []plan.TargetRegion) []string {
	var names []string
	for _, r := range list {
		names = append(names, regionName(r.Name))
	}
	return names
}

func (d *deriver) vhd(path string, v *plan.VHD) {
	d.need(d.group, path, vhdCalls...)
	if v.URI == "" {
		d.need(d.group, path, stagingAccountCalls...)
		d.needData(d.group, path, vhdBlobCalls...)
		return
	}
	path += ".uri"
	if url, account, ok := container(v.URI); ok {
		d.needData(url, path, vhdBlobCalls...)
		d.storageFact(path, url, account, "the VHD is written to it")
	}
}
