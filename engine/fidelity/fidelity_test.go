package fidelity

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/plan"
)

// plain are the facts of a small template: little is different.
func plain() Facts {
	return Facts{
		Plan: &plan.Plan{
			OS: plan.Linux, TimeoutMinutes: 240,
			Source: plan.Source{
				PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12", Version: "0.20261101.1"},
				Origin:        plan.Origin{Path: "properties.source"},
			},
			Azure: plan.Azure{VMSize: "Standard_D2s_v5"},
			Steps: []plan.Step{{ID: "customize[0]", Shell: &plan.Shell{Script: plan.Content{FileName: "a.sh", Text: "true"}}}},
		},
		Base:    Base{Name: "debian-12", Version: "0.20261101.1", Origin: OriginBootstrap, Size: 30 * gib},
		Machine: Machine{CPUs: 2, MemoryMiB: 8192, Firmware: "bios", Accelerator: "kvm"},
	}
}

// always are the kinds that every local run has.
var always = []Kind{BaseImage, Devices, Provisioning, Network, Subscription}

func kindsOf(list []Difference) []Kind {
	var kinds []Kind
	for _, d := range list {
		if !slices.Contains(kinds, d.Kind) {
			kinds = append(kinds, d.Kind)
		}
	}
	return kinds
}

func TestPlain(t *testing.T) {
	if diff := cmp.Diff(always, kindsOf(Of(plain()))); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

// Each kind appears for a template that has what it is about, and nothing else appears with it.
func TestKinds(t *testing.T) {
	remote := func(f *Facts) {
		f.Plan.Steps[0].Shell.Script = plan.Content{FileName: "a.sh", URI: "https://host/a.sh?sig=secret", Origin: plan.Origin{Path: "properties.customize[0].scriptUri"}}
	}
	tests := []struct {
		name string
		with func(*Facts)
		more []Kind // beyond always
		less []Kind
		want []string // in the texts of the first of more, or, without one, of the first of always
	}{
		{"downloaded base", func(f *Facts) { f.Base.Origin = "https://cloud.debian.org/x.qcow2" }, nil, nil, []string{"clouds at large"}},
		{"added base", func(f *Facts) { f.Base.Origin = "/home/me/x.vhd" }, nil, nil, []string{"was added on this machine"}},
		{"latest", func(f *Facts) {
			f.Plan.Source.PlatformImage.Version = "latest"
		}, []Kind{SourceVersion}, nil, []string{"0.20261101.1", "newest of the marketplace"}},
		{"another version", func(f *Facts) {
			f.Plan.Source.PlatformImage.Version = "0.1.0"
		}, []Kind{SourceVersion}, nil, []string{"0.20261101.1 here, and 0.1.0"}},
		{"gallery", func(f *Facts) {
			f.Plan.Source.PlatformImage, f.Base.Name = nil, ""
			f.Plan.Source.SharedImage = &plan.ImageRef{ID: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/gal/images/web/versions/1.2.3"}
		}, []Kind{GallerySource}, []Kind{BaseImage}, []string{"images/web/versions/1.2.3"}},
		{"managed image", func(f *Facts) {
			f.Plan.Source.PlatformImage, f.Base.Name = nil, ""
			f.Plan.Source.ManagedImage = &plan.ImageRef{ID: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/web"}
		}, []Kind{GallerySource}, []Kind{BaseImage}, []string{"images/web"}},
		{"paid", func(f *Facts) {
			f.Plan.Source.PlatformImage.Plan = &plan.PurchasePlan{Name: "cis", Publisher: "center"}
		}, []Kind{PurchasePlan}, nil, []string{"plan cis of center"}},
		{"small disk", func(f *Facts) { f.Base.Size = 3 * gib }, []Kind{DiskSize}, nil, []string{"3.0 GiB", "30 GiB"}},
		{"small disk that grows", func(f *Facts) { f.Base.Size, f.Plan.OSDiskSizeGB = 3*gib, 30 }, nil, nil, nil},
		{"fewer CPUs", func(f *Facts) {
			f.Machine.CPUs = 1
		}, []Kind{VMSize}, nil, []string{"1 CPU and 8192 MiB", "Standard_D2s_v5 with 2 CPUs and 8 GiB"}},
		{"size of the service", func(f *Facts) {
			f.Plan.Azure.VMSize = ""
		}, []Kind{VMSize, TemporaryDisk}, nil, []string{"Standard_D1_v2 with 1 CPU and 3.5 GiB", "the service's own choice"}},
		{"unknown size", func(f *Facts) { f.Plan.Azure.VMSize = "Standard_NC6s_v3" }, []Kind{VMSize}, nil, []string{"a Standard_NC6s_v3"}},
		{"emulated", func(f *Facts) { f.Machine.Accelerator = "tcg" }, []Kind{Processor}, nil, []string{"AVX"}},
		{"arm", func(f *Facts) { f.Plan.Source.PlatformImage.SKU = "12-arm64" }, []Kind{Architecture}, nil, []string{"Arm64"}},
		{"temporary disk", func(f *Facts) {
			f.Plan.Azure.VMSize = "Standard_D2ds_v5"
		}, []Kind{TemporaryDisk}, nil, []string{"/mnt", "Standard_D2ds_v5"}},
		{"generation 2", func(f *Facts) { f.Plan.Source.PlatformImage.SKU = "12-gen2" }, []Kind{Generation}, nil, []string{"generation 2"}},
		{"generation 2 by UEFI", func(f *Facts) { f.Plan.Source.PlatformImage.SKU, f.Machine.Firmware = "12-gen2", "uefi" }, nil, nil, nil},
		{"generation 1 by UEFI", func(f *Facts) { f.Machine.Firmware = "uefi" }, []Kind{Generation}, nil, []string{"generation 1"}},
		{"trusted launch", func(f *Facts) {
			f.Plan.Source.Exact = &plan.Exact{SecurityType: "TrustedLaunchSupported"}
		}, []Kind{SecurityType}, nil, []string{"TrustedLaunchSupported"}},
		{"a TPM here", func(f *Facts) { f.Machine.TPM = true }, []Kind{SecurityType}, nil, []string{"has a TPM"}},
		{"data disks", func(f *Facts) { f.Plan.DataDisksGB = []int64{4, 8} }, []Kind{DataDisks}, nil, []string{"2 more"}},
		{"subnet", func(f *Facts) { f.Plan.Azure.Network.SubnetID = "/subscriptions/s/x/virtualNetworks/v/subnets/build" }, nil, nil, nil},
		{"metadata on", func(f *Facts) { f.Metadata = true }, []Kind{Metadata}, nil, []string{"made of the image template"}},
		{"metadata off and asked for", func(f *Facts) {
			f.Mentions = []Mention{{Step: "customize[0]", Address: MetadataAddress}}
		}, []Kind{Metadata}, nil, []string{"nobody answers", "--metadata"}},
		{"wire server", func(f *Facts) {
			f.Mentions = []Mention{{Step: "customize[0]", Address: WireServer}}
		}, []Kind{WireServers}, nil, []string{WireServer}},
		{"identity", func(f *Facts) {
			f.Plan.Azure.VMIdentities = []string{"/x/userAssignedIdentities/puller"}
		}, []Kind{Identity}, nil, []string{"no identity", "puller"}},
		{"identity allowed", func(f *Facts) {
			f.Identity = []string{"https://vault.azure.net"}
		}, []Kind{Identity}, nil, []string{"signed in here", "https://vault.azure.net"}},
		{"remote script", remote, []Kind{FetchTime}, nil, []string{"1 script or file"}},
		{"local script", func(f *Facts) {
			f.Plan.Steps[0].Shell.Script = plan.Content{FileName: "a.sh", URI: "./a.sh"}
		}, []Kind{LocalFile}, nil, []string{"./a.sh"}},
		{"read as me", func(f *Facts) {
			f.Files = []resolve.Staged{{URI: "https://a.blob.core.windows.net/c/x.sh", As: "me@contoso.com"}}
		}, []Kind{FetchIdentity}, nil, []string{"x.sh was read as me@contoso.com"}},
		{"offline", func(f *Facts) { remote(f); f.Policy.Offline = true }, []Kind{FetchTime, Offline}, nil, nil},
		{"offline without URLs", func(f *Facts) { f.Policy.Offline = true }, nil, nil, nil},
		{"private", func(f *Facts) { remote(f); f.Policy.AllowPrivate = true }, []Kind{FetchTime, PrivateAddress}, nil, nil},
		{"override", func(f *Facts) {
			f.Files = []resolve.Staged{{URI: "https://h/x.sh", File: "./x.sh", From: resolve.FromOverride}}
		}, []Kind{Override}, nil, []string{"./x.sh was in place of https://h/x.sh"}},
		{"reused", func(f *Facts) { f.Reused = []string{"customize[0]"} }, []Kind{Reused}, nil, []string{"1 step was not run"}},
		{"kept", func(f *Facts) { f.Plan.OnError.KeepBuildVM = true }, []Kind{ErrorHandling}, nil, nil},
		{"timeout", func(f *Facts) { f.Timeout = time.Hour }, []Kind{Timeout}, nil, []string{"1h0m0s", "240 minutes"}},
		{"the same timeout", func(f *Facts) { f.Timeout = 240 * time.Minute }, nil, nil, nil},
		{"optimize", func(f *Facts) { f.Plan.OptimizeBoot = true }, []Kind{OptimizeBoot}, nil, nil},
		{"validate", func(f *Facts) { f.Plan.Validation = &plan.Validation{} }, []Kind{Validation}, nil, nil},
		{"gallery version", func(f *Facts) {
			f.Plan.Destinations = []plan.Destination{{ID: "distribute[0]", RunOutputName: "out", SharedImage: &plan.SharedImage{
				Regions: []plan.TargetRegion{{Name: "westeurope", ReplicaCount: 2, StorageAccountType: "Standard_ZRS"}}}}}
		}, []Kind{Distribution}, nil, []string{"westeurope (2× Standard_ZRS)"}},
		{"VHD with a signature", func(f *Facts) {
			f.Plan.Destinations = []plan.Destination{{ID: "distribute[0]", RunOutputName: "out", VHD: &plan.VHD{URI: "https://a.blob.core.windows.net/v/x.vhd?sig=secret"}}}
		}, []Kind{Distribution}, nil, []string{"copies the VHD to https://a.blob.core.windows.net/v/x.vhd"}},
		{"staging group", func(f *Facts) {
			f.Plan.Azure.StagingResourceGroup = "/subscriptions/s/resourceGroups/g"
		}, []Kind{Staging}, nil, []string{"stagingResourceGroup have no use"}},
	}
	inContainer := []Kind{HostKernel, NotBooted, KernelParameters, HostSize, SkippedUnits}
	tests = append(tests, []struct {
		name string
		with func(*Facts)
		more []Kind
		less []Kind
		want []string
	}{
		{"container", func(f *Facts) { f.Container, f.Machine.Accelerator = true, "" }, inContainer, nil, []string{"this machine's"}},
		{"container over a disk of generation 2", func(f *Facts) {
			f.Container, f.Machine.Firmware, f.Machine.SecureBoot = true, "uefi", true
		}, inContainer, nil, nil},
		{"container, and a VM from some step on", func(f *Facts) {
			f.Container, f.Booted = true, true
		}, inContainer, []Kind{NotBooted}, nil},
		{"marks", func(f *Facts) {
			f.Container = true
			for _, kind := range kernelbound.Kinds() {
				f.Marks = append(f.Marks, kernelbound.Mark{Step: "customize[0]", Kind: kind, Command: "do " + kind, Why: "why " + kind})
			}
		}, append(markKinds(), inContainer...), nil, []string{"do bootloader: in a container", "why bootloader"}},
	}...)
	seen := map[Kind]bool{}
	for _, k := range always {
		seen[k] = true
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := plain()
			tt.with(&f)
			list := Of(f)
			want := slices.DeleteFunc(slices.Concat(always, tt.more), func(k Kind) bool { return slices.Contains(tt.less, k) })
			order := Kinds()
			slices.SortFunc(want, func(a, b Kind) int { return slices.Index(order, a) - slices.Index(order, b) })
			if diff := cmp.Diff(want, kindsOf(list)); diff != "" {
				t.Fatalf("kinds (-want +got):\n%s", diff)
			}
			about := always[0]
			for i, k := range tt.more {
				seen[k] = true
				if i == 0 {
					about = k
				}
			}
			text := fmt.Sprint(Chosen(list, []Kind{about}))
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %s", want, text)
				}
			}
			if strings.Contains(fmt.Sprint(list), "secret") {
				t.Errorf("a signature is told: %v", list)
			}
		})
	}
	for _, k := range Kinds() {
		if !seen[k] {
			t.Errorf("no template of this test has %s", k)
		}
	}
}

func markKinds() []Kind {
	var kinds []Kind
	for _, kind := range kernelbound.Kinds() {
		kinds = append(kinds, Kind(kind))
	}
	return kinds
}

// TestMarkPlaces holds that a mark points at its command, and not at the customizer alone.
func TestMarkPlaces(t *testing.T) {
	f := plain()
	f.Container = true
	f.Marks = []kernelbound.Mark{{Step: "customize[0]", Kind: kernelbound.Modules, Command: "modprobe x", Why: "w",
		Origin: plan.Origin{Path: "properties.customize[0].inline"}, File: "web.json", Line: 7, Column: 3}}
	got := Chosen(Of(f), []Kind{kernelbound.Modules})
	if len(got) != 1 || got[0].Range.String() != "web.json:7:3" || got[0].Path != "properties.customize[0].inline" || got[0].Step != "customize[0]" {
		t.Errorf("%+v", got)
	}
}

// Every text is one line, and no sentence of a list ends in a full stop.
func TestTexts(t *testing.T) {
	boxed := plain()
	boxed.Container = true
	for _, d := range append(Of(plain()), Of(boxed)...) {
		for _, text := range []string{d.What, d.Why} {
			if text == "" || strings.ContainsAny(text, "\n") || strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q", d.Kind, text)
			}
		}
	}
}

// A Windows template names other things.
func TestWindows(t *testing.T) {
	f := plain()
	f.Plan.OS, f.Plan.Azure.VMSize = plan.Windows, ""
	f.Base.Profile = guest.Profile{Devices: guest.Emulated, Firmware: guest.UEFI, SecureBoot: true, TPM: true}
	f.Machine.Firmware, f.Machine.SecureBoot, f.Machine.TPM = "uefi", true, true
	f.Plan.Source.PlatformImage.SKU = "2022-datacenter-g2"
	text := fmt.Sprint(Of(f))
	for _, want := range []string{"127 GiB", "AHCI", "at D:; a Standard_D2ds_v4", "RdAgent", "secure boot and a TPM"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if kinds := kindsOf(Of(f)); slices.Contains(kinds, VMSize) || slices.Contains(kinds, Generation) {
		t.Errorf("a machine of the very size and generation differs: %v", kinds)
	}
}

func TestSizes(t *testing.T) {
	for name, want := range map[string]size{
		"Standard_D1_v2":    {cpus: 1, memoryGiB: 3.5, temporary: true},
		"Standard_D3_v2":    {cpus: 4, memoryGiB: 14, temporary: true},
		"Standard_D2ds_v4":  {cpus: 2, memoryGiB: 8, temporary: true},
		"Standard_D4s_v3":   {cpus: 4, memoryGiB: 16, temporary: true},
		"STANDARD_D4AS_V5":  {cpus: 4, memoryGiB: 16},
		"Standard_D8lds_v5": {}, // l is for less memory
		"Standard_F4s_v2":   {cpus: 4, memoryGiB: 8, temporary: true},
		"Standard_D14_v2":   {},
		"Standard_E4s_v5":   {},
		"":                  {},
	} {
		want.name = name
		if got := sizeOf(name); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestChosen(t *testing.T) {
	list := Of(plain())
	if got := Chosen(list, []Kind{All}); len(got) != len(list) {
		t.Errorf("all are %d of %d", len(got), len(list))
	}
	if got := kindsOf(Chosen(list, []Kind{Network, Staging})); !slices.Equal(got, []Kind{Network}) {
		t.Errorf("chosen are %v", got)
	}
	if Known(All) || !Known(Network) || Known("netwrok") {
		t.Error("Known is wrong")
	}
}

// docs/fidelity.md has a row for each kind, in the order in which they are shown, and no other.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/fidelity.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []Kind
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| [^|]+ \\| [^|]+ \\| [DFISU](?:, [DFISU])* \\|$").FindAllStringSubmatch(string(text), -1) {
		rows = append(rows, Kind(m[1]))
	}
	if diff := cmp.Diff(Kinds(), rows); diff != "" {
		t.Errorf("kinds of the page (-want +got):\n%s", diff)
	}
}
