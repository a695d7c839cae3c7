package build_test

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/build"
)

// TestTmpIsKept: a guest of which layers are taken is told to keep its /tmp, once, and told otherwise before the image is made of it.
func TestTmpIsKept(t *testing.T) {
	for name, tt := range map[string]struct {
		change      func(b *bench)
		first, next string // what is told in a build, and in the next one, where the last customizer was edited
	}{
		"with memory": {first: "keep step step step forget step", next: "step forget step"},
		"disks": {
			change: func(b *bench) { b.layers.Mode = build.LayersDisk }, first: "keep step step step forget step", next: "step forget step",
		},
		"no layers": {change: func(b *bench) { b.layers = build.LayerUse{} }, first: "step step step step", next: "step step step step"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newLayeredBench(t)
			if tt.change != nil {
				tt.change(b)
			}
			before := 0
			for _, want := range []string{tt.first, tt.next} {
				if _, err := b.run(t.Context()); err != nil {
					t.Fatal(err)
				}
				all := b.guest.Commands()
				if got := strings.Join(told(all[before:]), " "); got != want {
					t.Errorf("told %q, want %q", got, want)
				}
				before = len(all)
				b.again()
				b.edit(3)
			}
		})
	}
}

// told names the commands of a guest that are about its /tmp, and those that are steps.
func told(commands []string) []string {
	var list []string
	for _, c := range commands {
		switch {
		case strings.Contains(c, "tmpfiles.d") && strings.Contains(c, "rm $f"):
			list = append(list, "forget")
		case strings.Contains(c, "tmpfiles.d"):
			list = append(list, "keep")
		case strings.HasPrefix(c, "chmod +x "):
			list = append(list, "step")
		}
	}
	return list
}
