package gallery

import (
	"path/filepath"
	"strings"
	"testing"
)

const compute = "/subscriptions/S1/resourceGroups/web-rg/providers/Microsoft.Compute"

func TestParseID(t *testing.T) {
	tests := []struct {
		name, id, dir string // dir "" is refused
	}{
		{"managed image", compute + "/images/Web", "subscriptions/s1/resourceGroups/web-rg/providers/Microsoft.Compute/images/web"},
		{"definition", compute + "/galleries/Gal/images/Web",
			"subscriptions/s1/resourceGroups/web-rg/providers/Microsoft.Compute/galleries/gal/images/web"},
		{"version, any case", strings.ToUpper(compute + "/galleries/Gal/images/Web/versions/1.0.0"),
			"subscriptions/s1/resourceGroups/web-rg/providers/Microsoft.Compute/galleries/gal/images/web/versions/1.0.0"},
		{"group with parentheses", "/subscriptions/s/resourceGroups/(rg)_1/providers/Microsoft.Compute/images/w",
			"subscriptions/s/resourceGroups/(rg)_1/providers/Microsoft.Compute/images/w"},
		{"empty", "", ""},
		{"no slash in front", "subscriptions/s", ""},
		{"slash at the end", compute + "/images/web/", ""},
		{"double slash", compute + "//images/web", ""},
		{"up and out", compute + "/images/..", ""},
		{"up in the middle", "/subscriptions/../resourceGroups/g/providers/Microsoft.Compute/images/web", ""},
		{"hidden", compute + "/images/.partial", ""},
		{"encoded slash", compute + "/images/a%2f..%2fb", ""},
		{"backslash", compute + `/images/a\..\b`, ""},
		{"NUL", compute + "/images/a\x00b", ""},
		{"newline", compute + "/images/a\n", ""},
		{"dot at the end", compute + "/images/a.", ""},
		{"too long", compute + "/images/" + strings.Repeat("a", 91), ""},
		{"letters beyond ASCII", compute + "/images/bür", ""},
		{"another provider", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/images/w", ""},
		{"a VM", compute + "/virtualMachines/w", ""},
		{"more after the version", compute + "/galleries/g/images/w/versions/1.0.0/x/y", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i, err := parseID(tt.id)
			if tt.dir == "" {
				if err == nil {
					t.Errorf("accepted as %+v", i)
				}
				return
			}
			if err != nil || i.dir() != tt.dir {
				t.Errorf("dir = %q, %v; want %q", i.dir(), err, tt.dir)
			}
		})
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(compute + "/galleries/Gal/images/Web/versions/latest")
	f.Add(compute + "/images/../../../../etc")
	f.Fuzz(func(t *testing.T, s string) {
		i, err := parseID(s)
		if err != nil {
			return
		}
		if !filepath.IsLocal(i.dir()) || filepath.Clean(i.dir()) != i.dir() {
			t.Errorf("%q leads to %q", s, i.dir())
		}
		again, err := parseID(i.String())
		if err != nil || again != i {
			t.Errorf("%q reads as %+v, its spelling %q as %+v, %v", s, i, i.String(), again, err)
		}
	})
}
