package rig

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The names of the run outputs.
const (
	ManagedOutput = "managed"
	GalleryOutput = "gallery"
	VHDOutput     = "disk"
)

// Inline is what the customizer runs, unless Options have another.
const Inline = "echo made by a test > /tmp/made"

// Managed is the id of a managed image that a build may make.
func Managed(name string) string { return imagesGroup + "/providers/Microsoft.Compute/images/" + name }

// WriteManaged writes the image template of an image that becomes a managed image of its name and nothing else, and gives its path.
func (r *Rig) WriteManaged(name string) (string, error) {
	path := filepath.Join(r.Dir, name+".json")
	return path, os.WriteFile(path, []byte(r.imageTemplate(name, managed(name))), 0o600)
}

func managed(name string) string {
	return fmt.Sprintf(`{"type": "ManagedImage", "runOutputName": %q, "imageId": %q, "location": %q}`, ManagedOutput, Managed(name), Location)
}

// template is one of a Linux image that is distributed in every way.
func (r *Rig) template() string {
	distribute := []string{
		managed("web"),
		fmt.Sprintf(`{"type": "SharedImage", "runOutputName": %q, "galleryImageId": %q,
      "targetRegions": [{"name": %q}, {"name": %q}]}`, GalleryOutput, Version, Location, Far),
	}
	if r.opts.VHD {
		distribute = append(distribute, fmt.Sprintf(`{"type": "VHD", "runOutputName": %q, "uri": %q}`, VHDOutput, r.Blob()))
	}
	return r.imageTemplate("web", distribute...)
}

func (r *Rig) imageTemplate(name string, distribute ...string) string {
	line, _ := json.Marshal(cmp.Or(r.opts.Inline, Inline)) // of a string: never fails
	return fmt.Sprintf(`{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": %q, "location": %q,
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {
    "%s/resourceGroups/images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts",
      "version": "latest"},
    "customize": [{"type": "Shell", "name": "make", "inline": [%s]}],
    "distribute": [%s]
  }
}
`, name, Location, subscription, line, strings.Join(distribute, ",\n      "))
}
