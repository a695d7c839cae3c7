package main_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/vhd"
	"github.com/ingot-build/ingot/translate/plan"
)

// ending is the last line of `ingot build --output json`.
type ending struct {
	Result struct {
		Run     string
		State   string
		Outputs []struct{ Name, Type, ArtifactID, ArtifactURI, Path string }

		Validation, ValidationLog string
	}
}

// build runs an image template to a good end.
func (h *home) build(template string, more ...string) ending {
	h.t.Helper()
	res := h.ingot(append([]string{"build", template, "--output", "json"}, more...)...)
	if res.code != 0 {
		h.t.Fatalf("build of %s ended with %d:\n%s\n%s", template, res.code, lastLines(res.stdout, 40), res.stderr)
	}
	var e ending
	if err := json.Unmarshal([]byte(lastLines(res.stdout, 1)), &e); err != nil {
		h.t.Fatal(err)
	}
	return e
}

// wantFolder compares what a run ran with what the example's want folder says it should be.
func (h *home) wantFolder(run, example string) {
	h.t.Helper()
	want := filepath.Join("../../examples", example, "want")
	got := filepath.Join(h.state(), "runs", run)
	err := filepath.WalkDir(filepath.Join(got, "packer"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(filepath.Join(got, "packer"), path)
		if err != nil {
			return err
		}
		h.sameText(filepath.Join(want, name), path)
		return nil
	})
	if err != nil {
		h.t.Error(err)
	}
	// The plan of a run is exact; the wanted one holds wants. What resolve adds is taken away before they are compared.
	wanted, ran := readPlan(h.t, filepath.Join(want, "plan.json")), readPlan(h.t, filepath.Join(got, "plan.json"))
	if ran.Source.Exact == nil || ran.Source.Exact.Size == 0 {
		h.t.Errorf("the plan that was run is not exact: %+v", ran.Source)
	}
	for _, p := range []*plan.Plan{wanted, ran} {
		p.Source.Exact = nil
		for _, c := range p.Contents() {
			c.Resolved, c.Size = false, 0
			if c.ChecksumOrigin.Path == "" {
				c.SHA256 = ""
			}
		}
	}
	if diff := cmp.Diff(wanted, ran); diff != "" {
		h.t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func (h *home) sameText(want, got string) {
	h.t.Helper()
	w, err := os.ReadFile(want)
	if err != nil {
		h.t.Errorf("the run has %s, and the example wants none: %v", filepath.Base(got), err)
		return
	}
	g, err := os.ReadFile(got)
	if err != nil {
		h.t.Error(err)
	}
	if diff := cmp.Diff(string(w), string(g)); diff != "" {
		h.t.Errorf("%s (-want +got):\n%s", filepath.Base(got), diff)
	}
}

func readPlan(t *testing.T, path string) *plan.Plan {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Decode(text)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return p
}

// TestGalleryStory is the main road: an example becomes a gallery version; machines made from it are new machines that show what
// the customizers did; and another example is built on top of it. Stock Packer makes the same of what both are translated to.
func TestGalleryStory(t *testing.T) {
	h := newHome(t)
	web := h.withPacker("../../examples/linux-web/template.json", "source_disk="+h.image)
	made := h.build("../../examples/linux-web/template.json")
	h.wantFolder(made.Result.Run, "linux-web")
	if len(made.Result.Outputs) != 1 || !strings.HasSuffix(made.Result.Outputs[0].ArtifactID, "/images/linux-web/versions/0.0.1") {
		t.Fatalf("outputs = %+v", made.Result.Outputs)
	}
	disk := made.Result.Outputs[0].Path
	if _, err := vhd.Verify(disk); err != nil {
		t.Error(err)
	}

	// The VM's disk is started by one firmware, the container's by the other: they are the same, boot loaders and all.
	fast := h.inContainers()
	second := fast.makesSame("linux-web", disk)
	bios := bootVHD(t, disk, "bios")
	facts := freshMachine(t, bios)
	if page, code := bios.run(t, "curl -sS http://localhost/"); code != 0 || !strings.Contains(page, "Hello from Ingot") {
		t.Errorf("the page that the customizers made: exit %d, %q", code, page)
	}
	bios.off()
	uefi := bootVHD(t, second, "uefi")
	other := freshMachine(t, uefi)
	if facts.hostKey == other.hostKey || facts.machineID == other.machineID {
		t.Errorf("two machines share what must be their own: %+v, %+v", facts, other)
	}
	if _, code := uefi.run(t, "test -d /sys/firmware/efi"); code != 0 {
		t.Error("the second machine did not boot by UEFI")
	}
	uefi.off()

	onTop := h.withPacker("../../examples/linux-from-gallery/template.json", "source_disk="+disk, "source_format=vpc")
	next := h.build("../../examples/linux-from-gallery/template.json")
	h.wantFolder(next.Result.Run, "linux-from-gallery")
	ran := readPlan(t, filepath.Join(h.state(), "runs", next.Result.Run, "plan.json"))
	if got := ran.Source.Exact; got == nil || !strings.HasSuffix(got.ID, "/images/linux-web/versions/0.0.1") {
		t.Errorf("the second build started from %+v", got)
	}
	starts(t, next.Result.Outputs[0].Path, "uefi")
	starts(t, fast.makesSame("linux-from-gallery", next.Result.Outputs[0].Path), "uefi")
	web.wantSame(h, disk)
	onTop.wantSame(h, next.Result.Outputs[0].Path)
}

// facts are what must differ from machine to machine.
type facts struct{ hostKey, machineID string }

// freshMachine checks that the guest is a machine of its own: nothing of the build is left on it.
func freshMachine(t *testing.T, g *guest) facts {
	t.Helper()
	checks := []struct{ what, command string }{
		{"the build user is gone", "! id packer"},
		{"the build user's home is gone", "! test -e /home/packer"},
		{"the build user's sudo rule is gone", "! sudo grep -rq packer /etc/sudoers /etc/sudoers.d"},
		{"root logs in with no key of the build", "! sudo grep -q packer /root/.ssh/authorized_keys"},
		{"cloud-init ran for this machine", "cloud-init query instance_id | grep -q ^fresh-"},
		{"cloud-init remembers no other machine", "test $(sudo ls /var/lib/cloud/instances | wc -l) = 1"},
		{"nothing of the build is in /tmp", "! ls /tmp | grep -i -e script -e Deprovisioning"},
		{"the root file system uses the whole disk", "test $(df --output=size -BG / | tail -1 | tr -dc 0-9) -ge 28"},
	}
	for _, c := range checks {
		if out, code := g.run(t, c.command); code != 0 {
			t.Errorf("not so: %s: %s", c.what, out)
		}
	}
	id, code := g.run(t, "cat /etc/machine-id")
	if code != 0 || len(strings.TrimSpace(id)) != 32 {
		t.Errorf("machine-id is %q", id)
	}
	return facts{hostKey: g.hostKey, machineID: id}
}

// TestSeveralDistributors builds the example with a checked script, validators and three distributors; and so does stock Packer, up to
// the disk.
func TestSeveralDistributors(t *testing.T) {
	h := newHome(t)
	stock := h.withPacker("../../examples/linux-hardened/template.json", "source_disk="+h.image)
	made := h.build("../../examples/linux-hardened/template.json")
	h.wantFolder(made.Result.Run, "linux-hardened")
	kinds := map[string]bool{}
	for _, out := range made.Result.Outputs {
		kinds[out.Type] = true
		if _, err := vhd.Verify(out.Path); err != nil {
			t.Errorf("%s: %v", out.Name, err)
		}
	}
	if len(kinds) != 3 {
		t.Errorf("outputs = %+v, want one of each type", made.Result.Outputs)
	}
	h.wantValidated(made)
	if res := h.ingot("gallery", "ls"); res.code != 0 || strings.Count(res.stdout, "\n") < 4 {
		t.Errorf("ingot gallery ls: exit %d\n%s", res.code, res.stdout)
	}
	starts(t, h.inContainers().makesSame("linux-hardened", made.Result.Outputs[0].Path), "bios")
	stock.wantSame(h, made.Result.Outputs[0].Path)
}
