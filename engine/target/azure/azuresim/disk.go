package azuresim

import (
	"net/http"
	"strings"
	"time"
)

func checkDisk(c *change) error {
	b := c.body()
	fill(b, "Standard_LRS", "sku", "name")
	fill(b, strings.SplitN(text(b, "sku", "name"), "_", 2)[0], "sku", "tier")
	if c.old != nil {
		for _, name := range []string{"timeCreated", "uniqueId", "diskState", "hyperVGeneration", "osType", "creationData",
			"diskSizeGB"} {
			fill(b, clone(at(c.old.body, "properties", name)), "properties", name)
		}
		if was := at(c.old.body, "managedBy"); was != nil {
			b["managedBy"] = was
		}
		if number(b, "properties", "diskSizeGB") < number(c.old.body, "properties", "diskSizeGB") {
			return refuse(http.StatusBadRequest, "BadRequest", "Disk %s cannot be shrunk.", c.id.Name())
		}
		return nil
	}
	if err := c.sim.completeCopy(c); err != nil {
		return err
	}
	set(b, "Unattached", "properties", "diskState")
	return nil
}

func checkSnapshot(c *change) error {
	b := c.body()
	fill(b, "Standard_LRS", "sku", "name")
	fill(b, "Standard", "sku", "tier")
	fill(b, false, "properties", "incremental")
	if c.old != nil {
		for _, name := range []string{"timeCreated", "uniqueId", "hyperVGeneration", "osType", "creationData", "diskSizeGB"} {
			fill(b, clone(at(c.old.body, "properties", name)), "properties", name)
		}
		return nil
	}
	return c.sim.completeCopy(c)
}

// completeCopy fills in what a new disk or snapshot has of what it is made from.
func (s *Sim) completeCopy(c *change) error {
	b := c.body()
	data := at(b, "properties", "creationData")
	how := text(data, "createOption")
	set(b, stamp(time.Now()), "properties", "timeCreated")
	set(b, randomUUID(), "properties", "uniqueId")
	switch strings.ToLower(how) {
	case "empty", "upload", "import", "importsecure", "uploadpreparedsecure":
	case "copy", "copystart", "restore":
		from := s.store.find(text(data, "sourceResourceId"))
		if from == nil {
			return refuse(http.StatusBadRequest, "InvalidParameter",
				"Required parameter 'creationData.sourceResourceId' is missing.")
		}
		if err := checkCopied(from); err != nil {
			return err
		}
		if strings.EqualFold(how, "CopyStart") {
			if err := checkCopyStart(c, from); err != nil {
				return err
			}
		} else if text(from.body, "location") != text(b, "location") {
			return refuse(http.StatusConflict, "OperationNotAllowed", "The source '%s' is in location '%s', and not in '%s'.",
				from.id, text(from.body, "location"), text(b, "location"))
		}
		for _, name := range []string{"osType", "hyperVGeneration", "diskSizeGB", "securityProfile", "purchasePlan",
			"supportedCapabilities"} {
			if v := at(from.body, "properties", name); v != nil {
				fill(b, clone(v), "properties", name)
			}
		}
		set(b, text(from.body, "properties", "uniqueId"), "properties", "creationData", "sourceUniqueId")
		c.res.secret["content"] = content(from)
	case "fromimage":
		id := text(data, "imageReference", "id")
		if id == "" {
			id = text(data, "galleryImageReference", "id")
		}
		if src, err := s.imageSource(id, text(b, "location")); err == nil {
			fill(b, src.os, "properties", "osType")
			fill(b, src.generation, "properties", "hyperVGeneration")
			fill(b, float64(src.size), "properties", "diskSizeGB")
		}
	default:
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The value '%s' of parameter 'creationData.createOption' is not valid.", how)
	}
	if number(b, "properties", "diskSizeGB") == 0 {
		if how == "Empty" {
			return refuse(http.StatusBadRequest, "InvalidParameter", "Required parameter 'disk.diskSizeGB' is missing (null).")
		}
		set(b, float64(30), "properties", "diskSizeGB")
	}
	set(b, float64(number(b, "properties", "diskSizeGB"))*(1<<30), "properties", "diskSizeBytes")
	return nil
}

// viewDisk shows who reads a disk's bytes.
func viewDisk(_ *Sim, r *resource, _ *http.Request, o object) {
	if len(liveGrants(r)) > 0 {
		set(o, "ActiveSAS", "properties", "diskState")
	}
}
