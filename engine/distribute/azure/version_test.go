package azure

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/translate/plan"
)

// version makes one of somebody else's.
func (r *rig) version(number string) {
	r.Helper()
	r.versionOf(number, r.other())
}

// other is the id of a snapshot that is not the run's.
func (r *rig) other() string {
	r.Helper()
	id := strings.TrimSuffix(osSnap, "os") + "other"
	if r.sim.Resource(id) == nil {
		r.snapshot("other", false)
	}
	return id
}

func (r *rig) versionOf(number, snapshot string) {
	r.Helper()
	done(r.compute.NewGalleryImageVersionsClient().BeginCreateOrUpdate(r.Context(), "images", "gal", "web", number,
		armcompute.GalleryImageVersion{Location: to.Ptr(place), Properties: &armcompute.GalleryImageVersionProperties{
			StorageProfile: &armcompute.GalleryImageVersionStorageProfile{
				OSDiskImage: &armcompute.GalleryOSDiskImage{Source: &armcompute.GalleryDiskImageSource{ID: to.Ptr(snapshot)}}}}}, nil))(r.TB)
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		there  []string
		change func(*plan.SharedImage)
		want   string
		wrong  string
	}{
		{name: "explicit", change: func(s *plan.SharedImage) { s.Version = "7.0.1" }, want: "7.0.1"},
		{name: "explicit, taken", there: []string{"7.0.1"}, change: func(s *plan.SharedImage) { s.Version = "7.0.1" },
			wrong: "image version 7.0.1 of definition \"web\" is there already"},
		{name: "by the clock", change: func(s *plan.SharedImage) { s.Scheme = plan.SchemeClock }, want: "0.27393.23952"},
		{name: "the first", change: func(s *plan.SharedImage) { s.Scheme = plan.SchemeLatest }, want: "0.0.1"},
		{name: "the next", there: []string{"1.2.3", "1.10.0"},
			change: func(s *plan.SharedImage) { s.Scheme = plan.SchemeLatest }, want: "1.10.1"},
		{name: "the next of a major", there: []string{"1.2.3", "2.0.0"},
			change: func(s *plan.SharedImage) { s.Scheme, s.Major = plan.SchemeLatest, to.Ptr[int64](1) }, want: "1.2.4"},
		{name: "the first of a major", there: []string{"1.2.3"},
			change: func(s *plan.SharedImage) { s.Scheme, s.Major = plan.SchemeLatest, to.Ptr[int64](4) }, want: "4.0.0"},
		{name: "the source's", change: func(s *plan.SharedImage) { s.Scheme = plan.SchemeSource }, want: "12.1.3"},
		{name: "the source's, taken", there: []string{"12.1.3"}, change: func(s *plan.SharedImage) { s.Scheme = plan.SchemeSource },
			wrong: "is there already"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, azuresim.Options{})
			for _, v := range tt.there {
				r.version(v)
			}
			out, err := r.distribute(t.Context(), planFor(shared(func(s *plan.SharedImage) { s.Version = ""; tt.change(s) })), false)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("the error is %v", err)
				}
				if len(r.ledger) > 0 {
					t.Errorf("somebody else's version is in the ledger: %v", r.ledger)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, got, _ := strings.Cut(out[0].ArtifactID, "/versions/"); got != tt.want {
				t.Errorf("the version is %s, want %s", got, tt.want)
			}
		})
	}
}

// TestTwoOfOneDefinition: destinations that make their numbers at the same time make different ones.
func TestTwoOfOneDefinition(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	next := func(s *plan.SharedImage) { s.Version, s.Scheme = "", plan.SchemeLatest }
	if _, err := r.distribute(t.Context(), planFor(shared(next), shared(next), shared(next)), false); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"snapshots/os", "versions/0.0.1", "versions/0.0.2", "versions/0.0.3"}, r.left()); d != "" {
		t.Error(d)
	}
}

// TestRaces: somebody takes the number between its choice and the request, which meets a conflict, or finds their version.
func TestRaces(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	first := true
	r.d.written = func() error {
		j, err := ReadJournal(r.dir)
		if err == nil && first && j.Destinations[0].Version == "0.0.1" {
			first = false
			r.version("0.0.1")
		}
		return err
	}
	p := planFor(shared(func(s *plan.SharedImage) { s.Version, s.Scheme = "", plan.SchemeLatest }))
	out, err := r.distribute(t.Context(), p, false)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out[0].ArtifactID, "/0.0.2") || len(r.ledger) > 0 {
		t.Errorf("made %s; in the ledger %v", out[0].ArtifactID, r.ledger)
	}
	if said := r.said("distribute[0]"); !strings.Contains(said, "version 0.0.1 was taken by somebody else meanwhile") {
		t.Errorf("it is not said:\n%s", said)
	}
}

func regionFault(name string, times int) *azuresim.Fault {
	return &azuresim.Fault{Path: "*/versions/*", Region: name, Times: times, Code: "ReplicationFailed", Message: "no room there"}
}

func TestRegionIsTriedAgain(t *testing.T) {
	r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{regionFault("northeurope", 2)}})
	p := planFor(shared(nil, "westeurope", "northeurope", "uksouth"))
	if _, err := r.distribute(t.Context(), p, false); err != nil {
		t.Fatal(err)
	}
	j := must(ReadJournal(r.dir))(t)
	want := []Region{
		{Name: "westeurope", State: Done, Tries: 1}, {Name: "northeurope", State: Done, Tries: 3}, {Name: "uksouth", State: Done, Tries: 1},
	}
	if d := cmp.Diff(want, j.Destinations[0].Regions); d != "" {
		t.Error(d)
	}
}

// TestRegionFailsForGood: the version can be used in the others, and the region is brought later, on demand.
func TestRegionFailsForGood(t *testing.T) {
	r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{regionFault("northeurope", azuresim.Always)}})
	p := planFor(shared(nil, "westeurope", "northeurope", "uksouth"), managed(place))
	out, err := r.distribute(t.Context(), p, false)
	var partial *distribute.PartialError
	var regions *RegionsError
	if !errors.As(err, &partial) || !errors.As(err, &regions) {
		t.Fatalf("the error is %v", err)
	}
	if d := cmp.Diff([]string{"-", "out1 ManagedImage /providers/Microsoft.Compute/images/web"}, artifacts(out)); d != "" {
		t.Error(d)
	}
	const want = "Failed in distributing 1 images out of total 2: {[Error 0] [Distribute 0] " +
		"image version 1.0.0 did not reach northeurope (no room there); it can be used in westeurope, uksouth}"
	if err.Error() != want {
		t.Errorf("the message is\n%s, want\n%s", err, want)
	}
	id := webDef + "/versions/1.0.0"
	if s := r.property(id, "properties", "provisioningState"); s != "Succeeded" {
		t.Errorf("the version is in state %v", s)
	}
	if len(r.ledger) > 0 {
		t.Errorf("what can be used is in the ledger: %v", r.ledger)
	}

	// Without the wish to retry, it is as it was.
	r.sim.SetFaults()
	before := len(r.sim.Calls())
	if _, err = r.distribute(t.Context(), p, false); err == nil || err.Error() != want {
		t.Errorf("the message is %v", err)
	}
	for _, c := range r.sim.Calls()[before:] {
		if c.Method == "PUT" {
			t.Errorf("%s %s", c.Method, c.Path)
		}
	}
	out, err = r.distribute(t.Context(), p, true)
	if err != nil {
		t.Fatal(err)
	}
	if out[0] == nil || out[1] == nil {
		t.Errorf("the outputs are %v", artifacts(out))
	}
	if list, _ := r.property(id, "properties", "publishingProfile", "targetRegions").([]any); len(list) != 3 {
		t.Errorf("the version is in %v", list)
	}
}

// TestOwnRegionFails: then nothing can be used, and the version stays in the ledger.
func TestOwnRegionFails(t *testing.T) {
	r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{regionFault(place, azuresim.Always)}})
	_, err := r.distribute(t.Context(), planFor(shared(nil, "westeurope", "uksouth")), false)
	var regions *RegionsError
	if !errors.As(err, &regions) || len(regions.Reached) > 0 {
		t.Fatalf("the error is %v", err)
	}
	if d := cmp.Diff([]string{webDef + "/versions/1.0.0"}, r.ledger); d != "" {
		t.Error(d)
	}
}

// TestRegionIsStuck: the others do not wait for it to be told of, and the time of the run ends the wait.
func TestRegionIsStuck(t *testing.T) {
	r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{{Path: "*/versions/*", Region: "northeurope", Stuck: true}}})
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("the time is over")
	r.d.written = func() error {
		j, err := ReadJournal(r.dir)
		if err != nil || len(j.Destinations[0].Regions) < 2 {
			return err
		}
		if at := j.Destinations[0].Regions; at[0].State == Done && at[1].State == Running {
			cancel(over)
		}
		return nil
	}
	_, err := r.distribute(ctx, planFor(shared(nil, "westeurope", "northeurope")), false)
	if !errors.Is(err, over) || !strings.Contains(err.Error(), "image version 1.0.0 has not reached northeurope: the time is over") {
		t.Fatalf("the error is %v", err)
	}
	j := must(ReadJournal(r.dir))(t)
	if failed, left := j.Left(); failed != 0 || left != 1 {
		t.Errorf("the journal is %+v", j)
	}
	if d := cmp.Diff([]string{webDef + "/versions/1.0.0"}, r.ledger); d != "" {
		t.Error(d)
	}
}

// TestRegionTakesLong: a process that comes later goes on waiting, and asks for nothing twice.
func TestRegionTakesLong(t *testing.T) {
	r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{
		{Path: "*/versions/*", Region: "northeurope", Delay: 100 * time.Millisecond, Times: azuresim.Always}}})
	ctx, cancel := context.WithCancel(t.Context())
	r.d.written = func() error {
		j, err := ReadJournal(r.dir)
		if err == nil && len(j.Destinations[0].Regions) > 1 && j.Destinations[0].Regions[1].State == Running {
			cancel()
		}
		return err
	}
	p := planFor(shared(nil, "westeurope", "northeurope"))
	if _, err := r.distribute(ctx, p, false); !errors.Is(err, context.Canceled) {
		t.Fatalf("the error is %v", err)
	}
	r.d.written = nil
	if _, err := r.distribute(t.Context(), p, false); err != nil {
		t.Fatal(err)
	}
	puts := 0
	for _, c := range r.sim.Calls() {
		if c.Method == "PUT" && strings.HasSuffix(c.Path, "/versions/1.0.0") {
			puts++
		}
	}
	if puts != 1 {
		t.Errorf("%d requests for the version, want 1", puts)
	}
}

func TestDefinitionThatDoesNotFit(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*armcompute.GalleryImageProperties)
		regions []string
		want    string
	}{
		{"OS", func(p *armcompute.GalleryImageProperties) { p.OSType = to.Ptr(armcompute.OperatingSystemTypesWindows) }, nil,
			`the OS of image definition "odd" is Windows, and that of the image linux`},
		{"generation", func(p *armcompute.GalleryImageProperties) { p.HyperVGeneration = to.Ptr(armcompute.HyperVGenerationV1) }, nil,
			`the generation of image definition "odd" is V1, and that of the image V2`},
		{"architecture", func(p *armcompute.GalleryImageProperties) { p.Architecture = to.Ptr(armcompute.ArchitectureArm64) }, nil,
			`the architecture of image definition "odd" is Arm64, and that of the image x64`},
		{"specialized", func(p *armcompute.GalleryImageProperties) {
			p.OSState = to.Ptr(armcompute.OperatingSystemStateTypesSpecialized)
		}, nil, `image definition "odd" is for specialized images`},
		{"security type", func(p *armcompute.GalleryImageProperties) {
			p.Features = []*armcompute.GalleryImageFeature{{Name: to.Ptr("SecurityType"), Value: to.Ptr("TrustedLaunchSupported")}}
		}, nil, `the security type of image definition "odd" is TrustedLaunchSupported, and that of the image Standard`},
		{"regions", func(*armcompute.GalleryImageProperties) {}, []string{"uksouth"},
			"the gallery's own region, westeurope, is not one of the target regions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, azuresim.Options{})
			r.definition("gal", "odd", tt.change)
			_, err := r.distribute(t.Context(), planFor(shared(func(s *plan.SharedImage) {
				s.DefinitionID = strings.TrimSuffix(webDef, "web") + "odd"
			}, tt.regions...)), false)
			var misfit *MisfitError
			if !errors.As(err, &misfit) || !strings.Contains(misfit.What, tt.want) || misfit.Fix() == "" {
				t.Errorf("the error is %v", err)
			}
			if len(r.ledger) > 0 {
				t.Errorf("in the ledger: %v", r.ledger)
			}
		})
	}
}
