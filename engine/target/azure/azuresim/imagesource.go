package azuresim

import (
	"net/http"
	"strings"
)

// checkImageDisk refuses a disk of a managed image whose source is not there, is elsewhere, or does not fit it.
func (c *change) checkImageDisk(disk object) error {
	b := c.body()
	from := c.sim.store.find(text(disk, "managedDisk", "id"))
	if from == nil {
		from = c.sim.store.find(text(disk, "snapshot", "id"))
	}
	if from == nil {
		if text(disk, "blobUri") != "" {
			return nil
		}
		return refuse(http.StatusBadRequest, "InvalidParameter", "A disk of image '%s' comes from no disk, snapshot or blob.",
			c.id.Name())
	}
	if err := checkCopied(from); err != nil {
		return err
	}
	if place := text(from.body, "location"); place != text(b, "location") {
		return refuse(http.StatusBadRequest, "InvalidParameter", "The source '%s' is in location '%s', and not in '%s'.",
			from.id, place, text(b, "location"))
	}
	if security := securityType(from); security != "" {
		return refuse(http.StatusBadRequest, "BadRequest", "The source '%s' has security type '%s', which managed images "+
			"do not support. Please use an image version of a gallery.", from.id, security)
	}
	fill(disk, at(from.body, "properties", "diskSizeGB"), "diskSizeGB")
	return nil
}

// checkImageOS refuses an OS disk that is of another OS or generation than the image says.
func (c *change) checkImageOS(disk object) error {
	b := c.body()
	from := c.sim.store.find(text(disk, "managedDisk", "id"))
	if from == nil {
		from = c.sim.store.find(text(disk, "snapshot", "id"))
	}
	if from == nil {
		return nil
	}
	if os := text(from.body, "properties", "osType"); os != "" && !strings.EqualFold(os, text(disk, "osType")) {
		return refuse(http.StatusBadRequest, "BadRequest", "The osType '%s' of image '%s' is not that of its source, '%s'.",
			text(disk, "osType"), c.id.Name(), os)
	}
	gen := text(from.body, "properties", "hyperVGeneration")
	if is := text(b, "properties", "hyperVGeneration"); gen != "" && gen != is {
		return refuse(http.StatusBadRequest, "BadRequest",
			"The hyperVGeneration '%s' of image '%s' is not that of its source, '%s'.", is, c.id.Name(), gen)
	}
	return nil
}

// securityType is that of a disk or snapshot which is more than "Standard", or "".
func securityType(r *resource) string {
	if kind := text(r.body, "properties", "securityProfile", "securityType"); !strings.EqualFold(kind, "Standard") {
		return kind
	}
	return ""
}
