package layers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// on makes a layer of a target over another one.
func (r *rig) on(target, parent string, k Keys, next int) string {
	r.t.Helper()
	d := r.draft(Making{Target: target, Parent: parent, Keys: k, Next: next, Template: "web", Base: r.base})
	l, err := d.Publish(r.t.Context(), nil, nil)
	r.must(err)
	r.must(d.Release())
	if want := target; l.Target != want && (want != "" || l.Target != FirstTarget) {
		r.t.Errorf("a layer of %q is of %q", want, l.Target)
	}
	return l.ID
}

// TestLayersOfOneTarget holds that whoever wants the layers of one target gets none with a layer of another one in its chain.
func TestLayersOfOneTarget(t *testing.T) {
	for name, tt := range map[string]struct {
		chain  string // of the layers before steps 1, 2 and 3: v is of qemu, n of nspawn, o is an old one
		of     string
		step   int // which one has to be of that; 0: all
		from   int
		barred int // which one of the chain is to blame; 0: none
	}{
		"all of it":                 {chain: "vvv", of: "qemu", from: 3},
		"old ones are of the first": {chain: "oov", of: "qemu", from: 3},
		"the top is another's":      {chain: "vvn", of: "qemu", from: 2, barred: 3},
		"one in the middle is":      {chain: "vnv", of: "qemu", from: 1, barred: 2},
		"the first is":              {chain: "nvv", of: "qemu", barred: 1},
		"none will do":              {chain: "nnn", of: "qemu", barred: 3},
		"a step in between":         {chain: "nnn", of: "qemu", step: 2, from: 1, barred: 2},
		"a step of another's":       {chain: "nvn", of: "qemu", step: 2, from: 3},
		"a step further on":         {chain: "nnn", of: "qemu", step: 4, from: 3},
		"any":                       {chain: "nvn", from: 3},
		"the other way round":       {chain: "nnv", of: "nspawn", from: 2, barred: 3},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			k := r.keys("one", "two", "three", "four")
			ids := []string{""}
			for i, c := range tt.chain {
				target := map[rune]string{'v': "qemu", 'n': "nspawn", 'o': ""}[c]
				ids = append(ids, r.on(target, ids[i], k, i+1))
			}
			o := FindOptions{Will: func(l Layer, from int) bool {
				return l.Target == tt.of || tt.step > 0 && (tt.step <= from || tt.step > l.Next)
			}}
			if tt.of == "" {
				o.Will = nil
			}
			top, reuse := r.find(k, o)
			if top.ID != ids[tt.from] || reuse.From != tt.from {
				t.Errorf("starts at %d, want %d", reuse.From, tt.from)
			}
			barred := ""
			if reuse.Barred != nil {
				barred = reuse.Barred.ID
			}
			if barred != ids[tt.barred] {
				t.Errorf("%q was left out, want %q of %v", barred, ids[tt.barred], ids)
			}
			if reuse.Why == "" {
				t.Error("nothing says why the rest runs")
			}
		})
	}
}

// TestLayersOfTwoTargets holds that of two layers of one key the one is found that will do, and that nothing counts as left out then.
func TestLayersOfTwoTargets(t *testing.T) {
	r := newRig(t)
	k := r.keys("one", "two")
	vm := r.on("qemu", "", k, 1)
	fast := r.on("nspawn", "", k, 1)
	ofVMs := FindOptions{Will: func(l Layer, _ int) bool { return l.Target == "qemu" }}
	if top, reuse := r.find(k, ofVMs); top.ID != vm || reuse.Barred != nil {
		t.Errorf("found %s, %+v; want %s", top.ID, reuse, vm)
	}
	if top, _ := r.find(k, FindOptions{}); top.ID != fast {
		t.Errorf("found %s, want the newest, %s", top.ID, fast)
	}
}

// TestTwoOfOneMoment holds that a layer with memory may lie over one of the same moment without: that is what a build leaves that booted
// from a disk.
func TestTwoOfOneMoment(t *testing.T) {
	r := newRig(t)
	k := r.keys("one", "two")
	disk := r.on("nspawn", "", k, 1)
	r.must(os.Remove(filepath.Join(r.Dir(), disk, StateFile)))
	memory := r.on("qemu", disk, k, 1)
	top, reuse := r.find(k, FindOptions{})
	if top.ID != memory || len(reuse.Damaged) > 0 && !strings.Contains(reuse.Damaged[0], "memory") {
		t.Errorf("found %s, %v; want %s", top.ID, reuse.Damaged, memory)
	}
	if top, _ := r.find(k, FindOptions{Will: func(l Layer, from int) bool { return l.Target == "qemu" || from == l.Next }}); top.ID != "" {
		t.Errorf("found %s, which lies over a layer that will not do", top.ID)
	}
}

// TestRecordsWithoutATarget holds that a layer whose record has no target, as they all were, is read as it ever was.
func TestRecordsWithoutATarget(t *testing.T) {
	r := newRig(t)
	id := r.on("", "", r.keys("one", "two"), 1)
	text, err := os.ReadFile(filepath.Join(r.Dir(), id, layerFile))
	r.must(err)
	if strings.Contains(string(text), `"target"`) {
		t.Fatalf("the record has a target: %s", text)
	}
	var e envelope
	r.must(json.Unmarshal(text, &e))
	l, err := r.read(id)
	if err != nil || l.Target != FirstTarget {
		t.Errorf("read %+v, %v", l, err)
	}
}

// TestTargetOfARecord holds that a name which no target has is no layer.
func TestTargetOfARecord(t *testing.T) {
	r := newRig(t)
	id := r.on("qemu", "", r.keys("one", "two"), 1)
	for _, name := range []string{"\x1b[31mred", "../x", strings.Repeat("n", 40)} {
		text, err := os.ReadFile(filepath.Join(r.Dir(), id, layerFile))
		r.must(err)
		rec, err := r.decode(text, id)
		r.must(err)
		rec.Target = name
		forged, err := r.encode(rec)
		r.must(err)
		if _, err := r.decode(forged, id); err == nil || !strings.Contains(err.Error(), "as target") {
			t.Errorf("target %q: %v", name, err)
		}
	}
}
