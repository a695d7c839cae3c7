package translate_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate"
)

func TestPlaces(t *testing.T) {
	const doc = `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "name": "web",
  "properties": {
    "vmProfile": {"vmSize": "Standard_D2s_v5"},
    "distribute": [
      {"type": "VHD"},
      {"type": "SharedImage",
       "targetRegions": [{"name": "westeurope"}]}
    ]
  }
}`
	place := translate.Places(translate.Source{File: "web.json", Data: []byte(doc)}, translate.Options{})
	for _, tt := range []struct{ path, want string }{
		{"properties.vmProfile.vmSize", "web.json:4:29"},
		{"properties.vmProfile.osDiskSizeGB", "web.json:4:5"}, // the object around it
		{"properties.distribute", "web.json:5:5"},             // its name
		{"properties.distribute[1]", "web.json:7:7"},          // its first character
		{"properties.distribute[1].TargetRegions[0].name", "web.json:8:35"},
		{"properties.distribute[1].versioning", "web.json:7:7"},
		{"properties.distribute[7]", "web.json:5:5"},
		{"properties.distribute[x]", "web.json:5:5"},
		{"properties.optimize.vmBoot", "web.json:3:3"},
		{"identity", "web.json:2:68"}, // the template's name
		{"", "web.json:2:68"},
	} {
		if got := place(tt.path).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.path, got, tt.want)
		}
	}
	if got := translate.Places(translate.Source{File: "x", Data: []byte("{")}, translate.Options{})("name"); !got.IsZero() {
		t.Errorf("a broken document has a place: %s", got)
	}
}
