package azuresim

import (
	"net/http"
	"strings"
)

// checkImage makes the disks of a managed image from a machine, or completes those that it names.
func checkImage(c *change) error {
	b := c.body()
	c.nameDisk()
	if id := text(b, "properties", "sourceVirtualMachine", "id"); id != "" {
		return c.captureVM(c.sim.store.find(id))
	}
	os, _ := at(b, "properties", "storageProfile", "osDisk").(object)
	if os == nil {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"Required parameter 'storageProfile' or 'sourceVirtualMachine' is missing.")
	}
	if text(os, "osType") == "" || text(os, "osState") == "" {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"Required parameter 'osDisk.osType' or 'osDisk.osState' is missing.")
	}
	fill(b, "V1", "properties", "hyperVGeneration")
	if err := c.checkImageDisk(os); err != nil {
		return err
	}
	if err := c.checkImageOS(os); err != nil {
		return err
	}
	for _, v := range items(b, "properties", "storageProfile", "dataDisks") {
		disk, _ := v.(object)
		if err := c.checkImageDisk(disk); err != nil {
			return err
		}
	}
	fill(os, float64(30), "diskSizeGB")
	fill(os, "ReadWrite", "caching")
	fill(os, "Standard_LRS", "storageAccountType")
	fill(b, []any{}, "properties", "storageProfile", "dataDisks")
	return nil
}

// captureVM makes an image of a machine that is generalized.
func (c *change) captureVM(vm *resource) error {
	if vm.guest == nil || !vm.guest.generalized {
		return refuse(http.StatusConflict, "OperationNotAllowed",
			"The Virtual Machine %s must be generalized (run sysprep or deprovision, then set to generalized) before an image "+
				"can be made of it.", vm.id.Name())
	}
	b := c.body()
	if place := text(vm.body, "location"); place != text(b, "location") {
		return refuse(http.StatusBadRequest, "InvalidParameter", "The virtual machine is in location '%s', and not in '%s'.",
			place,
			text(b, "location"))
	}
	var data []any
	for i, d := range vmDisks(vm.body) {
		if i == 0 {
			set(b, object{
				"osType": text(d, "osType"), "osState": "Generalized", "diskSizeGB": at(d, "diskSizeGB"),
				"managedDisk": object{"id": text(d, "managedDisk", "id")}, "caching": text(d, "caching"),
				"storageAccountType": text(d, "managedDisk", "storageAccountType"),
			}, "properties", "storageProfile", "osDisk")
			continue
		}
		data = append(data, object{"lun": at(d, "lun"), "diskSizeGB": at(d, "diskSizeGB"), "caching": text(d, "caching"),
			"managedDisk": object{"id": text(d, "managedDisk", "id")}})
	}
	if data == nil {
		data = []any{}
	}
	set(b, data, "properties", "storageProfile", "dataDisks")
	set(b, vm.secret["generation"], "properties", "hyperVGeneration")
	return nil
}

// imageSource is what a managed image, an image version or an image definition (its latest version) gives a machine
// in a location.
func (s *Sim) imageSource(id, place string) (diskSource, error) {
	r := s.store.find(id)
	if r != nil && r.id.Is(definitionType) {
		r = s.latestVersion(r.id, place)
	}
	if r == nil {
		return diskSource{}, refuse(http.StatusNotFound, "ImageNotFound", "The image '%s' was not found.", id)
	}
	b := r.body
	switch {
	case r.id.Is(versionType):
		def := s.store.get(r.id.Parent())
		if !r.reaches(place) {
			return diskSource{}, refuse(http.StatusNotFound, "GalleryImageNotFound",
				"The gallery image %s is not available in %s region. Please contact image owner to replicate to this region, or "+
					"change your requested region.", r.id, place)
		}
		src := diskSource{id: id, os: text(def.body, "properties", "osType"), size: 30,
			generation: text(def.body, "properties", "hyperVGeneration"), specialized: text(def.body, "properties",
				"osState") == "Specialized"}
		src.data, src.exact = items(b, "properties", "storageProfile", "dataDiskImages"), r.id.Name()
		src.disk = s.diskName(r)
		return src, nil
	case text(b, "location") != normal(place):
		return diskSource{}, refuse(http.StatusBadRequest, "InvalidParameter",
			"The image '%s' is in location '%s', and not in '%s'.", id,
			text(b, "location"), place)
	}
	return diskSource{id: id, disk: s.diskName(r), os: text(b, "properties", "storageProfile", "osDisk", "osType"),
		generation: text(b, "properties", "hyperVGeneration"), size: number(b, "properties", "storageProfile", "osDisk",
			"diskSizeGB"),
		data:        items(b, "properties", "storageProfile", "dataDisks"),
		specialized: strings.EqualFold(text(b, "properties", "storageProfile", "osDisk", "osState"), "Specialized")}, nil
}
