package here

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

func TestAdapt(t *testing.T) {
	tests := []struct {
		name string
		ask  target.Machine
		host host
		want target.Machine
		os   plan.OS // default Linux
		disk guest.Profile
	}{
		{name: "small host", host: host{cpus: 1, availableMiB: 900}, want: target.Machine{CPUs: 1, MemoryMiB: 1024, Firmware: "bios", BootTimeout: bootTimeout}},
		{name: "large host", host: host{cpus: 64, availableMiB: 200_000}, want: target.Machine{CPUs: 4, MemoryMiB: 4096, Firmware: "bios", BootTimeout: bootTimeout}},
		{name: "memory wavers", host: host{cpus: 2, availableMiB: 8300}, want: target.Machine{CPUs: 2, MemoryMiB: 2048, Firmware: "bios", BootTimeout: bootTimeout}},
		{name: "memory unknown", host: host{cpus: 2}, want: target.Machine{CPUs: 2, MemoryMiB: 1024, Firmware: "bios", BootTimeout: bootTimeout}},
		{
			name: "the user decides",
			ask:  target.Machine{CPUs: 7, MemoryMiB: 512, Firmware: "uefi", BootTimeout: time.Minute},
			host: host{cpus: 2, availableMiB: 8000},
			want: target.Machine{CPUs: 7, MemoryMiB: 512, Firmware: "uefi", BootTimeout: time.Minute},
			disk: guest.Profile{Firmware: "bios"},
		},
		{
			name: "Windows on a small host", ask: target.Machine{Firmware: "auto"}, host: host{cpus: 2, availableMiB: 8000}, os: plan.Windows, disk: guest.Profile{Firmware: "uefi"},
			want: target.Machine{CPUs: 2, MemoryMiB: 4096, Firmware: "uefi", BootTimeout: time.Hour},
		},
		{
			name: "Windows on a large host", host: host{cpus: 64, availableMiB: 200_000}, os: plan.Windows,
			want: target.Machine{CPUs: 4, MemoryMiB: 8192, Firmware: "bios", BootTimeout: time.Hour},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, adapt(tt.ask, tt.host, osOf(tt.os), tt.disk)); diff != "" {
				t.Errorf("adapt (-want +got):\n%s", diff)
			}
		})
	}
}

func osOf(os plan.OS) plan.OS {
	if os == "" {
		return plan.Linux
	}
	return os
}

func TestMemAvailable(t *testing.T) {
	tests := []struct {
		name, text string
		want       int
	}{
		{"as the kernel writes it", "MemTotal:       24660000 kB\nMemAvailable:   20480000 kB\n", 20000},
		{"absent on old kernels", "MemTotal: 1 kB\n", 0},
		{"not a number", "MemAvailable: lots kB\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := memAvailable(strings.NewReader(tt.text)); got != tt.want {
				t.Errorf("got %d MiB, want %d", got, tt.want)
			}
		})
	}
}

func TestKept(t *testing.T) {
	staged := target.Staged{Dir: t.TempDir()}
	if kept, err := Kept(staged); err == nil {
		t.Errorf("kept %+v where nothing is", kept)
	}
	// As the builders write it.
	text := `{"name": "ingot-0badcafe", "pid": 4711, "address": "127.0.0.1:2222", "user": "packer", "command": "ssh here", "disk": "/d"}`
	if err := os.WriteFile(filepath.Join(staged.Dir, keptName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := target.Kept{Name: "ingot-0badcafe", Address: "127.0.0.1:2222", User: "packer", Command: "ssh here", Disk: "/d"}
	if kept, err := Kept(staged); err != nil || kept != want {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

// TestNames: the two VMs of a run can be told apart in the list of processes and in the ledger.
func TestNames(t *testing.T) {
	r := target.Request{RunID: "0badcafe"}
	if got := Name(r); got != "ingot-0badcafe" {
		t.Errorf("the build VM is %s", got)
	}
	if r.Validates = true; Name(r) != "ingot-0badcafe-validate" {
		t.Errorf("the validation VM is %s", Name(r))
	}
}
