package layers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/seal"
)

// TestHostileRecord has records of this host's own MAC that no Ingot writes, as if the key were known.
func TestHostileRecord(t *testing.T) {
	tests := []struct {
		name   string
		change func(*record)
		want   string
	}{
		{"another version", func(r *record) { r.Version = 2 }, "its layer.json is of version 2, and this is Ingot of version 1 of that"},
		{"another layer", func(r *record) { r.ID = "0123456789ab" }, `its layer.json is of layer "0123456789ab"`},
		{"parent elsewhere", func(r *record) { r.Parent = "../../etc" }, `its layer.json names "../../etc" as parent`},
		{"file elsewhere", func(r *record) { r.Files[0].Name = "../x" }, `its layer.json names the file "../x"`},
		{"file twice", func(r *record) { r.Files = append(r.Files, r.Files[0]) }, `its layer.json names the file "disk.qcow2"`},
		{"its own lock", func(r *record) { r.Files[0].Name = lockFile }, `its layer.json names the file "lock"`},
		{"negative", func(r *record) { r.Files[0].Size = -1 }, `its layer.json names the file "disk.qcow2"`},
		{"no disk", func(r *record) { r.Files = nil }, "its layer.json names no disk"},
		{"before the first step", func(r *record) { r.Next = 0 }, "its layer.json has 1 steps before step 0"},
		{"far away", func(r *record) { r.Next = 1 << 40 }, "its layer.json has 1 steps before step 1099511627776"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			k := r.keys("one")
			ids := r.build(k, 1)
			l, err := r.read(ids[1])
			r.must(err)
			tt.change(&l.rec)
			text, err := r.encode(l.rec)
			r.must(err)
			r.must(os.WriteFile(filepath.Join(l.Dir, layerFile), text, 0o600))
			if l, err := r.read(ids[1]); err == nil || err.Error() != tt.want || l.Damaged != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if top, _ := r.find(k, FindOptions{}); top.ID != "" {
				t.Errorf("found %+v", top)
			}
		})
	}
}

// TestCircle holds that layers which lie over one another are an error.
func TestCircle(t *testing.T) {
	r := newRig(t)
	k := r.keys("one", "two")
	ids := r.build(k, 2)
	l, err := r.read(ids[1])
	r.must(err)
	l.rec.Parent = ids[2]
	text, err := r.encode(l.rec)
	r.must(err)
	r.must(os.WriteFile(filepath.Join(l.Dir, layerFile), text, 0o600))
	top, reuse := r.find(k, FindOptions{})
	if top.ID != "" || !strings.Contains(strings.Join(reuse.Damaged, "\n"), "which it lies over") {
		t.Errorf("found %+v, %+v", top, reuse)
	}
	if _, _, err := r.List(t.Context()); err != nil {
		t.Error(err)
	}
}

func FuzzRecord(f *testing.F) {
	key, err := seal.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	dir := f.TempDir()
	s, err := Open(dir, key, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	const id = "0123456789ab"
	if err := os.Mkdir(filepath.Join(dir, id), 0o700); err != nil {
		f.Fatal(err)
	}
	good, err := s.encode(record{Version: 1, ID: id, Next: 1, Files: []fileRecord{{Name: DiskFile}}, Recipe: recipe{Steps: make([]madeBy, 1)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, false)
	f.Add([]byte(`{"mac":"00","layer":{}}`), false)
	f.Add([]byte(`{"version":1,"id":"0123456789ab","parent":"..","next":1,"files":[{"name":"/etc/passwd"}],"recipe":{"steps":[{}]}}`), true)
	f.Fuzz(func(t *testing.T, text []byte, signed bool) {
		if signed && json.Valid(text) { // as somebody would write it who has the key
			var err error
			if text, err = json.Marshal(envelope{MAC: s.macOf(compacted(t, text)), Layer: text}); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, id, layerFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := s.read(id)
		if err != nil {
			return
		}
		if l.ID != id || l.Dir != filepath.Join(dir, id) || (l.Parent != "" && !idShape.MatchString(l.Parent)) {
			t.Errorf("read %+v", l)
		}
		for _, file := range l.rec.Files {
			if filepath.Dir(filepath.Join(l.Dir, file.Name)) != l.Dir {
				t.Errorf("has the file %q", file.Name)
			}
		}
		if c, _, err := s.open(t.Context(), id); err == nil {
			t.Errorf("opened %+v, which has no disk", c)
		}
	})
}

func compacted(t *testing.T, text []byte) []byte {
	t.Helper()
	out, err := json.Marshal(json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
