package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDirsFromEnv(t *testing.T) {
	home := Dirs{State: "/home/a/.local/state/ingot", Data: "/home/a/.local/share/ingot", Cache: "/home/a/.cache/ingot"}
	set := Dirs{State: "/s/ingot", Data: "/d/ingot", Cache: "/c/ingot"}
	for _, tt := range []struct {
		name string
		env  map[string]string
		want Dirs
		err  bool
	}{
		{"only HOME", map[string]string{"HOME": "/home/a"}, home, false},
		{"relative and empty are as unset", map[string]string{
			"HOME": "/home/a", "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "", "XDG_CACHE_HOME": "./c",
		}, home, false},
		{"all set, no HOME", map[string]string{"XDG_STATE_HOME": "/s", "XDG_DATA_HOME": "/d/", "XDG_CACHE_HOME": "/c"}, set, false},
		{"one unset, no HOME", map[string]string{"XDG_STATE_HOME": "/s", "XDG_DATA_HOME": "/d"}, Dirs{}, true},
		{"relative HOME", map[string]string{"HOME": "home"}, Dirs{}, true},
		{"nothing", nil, Dirs{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := DirsFromEnv(func(k string) string { return tt.env[k] })
			if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.err {
				t.Errorf("error %v, want one: %v (-want +got):\n%s", err, tt.err, diff)
			}
		})
	}
}
