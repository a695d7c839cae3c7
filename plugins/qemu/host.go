package qemu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
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
		if *p.path, err = exec.LookPath(p.name); err != nil {
			errs = append(errs, fmt.Errorf("program %q is not on PATH: on Debian, apt install %s", p.name, p.debian))
		}
	}
	return h, errors.Join(errs...)
}

// run waits for a short-lived program and returns its standard output. A failure carries what the program said.
func (hostPrograms) run(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C on the terminal is for us to act on
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
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
		if isFile(p.Code) && isFile(p.Vars) {
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

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
