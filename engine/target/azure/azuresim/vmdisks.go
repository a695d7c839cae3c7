package azuresim

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// diskSource is what the disks of a new machine are made from.
type diskSource struct {
	os          string // Linux or Windows
	generation  string // V1 or V2
	size        int    // of the OS disk, GiB
	data        []any  // data disks of an image: lun, diskSizeGB
	id          string // of the image; "" for a marketplace image
	exact       string // the number of an image version
	disk        string // the name of its bytes
	specialized bool
}

// vmSource finds what storageProfile.imageReference, or an attached disk, refers to.
func (s *Sim) vmSource(c *change) (diskSource, error) {
	profile := at(c.body(), "properties", "storageProfile")
	ref, _ := at(profile, "imageReference").(object)
	if ref == nil {
		return s.attached(c, profile)
	}
	if id := text(ref, "id"); id != "" {
		src, err := s.imageSource(id, text(c.body(), "location"))
		if src.exact != "" {
			ref["exactVersion"] = src.exact
		}
		return src, err
	}
	img, version := s.platformImage(text(ref, "publisher"), text(ref, "offer"), text(ref, "sku"), text(ref, "version"))
	if version == "" {
		return diskSource{}, refuse(http.StatusNotFound, "PlatformImageNotFound",
			"The platform image '%s:%s:%s:%s' is not available. Verify that all fields in the storage profile are correct.",
			text(ref, "publisher"), text(ref, "offer"), text(ref, "sku"), text(ref, "version"))
	}
	if img.Plan && at(c.body(), "plan") == nil {
		return diskSource{}, refuse(http.StatusBadRequest, "VMMarketplaceInvalidInput",
			"Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires "+
				"Plan information in the request.")
	}
	ref["exactVersion"] = version
	return diskSource{os: img.OS, generation: img.Generation, size: img.SizeGB}, nil
}

// attached is a disk that is there, with all that a first boot put on it: users, too. Azure wants to be told of none then.
//
// Reference: https://learn.microsoft.com/azure/virtual-machines/create-vm-specialized
func (s *Sim) attached(c *change, profile any) (diskSource, error) {
	src := diskSource{os: text(profile, "osDisk", "osType"), generation: "V1", size: 30, specialized: true}
	if at(profile, "osDisk", "vhd") != nil {
		return src, nil
	}
	if at(c.body(), "properties", "osProfile") != nil {
		return src, refuse(http.StatusBadRequest, "InvalidParameter",
			"Parameter 'osProfile' is not allowed where the OS disk of '%s' is attached.", c.id.Name())
	}
	for i, d := range vmDisks(c.body()) {
		disk := s.store.find(text(d, "managedDisk", "id"))
		switch {
		case !strings.EqualFold(text(d, "createOption"), "Attach") && i > 0:
			continue
		case disk == nil:
			return src, refuse(http.StatusNotFound, "NotFound", "Disk %s is not found.", text(d, "managedDisk", "id"))
		case text(disk.body, "managedBy") != "":
			return src, refuse(http.StatusConflict, "AttachDiskWhileBeingDetached", "Disk '%s' is attached to VM '%s' already.",
				disk.id.Name(), text(disk.body, "managedBy"))
		}
		if i == 0 {
			src.generation, src.size = text(disk.body, "properties", "hyperVGeneration"), number(disk.body, "properties", "diskSizeGB")
		}
	}
	return src, nil
}

// vmDisks are the OS disk and the data disks of a machine, the OS disk first.
func vmDisks(body object) []object {
	var all []object
	if os, is := at(body, "properties", "storageProfile", "osDisk").(object); is {
		all = append(all, os)
	}
	for _, d := range items(body, "properties", "storageProfile", "dataDisks") {
		if o, is := d.(object); is {
			all = append(all, o)
		}
	}
	return all
}

// completeDisks names the disks that come with a new machine.
func (c *change) completeDisks(src diskSource) error {
	b := c.body()
	fill(b, "FromImage", "properties", "storageProfile", "osDisk", "createOption")
	fill(b, src.os, "properties", "storageProfile", "osDisk", "osType")
	if text(b, "properties", "storageProfile", "osDisk", "osType") != src.os {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The value '%s' of parameter 'osDisk.osType' is not that of the image.",
			text(b, "properties", "storageProfile", "osDisk", "osType"))
	}
	if asked := number(b, "properties", "storageProfile", "osDisk", "diskSizeGB"); asked != 0 && asked < src.size {
		return refuse(http.StatusConflict, "ResizeDiskError",
			"The specified disk size %d GB is smaller than the size of the corresponding disk in the VM image: %d "+
				"GB.", asked, src.size)
	}
	fill(b, float64(src.size), "properties", "storageProfile", "osDisk", "diskSizeGB")
	data := items(b, "properties", "storageProfile", "dataDisks")
	for _, from := range src.data { // disks of an image come along
		data = append(data, object{"lun": at(from, "lun"), "createOption": "FromImage", "diskSizeGB": at(from, "diskSizeGB")})
	}
	if data == nil {
		data = []any{}
	}
	set(b, data, "properties", "storageProfile", "dataDisks")
	for i, d := range vmDisks(b) {
		name := text(d, "name")
		switch {
		case name != "":
		case i == 0:
			name = fmt.Sprintf("%s_OsDisk_1_%s", c.id.Name(), randomName(32))
		default:
			name = fmt.Sprintf("%s_disk%d_%s", c.id.Name(), i+1, randomName(32))
		}
		if text(d, "managedDisk", "id") == "" && at(d, "vhd") == nil {
			set(d, c.id.Sibling(diskType, name).String(), "managedDisk", "id")
		}
		fill(d, name, "name")
		fill(d, "ReadOnly", "caching")
		fill(d, "Detach", "deleteOption")
		fill(d, "Premium_LRS", "managedDisk", "storageAccountType")
		fill(d, float64(30), "diskSizeGB")
	}
	c.res.secret["generation"], c.res.secret["from"] = src.generation, src.disk
	if text(b, "properties", "securityProfile", "securityType") == "TrustedLaunch" && src.generation != "V2" {
		return refuse(http.StatusBadRequest, "BadRequest", "The selected VM image is not supported for VMs with security "+
			"type TrustedLaunch: it is of generation %s.", src.generation)
	}
	return nil
}

// makeDisks stores them.
func (s *Sim) makeDisks(c *change) {
	for i, d := range vmDisks(c.body()) {
		id, _, isID := parsePath(text(d, "managedDisk", "id"))
		if !isID {
			continue
		}
		if old := s.store.get(id); old != nil { // attached
			old.body["managedBy"] = c.res.id.String()
			set(old.body, "Attached", "properties", "diskState")
			continue
		}
		body := object{
			"id": id.String(), "name": id.Name(), "type": diskType, "location": text(c.body(), "location"),
			"managedBy": c.res.id.String(), "sku": object{"name": text(d, "managedDisk", "storageAccountType"),
				"tier": "Premium"},
			"properties": object{
				"creationData": object{"createOption": text(d, "createOption")}, "diskSizeGB": at(d, "diskSizeGB"),
				"diskState": "Attached", "provisioningState": "Succeeded", "timeCreated": stamp(time.Now()), "uniqueId": randomUUID(),
			},
		}
		if i == 0 {
			set(body, text(d, "osType"), "properties", "osType")
			set(body, c.res.secret["generation"], "properties", "hyperVGeneration")
			set(body, clone(at(c.body(), "properties", "storageProfile", "imageReference")), "properties",
				"creationData", "imageReference")
		}
		if security := at(c.body(), "properties", "securityProfile", "securityType"); security != nil && i == 0 {
			set(body, object{"securityType": security}, "properties", "securityProfile")
		}
		if tags := at(c.body(), "tags"); tags != nil {
			body["tags"] = clone(tags)
		}
		s.store.put(&resource{id: id, kind: kindOf(diskType), body: body, secret: object{}, created: time.Now()})
	}
}
