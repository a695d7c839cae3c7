package preflight

import (
	"cmp"
	"strings"
)

// traits are what a disk has to have in common with what is made of it; "" is not known.
type traits struct{ os, state, generation, architecture, security string }

// oldest is the generation of an image that does not say one.
const oldest = "V1"

// feature is how a list of features says one.
type feature struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func securityOf(list []feature) string {
	for _, f := range list {
		if strings.EqualFold(f.Name, "SecurityType") {
			return f.Value
		}
	}
	return ""
}

// definition is what counts of an image definition.
type definition struct {
	Properties struct {
		OSType       string    `json:"osType"`
		OSState      string    `json:"osState"`
		Generation   string    `json:"hyperVGeneration"`
		Architecture string    `json:"architecture"`
		Features     []feature `json:"features"`
	} `json:"properties"`
}

// traits of an image that is in a definition. What one does not say is the oldest kind.
func (d *definition) traits() traits {
	p := d.Properties
	return traits{p.OSType, p.OSState, cmp.Or(p.Generation, oldest), cmp.Or(p.Architecture, "x64"), securityOf(p.Features)}
}

// version is what counts of an image version.
type version struct {
	Name       string `json:"name"`
	Properties struct {
		State   string `json:"provisioningState"`
		Profile struct {
			Excluded bool `json:"excludeFromLatest"`
			Regions  []struct {
				Name string `json:"name"`
			} `json:"targetRegions"`
		} `json:"publishingProfile"`
	} `json:"properties"`
}

func (v *version) in(region string) bool {
	for _, r := range v.Properties.Profile.Regions {
		if regionName(r.Name) == region {
			return true
		}
	}
	return region == ""
}

// marketImage is what counts of a version in the marketplace.
type marketImage struct {
	Properties struct {
		Disk struct {
			OS string `json:"operatingSystem"`
		} `json:"osDiskImage"`
		Generation   string    `json:"hyperVGeneration"`
		Architecture string    `json:"architecture"`
		Features     []feature `json:"features"`
		Plan         *struct {
			Name string `json:"name"`
		} `json:"plan"`
	} `json:"properties"`
}

// traits of a marketplace image; all are generalized.
func (m *marketImage) traits() traits {
	p := m.Properties
	return traits{p.Disk.OS, "Generalized", p.Generation, p.Architecture, securityOf(p.Features)}
}

// managedImage is what counts of one.
type managedImage struct {
	located
	Properties struct {
		Generation string `json:"hyperVGeneration"`
		Storage    struct {
			Disk struct {
				OS    string `json:"osType"`
				State string `json:"osState"`
			} `json:"osDisk"`
		} `json:"storageProfile"`
	} `json:"properties"`
}

// traits of a managed image, which is x64 and of no security type: there are no others.
func (m *managedImage) traits() traits {
	d := m.Properties.Storage.Disk
	return traits{d.OS, d.State, cmp.Or(m.Properties.Generation, oldest), "x64", ""}
}
