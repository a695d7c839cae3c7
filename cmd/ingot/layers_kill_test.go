package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// killScenarios end a build in the middle, at each moment of the layer that it leaves after the step "place". The next build goes on from
// whatever is there then: the layer, or the one before.
var killScenarios = []scenario{
	{name: "Ctrl-C while a layer is written", vm: true, in: editPlace, ran: "place last|last", play: ended(syscall.SIGINT, "state")},
	{name: "kill -9 before a layer is begun", in: editPlace, ran: "place last", play: ended(syscall.SIGKILL, "")},
	{name: "kill -9 while memory is written", vm: true, in: editPlace, ran: "place last|last", play: ended(syscall.SIGKILL, "state")},
	{name: "kill -9 before a layer is published", in: editPlace, ran: "place last|last", play: ended(syscall.SIGKILL, "way.sealed")},
	{name: "kill -9 after a layer is published", in: editPlace, ran: "last", play: ended(syscall.SIGKILL, "layer.json")},
}

// ended ends a build by a signal as soon as a file is in the folder of a new layer, or with "" once the step before it has begun; and then
// builds to the end.
func ended(sig syscall.Signal, file string) func(*testing.T, *world) built {
	return func(t *testing.T, w *world) built {
		b := w.begin(editPlace(w.first), small...)
		b.untilStep("customize[3]")
		if file != "" && !w.untilFile(b, file) {
			t.Fatalf("the build was over before a new layer had its %s", file)
		}
		b.signal(sig)
		want := 130
		if sig == syscall.SIGKILL {
			want = 137
		}
		if res := b.wait(); res.code != want {
			t.Errorf("exit code %d, want %d\n%s", res.code, want, res.stderr)
		}
		if sig == syscall.SIGINT {
			w.nothingHangs(t)
		}
		return w.build(editPlace(w.first), small...)
	}
}

// untilFile waits until a layer that the first build has not left has a file. It is false when the build ends before.
func (w *world) untilFile(b building, name string) bool {
	for {
		found, err := filepath.Glob(filepath.Join(w.layersDir(), "*", name))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, path := range found {
			info, err := os.Stat(path)
			if err == nil && (info.Size() > 0 || name != "state") && !slices.Contains(w.ids, filepath.Base(filepath.Dir(path))) {
				return true
			}
		}
		select {
		case <-b.done:
			return false
		case <-time.After(2 * time.Millisecond):
		}
	}
}
