package azuresim

import (
	"net/http"
	"strings"
)

// traits are what has to be the same of an image version and its definition; "" is not known.
type traits struct{ os, generation, architecture, security string }

// traitsOf reads them from a source of a version.
func (s *Sim) traitsOf(from *resource) traits {
	b := from.body
	t := traits{os: text(b, "properties", "osType"), generation: text(b, "properties", "hyperVGeneration"),
		architecture: text(b, "properties", "supportedCapabilities", "architecture"), security: securityType(from)}
	switch {
	case from.id.Is(imageType):
		t.os = text(b, "properties", "storageProfile", "osDisk", "osType")
	case from.id.Is(versionType):
		d := s.store.get(from.id.Parent()).body
		t.os, t.generation = text(d, "properties", "osType"), text(d, "properties", "hyperVGeneration")
		t.architecture = text(d, "properties", "architecture")
	case from.id.Is(vmType):
		t.os, t.generation = text(b, "properties", "storageProfile", "osDisk", "osType"), text(from.secret, "generation")
	}
	return t
}

// fitsDefinition refuses a source that is of another kind than the definition.
func (s *Sim) fitsDefinition(from, def *resource) error {
	t := s.traitsOf(from)
	for _, f := range []struct{ what, is, want string }{
		{"OS type", t.os, text(def.body, "properties", "osType")},
		{"generation", t.generation, text(def.body, "properties", "hyperVGeneration")},
		{"architecture", t.architecture, text(def.body, "properties", "architecture")},
	} {
		if f.is != "" && !strings.EqualFold(f.is, f.want) {
			return refuse(http.StatusBadRequest, "InvalidParameter",
				"The source '%s' is of %s '%s', and the definition of '%s'.", from.id, f.what, f.is, f.want)
		}
	}
	for _, v := range items(def.body, "properties", "features") {
		if strings.EqualFold(text(v, "name"), "SecurityType") && allows(text(v, "value"), t.security) {
			return nil
		}
	}
	if t.security != "" {
		return refuse(http.StatusBadRequest, "InvalidParameter", "The source '%s' has security type '%s', and the definition "+
			"'%s' has no feature SecurityType for it.", from.id, t.security, def.id.Name())
	}
	return nil
}

// allows tells whether a definition's feature SecurityType takes a source with a security type: "TrustedLaunch",
// "TrustedLaunchSupported", "TrustedLaunchAndConfidentialVmSupported" begin with what they are for.
func allows(feature, security string) bool {
	feature = strings.ToLower(feature)
	if security == "TrustedLaunch" {
		return strings.HasPrefix(feature, "trustedlaunch")
	}
	return strings.Contains(feature, "confidentialvm")
}

// checkVersionDisks refuses data disks whose source is not there or elsewhere, or that share a number.
func (c *change) checkVersionDisks() error {
	seen := map[int]bool{}
	for _, v := range items(c.body(), "properties", "storageProfile", "dataDiskImages") {
		lun := number(v, "lun")
		if seen[lun] {
			return refuse(http.StatusBadRequest, "InvalidParameter", "The lun %d is that of two dataDiskImages.", lun)
		}
		seen[lun] = true
		from := c.sim.store.find(text(v, "source", "id"))
		if from == nil {
			if text(v, "source", "uri") != "" {
				continue
			}
			return refuse(http.StatusBadRequest, "InvalidParameter", "The dataDiskImage with lun %d names no source.", lun)
		}
		if err := c.checkVersionPlace(from); err != nil {
			return err
		}
		if disk, is := v.(object); is {
			fill(disk, at(from.body, "properties", "diskSizeGB"), "sizeInGB")
			fill(disk, "None", "hostCaching")
		}
	}
	return nil
}

// checkVersionPlace refuses a source in another location than the version's, or one whose copy is under way.
func (c *change) checkVersionPlace(from *resource) error {
	if err := checkCopied(from); err != nil {
		return err
	}
	place := text(c.body(), "location")
	if from.id.Is(versionType) || text(from.body, "location") == place {
		return nil
	}
	return refuse(http.StatusBadRequest, "InvalidParameter", "The source '%s' is in location '%s', and not in '%s'.",
		from.id, text(from.body, "location"), place)
}
