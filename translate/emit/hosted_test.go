package emit

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/emit/configspec"
	"github.com/ingot-build/ingot/translate/plan"
)

// hosted is the Packer template that the engine runs.
func hosted(t *testing.T, p *plan.Plan, version, path string) string {
	t.Helper()
	f, err := Packer(p, Options{Target: Azure, PluginVersion: version, Hosted: &Host{Subscription: "s9", Tags: map[string]string{"ingot-run": "3f2a9c1e"}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(data(t, f, path))
}

// What the engine runs has fields that every release knows: the address of the cloud, the guest's port, the run's tags.
func TestHosted(t *testing.T) {
	for _, table := range configspec.Tables() {
		for os, port := range map[plan.OS]string{plan.Linux: "var.ssh_port", plan.Windows: "var.winrm_port"} {
			p := rich(os)
			p.Azure.Network = plan.Network{}
			for _, path := range []string{TemplateFile, ValidateDir + "/" + TemplateFile} {
				text := hosted(t, p, table.Version.String(), path)
				for _, field := range unknownFields(sourceBody(t, []byte(text)), table) {
					t.Errorf("%s for %s: plugin %s has no field %s", path, os, table.Version, strings.Join(field, "."))
				}
				for _, want := range []string{"var.metadata_host", port, `ingot-run = "3f2a9c1e"`} {
					if !strings.Contains(text, want) {
						t.Errorf("%s for %s: %q is not in it:\n%s", path, os, want, text)
					}
				}
			}
			if text := hosted(t, p, table.Version.String(), VariablesFile); !strings.Contains(text, `default     = "s9"`) {
				t.Errorf("the subscription is not that of the run:\n%s", text)
			}
		}
	}
}

// What plain Packer runs is as it was: it finds its cloud by its name, and the guest where Azure has it.
func TestNotHosted(t *testing.T) {
	f, err := Packer(rich(plan.Linux), Options{Target: Azure})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{TemplateFile, VariablesFile} {
		for _, word := range []string{"metadata_host", "ssh_port"} {
			if strings.Contains(string(data(t, f, path)), word) {
				t.Errorf("%s has %s", path, word)
			}
		}
	}
}

// A source that was resolved says what machine it makes; before, only names of marketplace images do.
func TestResolvedSource(t *testing.T) {
	for _, tt := range []struct {
		name      string
		source    plan.Source
		want, not []string
	}{
		{"generation 2", plan.Source{ManagedImage: &plan.ImageRef{ID: inGroup + "Microsoft.Compute/images/base"}, Exact: &plan.Exact{Generation: "V2"}},
			[]string{vmSizeGen2}, []string{"security_type"}},
		{"generation 1 by a name of 2", plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "p", Offer: "o", SKU: "s-gen2", Version: "latest"},
			Exact: &plan.Exact{Generation: "V1", Version: "1.2.3"}}, []string{vmSizeGen1, `"1.2.3"`}, []string{`"latest"`}},
		{"Trusted Launch", plan.Source{SharedImage: &plan.ImageRef{ID: inGroup + "Microsoft.Compute/galleries/gal/images/base/versions/latest"},
			Exact: &plan.Exact{Generation: "V2", SecurityType: "TrustedLaunch",
				ID: inGroup + "Microsoft.Compute/galleries/gal/images/base/versions/1.0.7"}},
			[]string{`"TrustedLaunch"`, "secure_boot_enabled", "vtpm_enabled", `"1.0.7"`}, nil},
		{"Trusted Launch supported", plan.Source{SharedImage: &plan.ImageRef{ID: inGroup + "Microsoft.Compute/galleries/gal/images/base/versions/1.0.7"},
			Exact: &plan.Exact{Generation: "V2", SecurityType: "TrustedLaunchSupported"}}, nil, []string{"security_type"}},
		{"shared with the subscription", plan.Source{SharedImage: &plan.ImageRef{ID: "/SharedGalleries/g/Images/i/Versions/latest"},
			Exact: &plan.Exact{ID: "/SharedGalleries/g/Images/i/Versions/2.0.0"}},
			[]string{`direct_shared_gallery_image_id = "/SharedGalleries/g/Images/i/Versions/2.0.0"`}, []string{"gallery_name"}},
		{"for everybody", plan.Source{SharedImage: &plan.ImageRef{ID: "/CommunityGalleries/g/Images/i/Versions/2.0.0"}},
			[]string{`community_gallery_image_id = "/CommunityGalleries/g/Images/i/Versions/2.0.0"`}, []string{"gallery_name"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := rich(plan.Linux)
			p.Azure.VMSize, p.Source = "", tt.source
			text := hosted(t, p, "", TemplateFile)
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("%s is not in it:\n%s", want, text)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(text, not) {
					t.Errorf("%s is in it:\n%s", not, text)
				}
			}
		})
	}
}
