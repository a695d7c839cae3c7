package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// PlatformImage is one of the marketplace, in all regions.
type PlatformImage struct {
	Publisher, Offer, SKU string
	Versions              []string // the oldest first
	OS, Generation        string   // Linux or Windows; V1 or V2
	SizeGB                int
	Plan                  bool // a machine has to name the plan it is bought by
}

// PlatformImages are those that every emulator has.
var PlatformImages = []PlatformImage{
	{"Canonical", "UbuntuServer", "18.04-LTS", []string{"18.04.202305220", "18.04.202401161"}, "Linux", "V1", 30, false},
	{"Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts", []string{"22.04.202405080", "22.04.202410020"}, "Linux",
		"V1", 30, false},
	{"Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2", []string{"22.04.202405080", "22.04.202410020"},
		"Linux", "V2", 30, false},
	{"Canonical", "ubuntu-24_04-lts", "server", []string{"24.04.202404230", "24.04.202410170"}, "Linux", "V2", 30, false},
	{"Debian", "debian-12", "12", []string{"0.20240507.1740", "0.20241004.1890"}, "Linux", "V1", 30, false},
	{"Debian", "debian-12", "12-gen2", []string{"0.20240507.1740", "0.20241004.1890"}, "Linux", "V2", 30, false},
	{"RedHat", "RHEL", "9-lvm-gen2", []string{"9.4.2024081415"}, "Linux", "V2", 64, false},
	{"MicrosoftWindowsServer", "WindowsServer", "2019-Datacenter", []string{"17763.6293.240905", "17763.6414.241006"},
		"Windows", "V1", 127, false},
	{"MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-g2", []string{"20348.2700.240905", "20348.2762.241006"},
		"Windows", "V2", 127, false},
	{"center-for-internet-security-inc", "cis-ubuntu-linux-2204-l1", "cis-ubuntu-linux-2204-l1-gen1", []string{"1.0.7"},
		"Linux", "V1", 30, true},
}

func (s *Sim) images() []PlatformImage { return append(slices.Clip(PlatformImages), s.opts.Images...) }

// platformImage finds one, with the version that "latest" stands for; the version is "" if there is none.
func (s *Sim) platformImage(publisher, offer, sku, version string) (PlatformImage, string) {
	for _, img := range s.images() {
		if !strings.EqualFold(img.Publisher, publisher) || !strings.EqualFold(img.Offer, offer) ||
			!strings.EqualFold(img.SKU, sku) {
			continue
		}
		if strings.EqualFold(version, "latest") {
			return img, img.Versions[len(img.Versions)-1]
		}
		if slices.Contains(img.Versions, version) {
			return img, version
		}
	}
	return PlatformImage{}, ""
}

// The lists of the marketplace are bare arrays. names has what has been chosen so far: the location, the publisher,
// "vmimage", the offer, the sku.

func listPublishers(c *call) (*reply, error) {
	return c.choices("publishers", func(i PlatformImage) string { return i.Publisher },
		func(PlatformImage) bool { return true })
}

func listOffers(c *call) (*reply, error) {
	return c.choices("artifacttypes/vmimage/offers", func(i PlatformImage) string { return i.Offer },
		func(i PlatformImage) bool { return strings.EqualFold(i.Publisher, c.id.Names[1]) })
}

func listImageSKUs(c *call) (*reply, error) {
	return c.choices("skus", func(i PlatformImage) string { return i.SKU }, func(i PlatformImage) bool {
		return strings.EqualFold(i.Publisher, c.id.Names[1]) && strings.EqualFold(i.Offer, c.id.Names[3])
	})
}

func (c *call) choices(under string, name func(PlatformImage) string, fits func(PlatformImage) bool) (*reply, error) {
	values, seen := []any{}, map[string]bool{}
	for _, img := range c.sim.images() {
		if n := name(img); fits(img) && !seen[n] {
			seen[n] = true
			values = append(values, object{"location": c.id.Names[0], "name": n, "id": c.id.String() + "/" + under + "/" + n})
		}
	}
	return ok(values), nil
}

func listImageVersions(c *call) (*reply, error) {
	n := c.id.Names
	img, latest := c.sim.platformImage(n[1], n[3], n[4], "latest")
	if latest == "" {
		return nil, refuse(http.StatusNotFound, "NotFound", "Artifact: VMImage was not found.")
	}
	versions := slices.Clone(img.Versions)
	q := c.r.URL.Query()
	if strings.HasSuffix(strings.ToLower(q.Get("$orderby")), "desc") {
		slices.Reverse(versions)
	}
	if top := q.Get("$top"); top != "" {
		if n, err := positive("$top", top); err == nil && n < len(versions) {
			versions = versions[:n]
		}
	}
	values := []any{}
	for _, v := range versions {
		values = append(values, object{"location": n[0], "name": v, "id": c.id.String() + "/versions/" + v})
	}
	return ok(values), nil
}

func readPlatformImage(c *call) (*reply, error) {
	n := c.id.Names
	if len(n) < 6 {
		return nil, c.notAllowed()
	}
	img, version := c.sim.platformImage(n[1], n[3], n[4], n[5])
	if version == "" {
		return nil, refuse(http.StatusNotFound, "NotFound", "Artifact: VMImage was not found.")
	}
	id := c.id
	id.Names = append(slices.Clone(n[:5]), version)
	o := object{"location": n[0], "name": version, "id": id.String(), "properties": object{
		"osDiskImage": object{"operatingSystem": img.OS, "sizeInGb": img.SizeGB}, "dataDiskImages": []any{},
		"hyperVGeneration": img.Generation, "architecture": "x64",
	}}
	if img.Plan {
		set(o, object{"publisher": img.Publisher, "product": img.Offer, "name": img.SKU}, "properties", "plan")
	}
	return ok(o), nil
}
