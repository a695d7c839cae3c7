package qemu

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/guest"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/translate/plan"
)

func tcg(context.Context) (string, string, error) { return "tcg", "no /dev/kvm", nil }

func TestConformance(t *testing.T) {
	targettest.Run(t, func(*testing.T) target.Target { return &Target{Accel: tcg} })
}

func TestStageVars(t *testing.T) {
	r := targettest.NewRequest(t)
	r.Machine = target.Machine{CPUs: 2, MemoryMiB: 1024}
	staged, err := (&Target{Accel: tcg}).Stage(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"source_disk":      r.Dir + "/base.qcow2",
		"source_format":    "qcow2",
		"output_directory": r.Dir,
		"vm_name":          "ingot-0badcafe",
		"cpus":             "2",
		"memory":           "1024",
		"accelerator":      "tcg",
		"firmware":         "bios",
		"boot_timeout":     "20m0s",
	}
	if diff := cmp.Diff(want, staged.Vars); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if !strings.Contains(staged.Detail, "software emulation") {
		t.Errorf("detail %q does not say what TCG costs", staged.Detail)
	}
}

// A template for Windows has variables of its own, by who is let in.
func TestWindowsVars(t *testing.T) {
	made := func() string { return "made" }
	for _, tt := range []struct {
		name string
		p    guest.Profile
		want map[string]string
	}{
		{"nobody knows the disk", guest.Profile{}, map[string]string{"devices": "emulated", "secure_boot": "false", "tpm": "false",
			"unattend_seed": "true", "winrm_username": "packer", "winrm_password": "made", "winrm_use_ssl": "true", "winrm_use_ntlm": "true"}},
		{"a user of its own, by HTTP", guest.Profile{Devices: "virtio", SecureBoot: true, TPM: true, Login: &guest.Login{
			Communicator: "winrm", User: "admin", Password: "p", HTTP: true, Basic: true}},
			map[string]string{"devices": "virtio", "secure_boot": "true", "tpm": "true", "unattend_seed": "false",
				"winrm_username": "admin", "winrm_password": "p", "winrm_use_ssl": "false", "winrm_use_ntlm": "false"}},
		{"by SSH", guest.Profile{Login: &guest.Login{Communicator: "ssh", User: "admin", Password: "p"}},
			map[string]string{"devices": "emulated", "secure_boot": "false", "tpm": "false", "ssh_username": "admin", "ssh_password": "p"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, windowsVars(tt.p, made)); diff != "" {
				t.Errorf("variables (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRandomPassword(t *testing.T) {
	a, b := randomPassword(), randomPassword()
	if a == b || len(a) < 26 || strings.ToLower(a) == a || strings.ToUpper(a) == a || !strings.ContainsAny(a, "0123456789") || !strings.Contains(a, "-") {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestAcceleratorChoice(t *testing.T) {
	probeFailed := errors.New("no CPU")
	tests := []struct {
		name, ask string
		accel     func(context.Context) (string, string, error)
		want      string
		wantErr   string
	}{
		{"probe decides", "auto", tcg, "tcg", ""},
		{"user decides, no probe", "kvm", func(context.Context) (string, string, error) { panic("probed") }, "kvm", ""},
		{"typo", "kmv", tcg, "", `accelerator "kmv" is not known`},
		{"probe fails", "", func(context.Context) (string, string, error) { return "", "", probeFailed }, "", "no CPU"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := (&Target{Accel: tt.accel}).accelerator(t.Context(), tt.ask)
			if got != tt.want || (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("accelerator(%q) = %q, %v; want %q, %q", tt.ask, got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestCheckNamesThePackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	problems := (&Target{}).Check(t.Context(), &plan.Plan{OS: plan.Windows})
	var text string
	for _, p := range problems {
		text += p.What + "; " + p.Fix + "\n"
	}
	for _, want := range []string{"qemu-system-x86_64", "apt-get install qemu-utils"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}
