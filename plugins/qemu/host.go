package qemu

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/plugins/machine"
)

// hostPrograms are the programs a build needs, by path.
type hostPrograms struct {
	System string // qemu-system-x86_64
	Img    string // qemu-img
	TPM    string // swtpm; "" without a TPM
}

// findPrograms looks on PATH. The error joins all that are missing, each with the package that has it.
func findPrograms(tpm bool) (h hostPrograms, err error) {
	type program struct {
		path         *string
		name, debian string
	}
	wanted := []program{
		{&h.System, "qemu-system-x86_64", "qemu-system-x86"},
		{&h.Img, "qemu-img", "qemu-utils"},
	}
	if tpm {
		wanted = append(wanted, program{&h.TPM, "swtpm", "swtpm"})
	}
	var errs []error
	for _, p := range wanted {
		if *p.path, err = machine.FindProgram(p.name, p.debian); err != nil {
			errs = append(errs, err)
		}
	}
	return h, errors.Join(errs...)
}

// efiFirmware is a pair of files: code that is shared, and a template of the variables that each VM has a copy of.
type efiFirmware struct{ Code, Vars string }

// efiFirmwares are where distributions put OVMF without secure boot, newest layout first.
var efiFirmwares = []efiFirmware{
	{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},           // Debian, Ubuntu
	{"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"},                 // the same, older
	{"/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"},       // Fedora
	{"/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"},   // Arch
	{"/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"}, // openSUSE
}

// efiSecureFirmwares are those whose code guards the variables, and whose variables hold Microsoft's keys.
var efiSecureFirmwares = []efiFirmware{
	{"/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"},                   // Debian, Ubuntu
	{"/usr/share/OVMF/OVMF_CODE.ms.fd", "/usr/share/OVMF/OVMF_VARS.ms.fd"},                         // the same, older
	{"/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd"},     // Fedora
	{"/usr/share/qemu/ovmf-x86_64-smm-ms-code.bin", "/usr/share/qemu/ovmf-x86_64-smm-ms-vars.bin"}, // openSUSE
}

// findEFI returns the first pair that is there.
func findEFI(pairs []efiFirmware) (efiFirmware, error) {
	for _, p := range pairs {
		if machine.IsFile(p.Code) && machine.IsFile(p.Vars) {
			return p, nil
		}
	}
	var looked []string
	for _, p := range pairs {
		looked = append(looked, p.Code)
	}
	return efiFirmware{}, fmt.Errorf("UEFI firmware for QEMU is not installed: on Debian, apt install ovmf"+
		"\n  why:  none of these is there, with its variables: %s", strings.Join(looked, ", "))
}
