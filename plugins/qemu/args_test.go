package qemu

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestArgs(t *testing.T) {
	for _, tc := range []struct {
		name string
		m    hardware
	}{
		{"tcg-bios", hardware{Name: "ingot-3f2a9c1e", CPUs: 2, MemoryMiB: 1024, Accel: accelTCG, Port: 22, Seed: true}},
		{"kvm-uefi", hardware{Name: "ingot-0a1b2c3d", CPUs: 4, MemoryMiB: 4096, Accel: accelKVM,
			EFICode: "/usr/share/OVMF/OVMF_CODE_4M.fd", Port: 22, Seed: true}},
		{"windows-kvm", hardware{Name: "ingot-9c1e3f2a", CPUs: 4, MemoryMiB: 4096, Accel: accelKVM, Port: 5986, Windows: true}},
		{"windows-tcg-emulated-seed", hardware{Name: "ingot-1e3f2a9c", CPUs: 2, MemoryMiB: 4096, Accel: accelTCG, Port: 5986, Seed: true,
			Windows: true, Emulated: true, ClockUTC: true}},
		{"windows-uefi-secure-tpm", hardware{Name: "ingot-2a9c1e3f", CPUs: 2, MemoryMiB: 4096, Accel: accelKVM,
			EFICode: "/usr/share/OVMF/OVMF_CODE_4M.ms.fd", Port: 22, Windows: true, SecureBoot: true, TPM: true}},
		{"linux-metadata", hardware{Name: "ingot-3f2a9c1e", CPUs: 2, MemoryMiB: 1024, Accel: accelTCG, Port: 22, Seed: true,
			MetadataRelay: "/proc/4711/exe metadata-relay imds.sock"}},
		{"linux-emulated", hardware{Name: "ingot-3f2a9c1e", CPUs: 2, MemoryMiB: 1024, Accel: accelTCG, Port: 22, Seed: true, Emulated: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// A line for each option with its value.
			got := strings.ReplaceAll(strings.Join(tc.m.args(), " "), " -", "\n-") + "\n"
			golden(t, filepath.Join("testdata", "args", tc.name+".txt"), got)
		})
	}
}

func TestArgsNeedADecision(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an undecided accelerator reached QEMU's command line")
		}
	}()
	hardware{Accel: accelAuto}.args()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
