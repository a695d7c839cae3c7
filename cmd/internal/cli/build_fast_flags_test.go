package cli

import (
	"strings"
	"testing"
)

// What a container has no use for is refused with the reason, before anything is read; what it takes is not.
func TestFastFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--on fast --firmware uefi", "--firmware says nothing to a build with --on fast"},
		{"--on nspawn --accel kvm", "--accel says nothing to a build with --on nspawn"},
		{"--on fast --vm-size Standard_D2s_v5", "--vm-size says nothing to a build with --on fast"},
		{"--on fats", `"fats" is not allowed; allowed: local, qemu, fast, nspawn, auto, azure`},
		{"--on auto --vm-size Standard_D2s_v5", "--vm-size says nothing to a build with --on auto"},
		{"--on auto --firmware uefi --accel tcg", `there is no file "no-such.json"`}, // its VM has a use for them
		{"--verify-in-vm", "--verify-in-vm says nothing to a build with --on local"},
		{"--on azure --verify-in-vm", "--verify-in-vm says nothing to a build with --on azure"},
		{"--on fast --verify-in-vm --until 1", "--verify-in-vm does not go with --until"},
		{"--on auto --verify-in-vm --watch", "--verify-in-vm does not go with --watch"},
		{"--on auto --verify-in-vm", `there is no file "no-such.json"`},
		{"--on fast --memory 100", "--memory 100 is too little"},
		{"--on fast --cpus 2 --memory 1024 --layers disk --metadata on", `there is no file "no-such.json"`},
	} {
		code, _, errText := ingot(t, append([]string{"build", "no-such.json"}, strings.Fields(tt.args)...)...)
		if code != ExitUsage || !strings.Contains(errText, tt.want) {
			t.Errorf("%s: exit code %d:\n%s", tt.args, code, errText)
		}
	}
}
