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
	c.nameDisk()
	if err := c.checkVersionBusy(); err != nil {
		return err
	}
	if c.old != nil {
		fill(b, clone(at(c.old.body, "properties", "storageProfile")), "properties", "storageProfile")
		for _, path := range [][]string{{"source", "id"}, {"osDiskImage", "source", "id"}, {"osDiskImage", "source", "uri"}} {
			path = append([]string{"properties", "storageProfile"}, path...)
			if !strings.EqualFold(text(c.old.body, path...), text(b, path...)) {
				return refuse(http.StatusConflict, "PropertyChangeNotAllowed",
					"Changing property 'galleryImageVersion.%s' is not allowed.", strings.Join(path, "."))
			}
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

// checkVersionBusy refuses a change of a version that is being made, changed or deleted.
func (c *change) checkVersionBusy() error {
	if c.old == nil {
		return nil
	}
	switch state := c.old.state(); state {
	case "Creating", "Updating", "Deleting":
		return refuse(http.StatusConflict, "Conflict", "The image version '%s' is in state '%s' and cannot be changed now.",
			c.id.Name(), state)
	}
	return nil
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
			"The target regions of '%s' do not include its own location, '%s'.", c.id.Name(), text(b, "location"))
	}
	return c.replicationMode()
}

// replicationMode completes how the copies are made: a version that is only referred to ("Shallow") is in its own
// region alone, once.
func (c *change) replicationMode() error {
	b := c.body()
	fill(b, "Full", "properties", "publishingProfile", "replicationMode")
	switch mode := text(b, "properties", "publishingProfile", "replicationMode"); mode {
	case "Full":
		return nil
	case "Shallow":
	default:
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The value '%s' of parameter 'galleryImageVersion.properties.publishingProfile.replicationMode' is not valid.", mode)
	}
	regions := items(b, "properties", "publishingProfile", "targetRegions")
	if len(regions) > 1 || number(regions[0], "regionalReplicaCount") > 1 {
		return refuse(http.StatusBadRequest, "InvalidParameter", "The image version '%s' with replicationMode 'Shallow' has to "+
			"be in its own region alone, with one replica.", c.id.Name())
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
		if c.old != nil || text(b, "properties", "storageProfile", "osDiskImage", "source", "uri") != "" {
			return nil
		}
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"Required parameter 'storageProfile' of '%s' names no source.", c.id.Name())
	}
	if err := c.checkVersionPlace(from); err != nil {
		return err
	}
	if err := s.fitsDefinition(from, def); err != nil {
		return err
	}
	if err := c.checkVersionDisks(); err != nil {
		return err
	}
	fill(b, float64(30), "properties", "storageProfile", "osDiskImage", "sizeInGB")
	fill(b, "ReadWrite", "properties", "storageProfile", "osDiskImage", "hostCaching")
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
