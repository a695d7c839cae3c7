package layers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/translate/plan"
)

// rig is a store over a base image, with a clock that goes on by a minute each time it is asked.
type rig struct {
	*Store
	t    *testing.T
	base Base
	time time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{t: t, time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	key, err := seal.Open(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { r.time = r.time.Add(time.Minute); return r.time }
	if r.Store, err = Open(filepath.Join(dir, "layers"), key, now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	image := filepath.Join(dir, "base.qcow2")
	if err := os.WriteFile(image, []byte("a base image"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r.base, err = r.PinBase(t.Context(), image, "qcow2", ""); err != nil {
		t.Fatal(err)
	}
	return r
}

// profile is the machine of these tests.
func (r *rig) profile() Profile { return Profile{Base: r.base, OS: plan.Linux} }

// keys are those of a build with a shell step for each script.
func (r *rig) keys(scripts ...string) Keys { return r.Keys(r.profile(), shells(scripts...)) }

func shells(scripts ...string) []plan.Step {
	var steps []plan.Step
	for i, script := range scripts {
		id := string(rune('a' + i))
		steps = append(steps, plan.Step{ID: id, Shell: &plan.Shell{Script: plan.Content{FileName: id, Text: script}}})
	}
	return steps
}

// build makes layers before steps 1 to upTo of a build, as far as there are none, and gives the ID of each by its step.
func (r *rig) build(k Keys, upTo int) []string {
	r.t.Helper()
	c, reuse, err := r.Find(r.t.Context(), k, FindOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	ids := make([]string, upTo+1)
	parent := ""
	if c != nil {
		for _, l := range c.Layers {
			ids[l.Next] = l.ID
		}
		parent = c.Top().ID
		defer func() { r.must(c.Release()) }()
	}
	for i := reuse.From + 1; i <= upTo; i++ {
		d := r.draft(Making{Parent: parent, Keys: k, Next: i, Template: "web", Base: r.base})
		l, err := d.Publish(r.t.Context(), []byte(`{"qemu":"7.2"}`), []byte("private key"))
		r.must(err)
		r.must(d.Release())
		ids[i], parent = l.ID, l.ID
	}
	return ids
}

// draft begins a layer, and leaves there what a builder leaves.
func (r *rig) draft(m Making) *Draft {
	r.t.Helper()
	d, err := r.Begin(r.t.Context(), m)
	r.must(err)
	r.must(os.WriteFile(filepath.Join(d.Dir, DiskFile), []byte("disk of "+d.ID), 0o600))
	r.must(os.WriteFile(filepath.Join(d.Dir, StateFile), []byte("memory of "+d.ID), 0o600))
	return d
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// find gives what a build would go on from, and holds nothing.
func (r *rig) find(k Keys, o FindOptions) (top Layer, reuse Reuse) {
	r.t.Helper()
	c, reuse, err := r.Find(r.t.Context(), k, o)
	r.must(err)
	if c == nil {
		return Layer{}, reuse
	}
	top = c.Top()
	r.must(c.Release())
	return top, reuse
}

func TestThereAndBack(t *testing.T) {
	r := newRig(t)
	k := r.keys("one", "two", "three")
	if c, reuse, err := r.Find(t.Context(), k, FindOptions{}); c != nil || err != nil || reuse.From != 0 || reuse.Of != 3 ||
		reuse.Why != "nothing is kept of a build like this one" {
		t.Fatalf("in an empty store: %v, %+v, %v", c, reuse, err)
	}
	ids := r.build(k, 2)
	c, reuse, err := r.Find(t.Context(), k, FindOptions{})
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	top := c.Top()
	if len(c.Layers) != 2 || c.Layers[0].ID != ids[1] || top.ID != ids[2] || top.Parent != ids[1] || top.Next != 2 || top.Step != "b" ||
		!top.Memory || string(top.Facts) != `{"qemu":"7.2"}` || top.Key != k.At(2) || top.Template != "web" {
		t.Errorf("found %+v", c.Layers)
	}
	if reuse.From != 2 || reuse.Age <= 0 || reuse.Why != "no layer is kept after it" || len(reuse.Damaged) > 0 {
		t.Errorf("got %+v", reuse)
	}
	if way, err := r.Way(top); err != nil || string(way) != "private key" {
		t.Errorf("the way is %q, %v", way, err)
	}
	for _, l := range c.Layers {
		entries, err := os.ReadDir(l.Dir)
		r.must(err)
		for _, e := range entries {
			info, err := e.Info()
			r.must(err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %o", e.Name(), info.Mode().Perm())
			}
			text, err := os.ReadFile(filepath.Join(l.Dir, e.Name()))
			r.must(err)
			if strings.Contains(string(text), "private key") || strings.Contains(string(text), "one") {
				t.Errorf("%s has the way, or a script, in the clear:\n%s", e.Name(), text)
			}
		}
	}
	r.must(c.Release())
	r.must(c.Release())
}

func TestPublishSoon(t *testing.T) {
	r := newRig(t)
	k := r.keys("one", "two", "three")
	var drafts []*Draft
	parent := ""
	for i := 1; i <= 3; i++ {
		d := r.draft(Making{Parent: parent, Keys: k, Next: i, Base: r.base})
		d.PublishSoon(t.Context(), nil, nil)
		drafts, parent = append(drafts, d), d.ID
	}
	if top, _ := r.find(k, FindOptions{}); top.Next != 3 {
		t.Errorf("found %+v, which is not the last one", top)
	}
	r.must(r.Wait())
	for _, d := range drafts {
		l, err := d.Published(t.Context())
		if err != nil || l.ID != d.ID {
			t.Errorf("%s became %+v, %v", d.ID, l, err)
		}
		r.must(d.Release())
	}
}

// TestChildOfNone holds that a layer is not kept when the one it lies over is not.
func TestChildOfNone(t *testing.T) {
	r := newRig(t)
	k := r.keys("one", "two")
	first := r.draft(Making{Keys: k, Next: 1, Base: r.base})
	r.must(os.Remove(filepath.Join(first.Dir, DiskFile)))
	second := r.draft(Making{Parent: first.ID, Keys: k, Next: 2, Base: r.base})
	first.PublishSoon(t.Context(), nil, nil)
	second.PublishSoon(t.Context(), nil, nil)
	if top, _ := r.find(k, FindOptions{}); top.ID != "" {
		t.Errorf("found %+v", top)
	}
	err := r.Wait()
	want := "keep the machine as it was before step 1: the builder left no disk.qcow2\n" +
		"keep the machine as it was before step 2: layer " + first.ID + ", which it lies over, is not kept"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := r.Wait(); err != nil {
		t.Errorf("told twice: %v", err)
	}
	for _, d := range []*Draft{first, second} {
		r.must(d.Discard(t.Context()))
		if _, err := os.Stat(d.Dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a discarded draft is there still: %v", err)
		}
	}
}

// TestLedger holds the order of what is noted and what is there.
func TestLedger(t *testing.T) {
	r := newRig(t)
	noted := ""
	m := Making{Keys: r.keys("one"), Next: 1, Base: r.base}
	m.Record = func(_ context.Context, path string) error {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there before it is noted", path)
		}
		noted = path
		return nil
	}
	m.Strike = func(_ context.Context, path string) error {
		if path != noted {
			t.Errorf("struck %s, noted %s", path, noted)
		}
		if _, err := os.Stat(filepath.Join(path, layerFile)); err == nil {
			t.Error("a layer is there while its folder is noted as one to remove")
		}
		noted = ""
		return nil
	}
	for _, end := range []func(*Draft) error{
		func(d *Draft) error { _, err := d.Publish(t.Context(), nil, nil); return err },
		func(d *Draft) error { return d.Discard(t.Context()) },
	} {
		d := r.draft(m)
		if noted != d.Dir {
			t.Errorf("noted %q, made %q", noted, d.Dir)
		}
		r.must(end(d))
		r.must(d.Release())
		if noted != "" {
			t.Errorf("%s is noted still", noted)
		}
	}
	m.Record = func(context.Context, string) error { return errors.New("no ledger") }
	if d, err := r.Begin(t.Context(), m); d != nil || err == nil || err.Error() != "no ledger" {
		t.Errorf("got %v, %v", d, err)
	}
}
