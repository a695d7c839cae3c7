package check

import (
	"slices"
	"strings"
)

// templateRegions are the regions that an image template can be in. There will be more; so a region that is missing
// here is a warning.
// Reference: https://learn.microsoft.com/azure/virtual-machines/image-builder-overview#regions
var templateRegions = []string{
	"australiaeast", "australiasoutheast", "brazilsouth", "canadacentral", "centralindia", "centralus", "eastasia",
	"eastus", "eastus2", "francecentral", "germanywestcentral", "israelcentral", "italynorth", "japaneast",
	"jioindiawest", "koreacentral", "newzealandnorth", "northcentralus", "northeurope", "norwayeast",
	"polandcentral", "qatarcentral", "southafricanorth", "southcentralus", "southeastasia", "swedencentral",
	"switzerlandnorth", "taiwannorthwest", "uaenorth", "uksouth", "ukwest", "westcentralus", "westeurope",
	"westus", "westus2", "westus3",
}

// previewRegions want a feature that is registered for the subscription first.
var previewRegions = map[string]string{
	"usgovarizona": "FairfaxPublicPreview", "usgovvirginia": "FairfaxPublicPreview", "chinanorth3": "MooncakePublicPreview",
}

// otherRegions are regions of Azure that hold images and no image templates.
var otherRegions = []string{
	"austriaeast", "australiacentral", "australiacentral2", "belgiumcentral", "brazilsoutheast", "brazilus",
	"canadaeast", "centraluseuap", "chilecentral", "chinaeast", "chinaeast2", "chinaeast3", "chinanorth",
	"chinanorth2", "denmarkeast", "eastus2euap", "eastusstg", "francesouth", "germanycentral", "germanynorth",
	"germanynortheast", "indonesiacentral", "israelnorthwest", "japanwest", "jioindiacentral", "koreasouth",
	"malaysiasouth", "malaysiawest", "mexicocentral", "norwaywest", "southafricawest", "southcentralus2",
	"southcentralusstg", "southeastus", "southeastus3", "southindia", "southwestus", "spaincentral", "swedensouth",
	"switzerlandwest", "taiwannorth", "uaecentral", "usdodcentral", "usdodeast", "usgoviowa", "usgovtexas",
	"usnateast", "usnatwest", "usseceast", "ussecwest", "ussecwestcentral", "westindia",
}

// regionName gives a region the form that ids have: "West Europe" and "westeurope" are the same.
func regionName(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }

func isRegion(name string) bool {
	_, preview := previewRegions[name]
	return preview || slices.Contains(templateRegions, name) || slices.Contains(otherRegions, name)
}
