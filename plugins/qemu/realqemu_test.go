package qemu

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/machine/seed"
)

// No Windows can be had for a test. What QEMU itself says to the machine that one would be given, before its first instruction, and
// swtpm with it, can.
func TestRealQEMUMakesTheMachine(t *testing.T) {
	programs, err := findPrograms(false)
	if err != nil {
		t.Skip(err)
	}
	const ahci, e1000e, vga, virtioDisk, virtioNet = "8086:2922", "8086:10d3", "1234:1111", "1af4:1001", "1af4:1000"
	for _, tc := range []struct {
		name     string
		m        hardware
		has, not []string // vendor:device of PCI
	}{
		{"emulated, with the seed disk", hardware{Seed: true, Emulated: true, ClockUTC: true}, []string{ahci, e1000e, vga}, []string{virtioDisk, virtioNet}},
		{"virtio", hardware{}, []string{virtioDisk, virtioNet, vga}, []string{e1000e}},
		{"UEFI, secure boot, TPM", hardware{SecureBoot: true, TPM: true, Emulated: true}, []string{ahci, e1000e, vga}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := newVM(&Config{VMName: "ingot-test"}, newRecorder(), func(error) {})
			v.dir, v.programs = t.TempDir(), programs
			m := tc.m
			m.Windows, m.Name, m.CPUs, m.MemoryMiB, m.Accel, m.Port = true, v.config.VMName, 2, 256, accelTCG, 5986
			run := func(program string, args ...string) {
				t.Helper()
				cmd := exec.Command(program, args...)
				cmd.Dir = v.dir
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			run(programs.Img, "create", "-q", "-f", "qcow2", machine.DiskFile, "64M")
			if m.Seed {
				if err := seed.WriteWindows(v.file(machine.SeedFile), seed.Unattend{User: "packer", Password: "p", Port: 5986}.Files()); err != nil {
					t.Fatal(err)
				}
			}
			if m.SecureBoot {
				efi, err := findEFI(efiSecureFirmwares)
				if err != nil {
					t.Skip(err)
				}
				text, err := os.ReadFile(efi.Vars)
				if err == nil {
					err = os.WriteFile(v.file(efiVarsFile), text, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				m.EFICode = efi.Code
			}
			if m.TPM {
				if v.programs, err = findPrograms(true); err != nil {
					t.Skip(err)
				}
				tpm := &stepTPM{v}
				state := new(multistep.BasicStateBag)
				if tpm.Run(t.Context(), state) != multistep.ActionContinue {
					t.Fatal(state.Get("error"))
				}
				defer tpm.Cleanup(state)
				// Whatever becomes of this program, the process is found by the VM's name.
				env, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(v.tpm.PID), "environ"))
				if err != nil || !slices.Contains(strings.Split(string(env), "\x00"), "INGOT_PROCESS=ingot-test") {
					t.Errorf("swtpm does not bear the VM's name: %v", err)
				}
			}

			process, err := machine.Start(machine.ToUs, "QEMU", programs.System, v.dir, append(m.args(), "-S"))
			if err != nil {
				t.Fatal(err)
			}
			defer process.Stop(nil)
			monitor, err := connectMonitor(t.Context(), v.dir, process)
			if err != nil {
				t.Fatal(err)
			}
			if port, err := monitor.hostPort(t.Context(), 5986); err != nil || port == 0 {
				t.Errorf("WinRM is at port %d, %v", port, err)
			}
			var table string
			if err := monitor.Run(t.Context(), &table, "human-monitor-command", map[string]string{"command-line": "info pci"}); err != nil {
				t.Fatal(err)
			}
			cards := pciCard.FindAllString(table, -1)
			for _, want := range tc.has {
				if !slices.Contains(cards, want) {
					t.Errorf("no card %s in %q", want, cards)
				}
			}
			for _, no := range tc.not {
				if slices.Contains(cards, no) {
					t.Errorf("card %s in %q", no, cards)
				}
			}
			checkDrives(t, monitor, m)
			var tpms []struct{ Model string }
			if err := monitor.Run(t.Context(), &tpms, "query-tpm", nil); err != nil || (len(tpms) == 1) != m.TPM {
				t.Errorf("TPMs: %v, %v", tpms, err)
			}
			go monitor.Quit()
			if !process.Within(time.Minute) {
				t.Fatal("QEMU does not quit")
			}
			if said := process.Said(); process.Result() != nil || said != "" {
				t.Errorf("QEMU ended with %v, and said %q", process.Result(), said)
			}
		})
	}
}

var pciCard = regexp.MustCompile(`[0-9a-f]{4}:[0-9a-f]{4}`)

// checkDrives holds what is in the drives, and what takes no writes, against m.
func checkDrives(t *testing.T, monitor *monitor, m hardware) {
	t.Helper()
	var drives []struct {
		Removable bool
		Inserted  struct {
			RO   bool
			Node string `json:"node-name"`
		}
	}
	if err := monitor.Run(t.Context(), &drives, "query-block", nil); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, d := range drives {
		found[d.Inserted.Node] = true
		if d.Inserted.Node == "seed" && (!d.Removable || !d.Inserted.RO) {
			t.Errorf("the seed disk is %+v: Windows looks on removable media alone", d)
		}
		if d.Inserted.Node == "disk" && (d.Removable || d.Inserted.RO) {
			t.Errorf("the disk is %+v", d)
		}
	}
	if !found["disk"] || found["seed"] != m.Seed {
		t.Errorf("drives: %+v", drives)
	}
}
