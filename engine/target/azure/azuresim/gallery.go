package azuresim

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var galleryName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.]{0,78}[A-Za-z0-9_]?$`)

func checkGallery(c *change) error {
	if !galleryName.MatchString(c.id.Name()) {
		return refuse(http.StatusBadRequest, "InvalidParameter", "The name '%s' of a gallery is not valid.", c.id.Name())
	}
	fill(c.body(), strings.ToUpper(c.id.Subscription+"-"+c.id.Name()), "properties", "identifier", "uniqueName")
	return nil
}

// checkDefinition completes an image definition. What makes images fit it cannot be changed.
func checkDefinition(c *change) error {
	b := c.body()
	fill(b, "V1", "properties", "hyperVGeneration")
	fill(b, "x64", "properties", "architecture")
	for _, name := range []string{"osType", "osState", "hyperVGeneration", "identifier"} {
		now := at(b, "properties", name)
		if now == nil {
			return refuse(http.StatusBadRequest, "InvalidParameter",
				"Required parameter 'galleryImage.properties.%s' is missing (null).", name)
		}
		if c.old != nil && text(c.old.body, "properties", name) != text(b, "properties", name) {
			return refuse(http.StatusConflict, "PropertyChangeNotAllowed",
				"Changing property 'galleryImage.properties.%s' is not allowed.", name)
		}
	}
	who := at(b, "properties", "identifier")
	for _, r := range c.sim.store.children(c.id.Parent(), "images") {
		other := at(r.body, "properties", "identifier")
		if r.id.Key() != c.id.Key() && text(who, "publisher") == text(other, "publisher") && text(who, "offer") == text(other,
			"offer") &&
			text(who, "sku") == text(other, "sku") {
			return refuse(http.StatusConflict, "Conflict", "The publisher, offer and sku of '%s' are those of '%s' already.",
				c.id.Name(),
				r.id.Name())
		}
	}
	return nil
}

var versionName = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// checkImageVersion looks at the version's number, its source and its regions.
func checkImageVersion(c *change) error {
	b := c.body()
	if !versionName.MatchString(c.id.Name()) || versionNumbers(c.id.Name()) == nil {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The entity name 'galleryImageVersionName' in the request URL is invalid: '%s'. It has to be three integers with "+
				"dots between them.", c.id.Name())
	}
	if c.old != nil && c.old.state() == "Creating" {
		return refuse(http.StatusConflict, "Conflict", "The image version '%s' is being created.", c.id.Name())
	}
	if c.old != nil {
		fill(b, clone(at(c.old.body, "properties", "storageProfile")), "properties", "storageProfile")
		was, is := text(c.old.body, "properties", "storageProfile", "source", "id"), text(b, "properties", "storageProfile",
			"source", "id")
		if !strings.EqualFold(was, is) {
			return refuse(http.StatusConflict, "PropertyChangeNotAllowed",
				"Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not allowed.")
		}
	}
	if text(b, "properties", "publishingProfile", "endOfLifeDate") == "" {
		unset(b, "properties", "publishingProfile", "endOfLifeDate") // some clients send an empty one
	}
	fill(b, stamp(time.Now()), "properties", "publishingProfile", "publishedDate")
	fill(b, float64(1), "properties", "publishingProfile", "replicaCount")
	fill(b, false, "properties", "publishingProfile", "excludeFromLatest")
	fill(b, "Standard_LRS", "properties", "publishingProfile", "storageAccountType")
	if err := c.versionRegions(); err != nil {
		return err
	}
	return c.versionSource()
}

// versionRegions completes the target regions. The version's own has to be among them.
func (c *change) versionRegions() error {
	b := c.body()
	if items(b, "properties", "publishingProfile", "targetRegions") == nil {
		set(b, []any{object{"name": text(b, "location")}}, "properties", "publishingProfile", "targetRegions")
	}
	seen := map[string]bool{}
	for _, v := range items(b, "properties", "publishingProfile", "targetRegions") {
		region, _ := v.(object)
		name := normal(text(region, "name"))
		switch {
		case !knownLocation(name):
			return refuse(http.StatusBadRequest, "InvalidParameter",
				"The target region '%s' is not known.", text(region, "name"))
		case seen[name]:
			return refuse(http.StatusBadRequest, "InvalidParameter", "The target region '%s' is there twice.", name)
		}
		seen[name] = true
		region["name"] = shownLocation(name)
		fill(region, at(b, "properties", "publishingProfile", "replicaCount"), "regionalReplicaCount")
		fill(region, at(b, "properties", "publishingProfile", "storageAccountType"), "storageAccountType")
	}
	if !seen[text(b, "location")] {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The target regions of '%s' do not include its own location, '%s'.",
			c.id.Name(), text(b, "location"))
	}
	return nil
}

// versionSource checks that what the version is made of is there and fits the definition.
func (c *change) versionSource() error {
	b, s := c.body(), c.sim
	def := s.store.get(c.id.Parent())
	from := s.store.find(text(b, "properties", "storageProfile", "source", "id"))
	if from == nil {
		from = s.store.find(text(b, "properties", "storageProfile", "osDiskImage", "source", "id"))
	}
	if from == nil {
		if text(b, "properties", "storageProfile", "osDiskImage", "source", "uri") != "" {
			return nil
		}
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"Required parameter 'storageProfile' of '%s' names no source.", c.id.Name())
	}
	os, gen := text(from.body, "properties", "osType"), text(from.body, "properties", "hyperVGeneration")
	switch {
	case from.id.Is(imageType):
		os = text(from.body, "properties", "storageProfile", "osDisk", "osType")
	case from.id.Is(versionType):
		d := s.store.get(from.id.Parent())
		os, gen = text(d.body, "properties", "osType"), text(d.body, "properties", "hyperVGeneration")
	case from.id.Is(vmType):
		os, gen = text(from.body, "properties", "storageProfile", "osDisk", "osType"), text(from.secret, "generation")
	}
	switch {
	case !from.id.Is(versionType) && text(from.body, "location") != text(b, "location"):
		return refuse(http.StatusBadRequest, "InvalidParameter", "The source '%s' is in location '%s', and not in '%s'.",
			from.id,
			text(from.body, "location"), text(b, "location"))
	case os != "" && os != text(def.body, "properties", "osType"):
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The source '%s' is of OS type '%s', and the definition of '%s'.", from.id,
			os, text(def.body, "properties", "osType"))
	case gen != "" && gen != text(def.body, "properties", "hyperVGeneration"):
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The source '%s' is of generation '%s', and the definition of '%s'.",
			from.id, gen, text(def.body, "properties", "hyperVGeneration"))
	}
	fill(b, object{"diskSizeGB": 30, "hostCaching": "ReadWrite"}, "properties", "storageProfile", "osDiskImage")
	return nil
}

// versionNumbers are the three of a version; nil if one is too large.
func versionNumbers(name string) []int {
	var numbers []int
	for part := range strings.SplitSeq(name, ".") {
		n, err := strconv.ParseInt(part, 10, 32)
		if err != nil {
			return nil
		}
		numbers = append(numbers, int(n))
	}
	return numbers
}
