package container

import "testing"

func TestRelease(t *testing.T) {
	for version, want := range map[string]int{
		"systemd 252 (252.39-1~deb12u2)\n+PAM +AUDIT": 252,
		"systemd 249 (249.11-0ubuntu3.16)":            249,
		"systemd 258~rc1 (258~rc1)":                   258,
		"systemd 256.4":                               256,
		"nspawn of another kind":                      0,
		"systemd":                                     0,
		"":                                            0,
	} {
		if got := release(version); got != want {
			t.Errorf("%q is release %d, want %d", version, got, want)
		}
	}
}
