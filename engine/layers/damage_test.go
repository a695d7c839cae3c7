package layers

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/seal"
)

// flip changes a byte of a file, and leaves its size and its time as they were.
func flip(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}
}

func cut(t *testing.T, path string) {
	t.Helper()
	if err := os.Truncate(path, 3); err != nil {
		t.Fatal(err)
	}
}

// TestDamage breaks layers 2 and 3 of 3 behind the store's back. A build has to go on from the deepest one that is as it was, and say what
// is wrong with the others.
func TestDamage(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("of somebody else"), 0o600); err != nil {
		t.Fatal(err)
	}
	remove := func(t *testing.T, path string) {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name  string
		layer int    // whose folder is broken
		file  string // below it; "": the folder
		how   func(t *testing.T, path string)
		from  int    // where the build goes on
		disk  bool   // without memory
		says  string // in Reuse.Damaged; "": nothing, since nobody can know
	}{
		{"the last is removed", 3, "", remove, 2, false, ""},
		{"one between is removed", 2, "", remove, 1, false, "layer <2>, which it lies over, is gone"},
		{"the first is removed", 1, "", remove, 0, false, "layer <1>, which it lies over, is gone"},
		{"disk removed", 3, DiskFile, remove, 2, false, "layer <3> cannot be used: its disk.qcow2 is gone"},
		{"disk cut", 3, DiskFile, cut, 2, false, "layer <3> cannot be used: its disk.qcow2 has 3 bytes, not "},
		{"bit of the disk", 3, DiskFile, flip, 2, false, "layer <3> cannot be used: its disk.qcow2 is not what it was"},
		{"bit of a disk below", 2, DiskFile, flip, 1, false, "layer <2> cannot be used: its disk.qcow2 is not what it was"},
		{"disk below cut", 1, DiskFile, cut, 0, false, "layer <1> cannot be used: its disk.qcow2 has 3 bytes, not "},
		{"memory removed", 3, StateFile, remove, 3, true, ""},
		{"memory cut", 3, StateFile, cut, 3, true, "the memory of layer <3> is not used, only its disk: its state has 3 bytes"},
		{"bit of the memory", 3, StateFile, flip, 3, true, "the memory of layer <3> is not used, only its disk: its state is not what it was"},
		{"memory below cut, which is not needed", 2, StateFile, cut, 3, false, ""},
		{"facts changed", 3, factsFile, flip, 2, false, "layer <3> cannot be used: its facts.json is not what it was"},
		{"way removed", 3, wayFile, remove, 2, false, "layer <3> cannot be used: its way.sealed is gone"},
		{"record removed", 3, layerFile, remove, 2, false, ""},
		{"record cut", 3, layerFile, cut, 2, false, ""},
		{"bit of the record", 3, layerFile, flip, 2, false, ""},
		{"record below changed", 2, layerFile, flip, 1, false, "layer <2> cannot be used: its layer.json "},
		{"disk is a link", 3, DiskFile, func(t *testing.T, path string) { remove(t, path); link(t, secret, path) }, 2, false,
			"layer <3> cannot be used: its disk.qcow2 is no ordinary file"},
		{"memory is a link", 3, StateFile, func(t *testing.T, path string) { remove(t, path); link(t, secret, path) }, 2, false,
			"layer <3> cannot be used: its state is no ordinary file"},
		{"folder is a link", 3, "", func(t *testing.T, path string) {
			moved := filepath.Join(outside, filepath.Base(path))
			if err := os.Rename(path, moved); err != nil {
				t.Fatal(err)
			}
			link(t, moved, path)
		}, 2, false, ""},
		{"record is a folder", 3, layerFile, func(t *testing.T, path string) {
			remove(t, path)
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, 2, false, ""},
		{"record of another layer", 3, layerFile, func(t *testing.T, path string) {
			others, err := filepath.Glob(filepath.Join(filepath.Dir(path), "..", "*", layerFile))
			if err != nil || len(others) != 3 {
				t.Fatal(others, err)
			}
			for _, other := range others {
				if filepath.Base(filepath.Dir(other)) == filepath.Base(filepath.Dir(path)) {
					continue
				}
				text, err := os.ReadFile(other)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
		}, 2, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			k := r.keys("one", "two", "three", "four")
			ids := r.build(k, 3)
			tt.how(t, filepath.Join(r.Dir(), ids[tt.layer], tt.file))
			top, reuse := r.find(k, FindOptions{})
			if reuse.From != tt.from || top.Next != tt.from || (tt.from > 0 && top.Memory == tt.disk) {
				t.Errorf("goes on from %d with memory %t, want %d: %+v", reuse.From, top.Memory, tt.from, reuse)
			}
			says := tt.says
			for i, id := range ids {
				says = strings.ReplaceAll(says, fmt.Sprintf("<%d>", i), id)
			}
			if got := strings.Join(reuse.Damaged, "\n"); (says == "") != (got == "") || !strings.Contains(got, says) {
				t.Errorf("says %q, want %q", got, says)
			}
			again, second := r.find(k, FindOptions{})
			if again.ID != top.ID || second.From != reuse.From {
				t.Errorf("the next build finds %s, not %s", again.ID, top.ID)
			}
			r.build(k, 3) // what is missing is made again, beside what is broken
			if top, reuse := r.find(k, FindOptions{}); reuse.From != 3 || top.Damaged != "" {
				t.Errorf("after it was built again: %+v", reuse)
			}
			if text, err := os.ReadFile(secret); err != nil || string(text) != "of somebody else" {
				t.Errorf("a file outside is %q now, %v", text, err)
			}
		})
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

func TestBaseImage(t *testing.T) {
	t.Run("written to", func(t *testing.T) {
		r := newRig(t)
		k := r.keys("one", "two")
		ids := r.build(k, 2)
		if err := os.WriteFile(r.base.Path, []byte("another image"), 0o600); err != nil {
			t.Fatal(err)
		}
		top, reuse := r.find(k, FindOptions{})
		if top.ID != "" || len(reuse.Damaged) != 2 || !strings.Contains(reuse.Damaged[0], "layer "+ids[1]+" cannot be used: its base image") {
			t.Errorf("found %+v, %+v", top, reuse)
		}
	})
	t.Run("its first name is gone", func(t *testing.T) {
		r := newRig(t)
		k := r.keys("one", "two")
		r.build(k, 2)
		r.must(os.Remove(filepath.Join(filepath.Dir(r.Dir()), "base.qcow2")))
		if top, reuse := r.find(k, FindOptions{}); top.Next != 2 {
			t.Errorf("found %+v, %+v", top, reuse)
		}
	})
	t.Run("removed altogether", func(t *testing.T) {
		r := newRig(t)
		k := r.keys("one", "two")
		r.build(k, 2)
		r.must(os.Remove(r.base.Path))
		if top, reuse := r.find(k, FindOptions{}); top.ID != "" || !strings.Contains(strings.Join(reuse.Damaged, ""), " is gone") {
			t.Errorf("found %+v, %+v", top, reuse)
		}
	})
	t.Run("pinned twice", func(t *testing.T) {
		r := newRig(t)
		again, err := r.PinBase(t.Context(), filepath.Join(filepath.Dir(r.Dir()), "base.qcow2"), "qcow2", "")
		if err != nil || again != r.base || filepath.Dir(again.Path) != r.bases() {
			t.Errorf("got %+v, %v; want %+v", again, err, r.base)
		}
	})
	t.Run("is none", func(t *testing.T) {
		r := newRig(t)
		if _, err := r.PinBase(t.Context(), t.TempDir(), "raw", ""); err == nil {
			t.Error("a folder is a base image")
		}
		if _, err := r.PinBase(t.Context(), filepath.Join(t.TempDir(), "none"), "raw", ""); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

// TestOtherHost holds that layers that came with a copied folder are not used: their way cannot be opened either.
func TestOtherHost(t *testing.T) {
	r := newRig(t)
	k := r.keys("one")
	ids := r.build(k, 1)
	key, err := seal.Open(t.TempDir())
	r.must(err)
	other, err := Open(r.Dir(), key, r.now)
	r.must(err)
	if c, _, err := other.Find(t.Context(), k, FindOptions{}); c != nil || err != nil {
		t.Errorf("found %v, %v", c, err)
	}
	var damaged *DamagedError
	if c, err := other.Open(t.Context(), ids[1]); c != nil || !errors.As(err, &damaged) {
		t.Errorf("opened %v, %v", c, err)
	}
	all, _, err := other.List(t.Context())
	if err != nil || len(all) != 1 || !strings.Contains(all[0].Damaged, "another host") {
		t.Errorf("listed %+v, %v", all, err)
	}
}

func TestOpen(t *testing.T) {
	r := newRig(t)
	ids := r.build(r.keys("one", "two"), 2)
	c, err := r.Open(t.Context(), ids[1])
	if err != nil || c.Top().ID != ids[1] || len(c.Layers) != 1 {
		t.Fatal(c, err)
	}
	r.must(c.Release())
	for _, id := range []string{"", "..", "../state", "0123456789ab", "pins", ids[1] + "/.."} {
		var none *NoLayerError
		if c, err := r.Open(t.Context(), id); c != nil || !errors.As(err, &none) {
			t.Errorf("opened %q: %v, %v", id, c, err)
		}
	}
}
