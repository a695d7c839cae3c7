package layers

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// what says what was removed, by the step of the layer and a word for its memory.
func what(p Pruned) []string {
	var all []string
	for _, g := range p.Gone {
		text := g.Layer.Step
		if g.Layer.ID == "" {
			text = "unfinished"
		}
		if g.Memory {
			text += " memory"
		}
		all = append(all, text)
	}
	return all
}

func TestPrune(t *testing.T) {
	all := func(r *rig) []Layer {
		list, _, err := r.List(t.Context())
		r.must(err)
		return list
	}
	// age makes layers of one build, the first one unused for longest.
	age := func(r *rig, k Keys, n int, unused ...time.Duration) []string {
		ids := r.build(k, n)
		for i, d := range unused {
			r.must(os.Chtimes(filepath.Join(r.Dir(), ids[i+1], usedFile), time.Time{}, r.time.Add(-d)))
		}
		return ids
	}
	tests := []struct {
		name   string
		make   func(r *rig)
		budget func(total int64) int64
		want   []string
		stays  string
	}{
		{"there is room", func(r *rig) { age(r, r.keys("1", "2", "3"), 3) }, func(n int64) int64 { return n }, nil, ""},
		{"all", func(r *rig) { age(r, r.keys("1", "2"), 2, 2*time.Hour, time.Hour) }, func(int64) int64 { return 0 },
			[]string{"a memory", "b memory", "b", "a"}, ""},
		{"a byte", func(r *rig) { age(r, r.keys("1", "2"), 2, 2*time.Hour, time.Hour) }, func(n int64) int64 { return n - 1 },
			[]string{"a memory"}, ""},
		{"an old disk goes before the memory of a new layer", func(r *rig) {
			age(r, r.keys("old"), 1, 100*time.Hour)
			age(r, r.keys("1", "2"), 2, 5*time.Hour, 4*time.Hour)
		}, func(n int64) int64 { return n - 16<<10 }, []string{"a memory", "a"}, ""},
		{"a layer in use stays", func(r *rig) {
			ids := age(r, r.keys("1", "2"), 2)
			c, err := r.Open(t.Context(), ids[1])
			r.must(err)
			t.Cleanup(func() { r.must(c.Release()) })
		}, func(int64) int64 { return 0 }, []string{"b memory", "b"}, "1 layers are in use"},
		{"a layer under a kept machine stays", func(r *rig) {
			ids := age(r, r.keys("1", "2"), 2)
			r.must(r.Pin("0123abcd", t.TempDir(), ids[1], ids[2]))
		}, func(int64) int64 { return 0 }, nil, "2 layers are in use"},
		{"a machine that is gone keeps nothing", func(r *rig) {
			ids := age(r, r.keys("1"), 1)
			r.must(r.Pin("0123abcd", filepath.Join(t.TempDir(), "gone"), ids[1]))
		}, func(int64) int64 { return 0 }, []string{"a memory", "a"}, ""},
		{"unfinished", func(r *rig) {
			d := r.draft(Making{Keys: r.keys("1"), Next: 1, Base: r.base})
			r.must(d.Release())
		}, func(n int64) int64 { return n }, []string{"unfinished"}, ""},
		{"one that is being made", func(r *rig) {
			d := r.draft(Making{Keys: r.keys("1"), Next: 1, Base: r.base})
			t.Cleanup(func() { r.must(d.Discard(t.Context())) })
		}, func(n int64) int64 { return n }, nil, ""},
		{"damaged, and what lies over it", func(r *rig) {
			ids := age(r, r.keys("1", "2", "3"), 3)
			cut(t, filepath.Join(r.Dir(), ids[2], DiskFile))
			r.find(r.keys("1", "2", "3"), FindOptions{})
		}, func(n int64) int64 { return n }, []string{"c", "b"}, ""},
		{"what lies over one that is gone", func(r *rig) {
			ids := age(r, r.keys("1", "2", "3"), 3)
			r.must(os.RemoveAll(filepath.Join(r.Dir(), ids[1])))
		}, func(n int64) int64 { return n }, []string{"c", "b"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			tt.make(r)
			u, err := r.Usage(t.Context())
			r.must(err)
			before := len(all(r))
			budget := tt.budget(u.Total())
			planned, err := r.Prune(t.Context(), budget, true)
			r.must(err)
			if diff := cmp.Diff(tt.want, what(planned)); diff != "" {
				t.Errorf("would remove (-want +got):\n%s", diff)
			}
			if n := len(all(r)); n != before {
				t.Errorf("of %d layers %d are left after nothing was to be removed", before, n)
			}
			done, err := r.Prune(t.Context(), budget, false)
			r.must(err)
			if diff := cmp.Diff(what(planned), what(done)); diff != "" || done.Stays != tt.stays {
				t.Errorf("removed others than it said (-said +did):\n%s, and %q stays", diff, done.Stays)
			}
			if u, err = r.Usage(t.Context()); err != nil || u.Total() != done.After {
				t.Errorf("%d bytes are left, said %d, %v", u.Total(), done.After, err)
			}
			again, err := r.Prune(t.Context(), budget, false)
			if err != nil || len(again.Gone) > 0 {
				t.Errorf("the second time: %v, %v", what(again), err)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	r := newRig(t)
	ids := r.build(r.keys("1", "2", "3"), 3)
	other := r.build(r.keys("1", "2", "drei"), 3)
	refuse := func(name string, want error, children bool, ids ...string) {
		t.Helper()
		gone, err := r.Remove(t.Context(), children, ids...)
		if len(gone) > 0 || err == nil || err.Error() != want.Error() {
			t.Errorf("%s: removed %d, %v; want %v", name, len(gone), err, want)
		}
		if list, _, err := r.List(t.Context()); err != nil || len(list) != 4 {
			t.Errorf("%s: %d layers are left, %v", name, len(list), err)
		}
	}
	over := []string{ids[3], other[3]}
	refuse("one below others", &BuiltOnError{ID: ids[2], Over: over}, false, ids[2])
	refuse("one below one that stays", &BuiltOnError{ID: ids[2], Over: over[1:]}, false, ids[2], ids[3])
	refuse("none", &NoLayerError{ID: "0123456789ab"}, true, "0123456789ab", ids[3])
	refuse("a path", &NoLayerError{ID: "../base.qcow2"}, true, "../base.qcow2")
	c, err := r.Open(t.Context(), other[3])
	r.must(err)
	refuse("in use", &InUseError{ID: ids[1]}, true, ids[1])
	r.must(c.Release())
	r.must(r.Pin("0123abcd", t.TempDir(), other[3]))
	refuse("pinned", &InUseError{ID: other[3], Run: "0123abcd"}, true, ids[1])
	r.must(r.Unpin("0123abcd"))
	r.must(r.Unpin("0123abcd"))

	gone, err := r.Remove(t.Context(), true, ids[2])
	if err != nil || len(gone) != 3 || gone[2].ID != ids[2] {
		t.Errorf("removed %d, %v", len(gone), err)
	}
	list, strange, err := r.List(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != ids[1] || len(strange) > 0 {
		t.Errorf("left %d, and %v, %v", len(list), strange, err)
	}
	if _, err := r.Remove(t.Context(), false, ids[1]); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(r.base.Path); err != nil {
		t.Errorf("the base image of a store that may make layers still: %v", err)
	}
	r.must(r.Close())
	r.must(r.dropBases())
	if _, err := os.Stat(r.base.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the second name of the base image is there still: %v", err)
	}
}

// TestStrangers holds that what is no layer stays as it is, whatever is asked.
func TestStrangers(t *testing.T) {
	r := newRig(t)
	r.build(r.keys("1"), 1)
	var want []string
	for _, name := range []string{"my photos", "0123456789ab", "0123456789abcdef", ".hidden"} {
		r.must(os.Mkdir(filepath.Join(r.Dir(), name), 0o700))
		r.must(os.WriteFile(filepath.Join(r.Dir(), name, lockFile), []byte("mine"), 0o600))
		want = append(want, name)
	}
	r.must(os.WriteFile(filepath.Join(r.Dir(), "ffffffffffff"), []byte("a file"), 0o600))
	link(t, "/etc", filepath.Join(r.Dir(), "eeeeeeeeeeee"))
	want = append(want, "ffffffffffff", "eeeeeeeeeeee")
	if _, err := r.Prune(t.Context(), 0, false); err != nil {
		t.Error(err)
	}
	_, strange, err := r.List(t.Context())
	r.must(err)
	var got []string
	for _, it := range strange {
		got = append(got, it.Name)
		if it.Unfinished || it.Busy || it.Why != "it is no layer, and is left alone" {
			t.Errorf("%+v", it)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// TestInTree holds that a layer comes after what it lies over.
func TestInTree(t *testing.T) {
	r := newRig(t)
	r.build(r.keys("1", "2"), 2)
	r.build(r.keys("x", "y"), 2)
	r.build(r.keys("1", "2", "3"), 3)
	list, _, err := r.List(t.Context())
	r.must(err)
	var got []string
	for _, l := range list {
		got = append(got, fmt.Sprint(l.Next))
	}
	if s := strings.Join(got, " "); s != "1 2 3 1 2" {
		t.Errorf("in the order %s", s)
	}
}

// TestLayersOfARunAlone holds that nobody finds a layer that is for one run, which opens it all the same; and that it goes once it is left.
func TestLayersOfARunAlone(t *testing.T) {
	r := newRig(t)
	k := r.keys("one", "two")
	d := r.draft(Making{Keys: k, Next: 1, Base: r.base, Alone: true, Bound: "it loads a module"})
	l, err := d.Publish(t.Context(), nil, nil)
	r.must(err)
	if !l.Alone || l.Bound != "it loads a module" || l.Key == k.At(1) {
		t.Errorf("made %+v", l)
	}
	if top, _ := r.find(k, FindOptions{}); top.ID != "" {
		t.Errorf("found %s", top.ID)
	}
	c, err := r.Open(t.Context(), l.ID)
	r.must(err)
	r.must(d.Release())
	if done, err := r.Prune(t.Context(), 1<<40, false); err != nil || len(done.Gone) > 0 {
		t.Errorf("removed %v in use, %v", done.Gone, err)
	}
	r.must(c.Release())
	if done, err := r.Prune(t.Context(), 1<<40, false); err != nil || len(done.Gone) != 1 {
		t.Errorf("removed %v, %v", done.Gone, err)
	}
}
