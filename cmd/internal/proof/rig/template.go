package rig

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The names of the run outputs.
const (
	ManagedOutput = "managed"
	GalleryOutput = "gallery"
	VHDOutput     = "disk"
)

// template is one of a Linux image that is distributed in every way.
func (r *Rig) template() string {
	inline := r.opts.Inline
	if inline == "" {
		inline = "echo made by a test > /tmp/made"
	}
	line, _ := json.Marshal(inline) // of a string: never fails
	distribute := []string{
		fmt.Sprintf(`{"type": "ManagedImage", "runOutputName": %q, "imageId": %q, "location": %q}`, ManagedOutput, ManagedImage, Location),
		fmt.Sprintf(`{"type": "SharedImage", "runOutputName": %q, "galleryImageId": %q,
      "targetRegions": [{"name": %q}, {"name": %q}]}`, GalleryOutput, Version, Location, Far),
	}
	if r.opts.VHD {
		distribute = append(distribute, fmt.Sprintf(`{"type": "VHD", "runOutputName": %q, "uri": %q}`, VHDOutput, r.Blob()))
	}
	return fmt.Sprintf(`{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "web", "location": %q,
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {
    "%s/resourceGroups/images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts",
      "version": "latest"},
    "customize": [{"type": "Shell", "name": "make", "inline": [%s]}],
    "distribute": [%s]
  }
}
`, Location, subscription, line, strings.Join(distribute, ",\n      "))
}
