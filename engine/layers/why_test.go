package layers

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ingot-build/ingot/translate/plan"
)

// TestWhy makes layers of one build, and asks for another one.
func TestWhy(t *testing.T) {
	script := func(name, text string) plan.Step {
		return plan.Step{ID: "customize[" + name + "]", Name: name, Shell: &plan.Shell{Script: plan.Content{Text: text}}}
	}
	file := plan.Step{ID: "f", Name: "f", File: &plan.File{Content: plan.Content{Text: "x"}, Destination: "/x"}}
	before := []plan.Step{script("a", "a"), script("b", "b"), file, script("c", "c"), script("d", "d")}
	with := func(at int, s plan.Step) []plan.Step {
		steps := append([]plan.Step{}, before...)
		steps[at] = s
		return steps
	}
	root := script("b", "b")
	root.Shell = &plan.Shell{Script: plan.Content{Text: "b"}, AsRoot: true}
	elsewhere := file
	elsewhere.File = &plan.File{Content: plan.Content{Text: "y"}, Destination: "/y"}
	tests := []struct {
		name    string
		profile func(*Profile)
		steps   []plan.Step
		options FindOptions
		from    int
		why     string
	}{
		{"the same", nil, before, FindOptions{}, 5, ""},
		{"script changed", nil, with(1, script("b", "B")), FindOptions{}, 1, "its script changed"},
		{"first script changed", nil, with(0, script("a", "A")), FindOptions{}, 0, "its script changed"},
		{"renamed", nil, with(1, script("other", "b")), FindOptions{}, 5, ""},
		{"user changed", nil, with(1, root), FindOptions{}, 1, "its user changed"},
		{"file and its place changed", nil, with(2, elsewhere), FindOptions{}, 2, "its file and destination changed"},
		{"another type", nil, with(2, script("f", "x")), FindOptions{}, 2, "it is another step"},
		{"added", nil, []plan.Step{before[0], script("n", "n"), before[1], file, before[3], before[4]}, FindOptions{}, 1,
			`it is new before "customize[b] b"`},
		{"removed", nil, []plan.Step{before[0], file, before[3], before[4]}, FindOptions{}, 1, `"customize[b] b", which came before it, is gone`},
		{"moved", nil, []plan.Step{before[1], before[0], file, before[3], before[4]}, FindOptions{}, 0,
			`it comes in another order: "customize[a] a" was there before`},
		{"one more at the end", nil, append(append([]plan.Step{}, before...), script("e", "e")), FindOptions{}, 5, "no layer is kept after it"},
		{"cut at the end", nil, before[:3], FindOptions{}, 3, ""},
		{"memory", func(p *Profile) { p.MemoryMiB = 2048 }, before, FindOptions{}, 0, "another amount of memory was asked for"},
		{"CPUs", func(p *Profile) { p.CPUs = 2 }, before, FindOptions{}, 0, "another number of CPUs was asked for"},
		{"size of the disk", func(p *Profile) { p.DiskSize = 1 << 30 }, before, FindOptions{}, 0, "another size of the disk was asked for"},
		{"firmware", func(p *Profile) { p.Firmware = "uefi" }, before, FindOptions{}, 0, "another firmware was asked for"},
		{"accelerator", func(p *Profile) { p.Accelerator = "tcg" }, before, FindOptions{}, 0, "another accelerator was asked for"},
		{"metadata", func(p *Profile) { p.Metadata = true }, before, FindOptions{}, 0, "the metadata service was switched on or off"},
		{"base image", func(p *Profile) { p.Base.SHA256 = "ab" }, before, FindOptions{}, 0, "the base image is another one"},
		{"asked for", nil, before, FindOptions{Max: 2}, 2, "it was asked for"},
		{"only some will do", nil, before, FindOptions{At: []int{1, 3}}, 3, "it was asked for"},
	}
	r := newRig(t)
	r.build(r.Keys(r.profile(), before), 5)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := r.profile()
			if tt.profile != nil {
				tt.profile(&p)
			}
			top, reuse := r.find(r.Keys(p, tt.steps), tt.options)
			if reuse.From != tt.from || top.Next != tt.from || reuse.Why != tt.why {
				t.Errorf("from %d since %q; want %d since %q", reuse.From, reuse.Why, tt.from, tt.why)
			}
		})
	}
}

// TestWhyNearest holds that of several earlier builds the one counts that is most like the new one.
func TestWhyNearest(t *testing.T) {
	r := newRig(t)
	r.build(r.keys("one", "two", "three"), 3)
	r.build(r.keys("other", "build"), 2)
	if _, reuse := r.find(r.keys("one", "two", "3"), FindOptions{}); reuse.From != 2 || reuse.Why != "its script changed" {
		t.Errorf("got %+v", reuse)
	}
}

// TestSharedPrefix holds that two templates share what they have in common, and nothing else.
func TestSharedPrefix(t *testing.T) {
	r := newRig(t)
	ids := r.build(r.keys("one", "two", "three"), 3)
	other := r.build(r.keys("one", "two", "drei", "vier"), 4)
	if other[2] != ids[2] || other[3] == ids[3] {
		t.Errorf("made %v over %v", other, ids)
	}
	if top, _ := r.find(r.keys("one", "two", "three"), FindOptions{}); top.ID != ids[3] {
		t.Errorf("found %s, want %s", top.ID, ids[3])
	}
}

// TestSeveralOfOneKey holds that the newest counts, but for one that has memory.
func TestSeveralOfOneKey(t *testing.T) {
	r := newRig(t)
	k := r.keys("one")
	make1 := func() string {
		d := r.draft(Making{Keys: k, Next: 1, Base: r.base})
		l, err := d.Publish(t.Context(), nil, nil)
		r.must(err)
		r.must(d.Release())
		return l.ID
	}
	first, second := make1(), make1()
	if top, _ := r.find(k, FindOptions{}); top.ID != second {
		t.Errorf("found %s, want the newest, %s", top.ID, second)
	}
	third := make1()
	r.must(os.Remove(filepath.Join(r.Dir(), third, StateFile)))
	if top, _ := r.find(k, FindOptions{}); top.ID != second {
		t.Errorf("found %s, want the newest with memory, %s", top.ID, second)
	}
	if top, _ := r.find(k, FindOptions{Disks: true}); top.ID != third {
		t.Errorf("found %s, want the newest disk, %s", top.ID, third)
	}
	r.must(os.RemoveAll(filepath.Join(r.Dir(), third)))
	flip(t, r.Dir()+"/"+second+"/"+DiskFile)
	if top, reuse := r.find(k, FindOptions{}); top.ID != first || len(reuse.Damaged) != 1 {
		t.Errorf("found %s, %+v; want the older one", top.ID, reuse)
	}
}
