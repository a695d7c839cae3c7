package qemu

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/ingot-build/ingot/plugins/machine"
)

// stateFile is what a layer may have beside the files that all have, and efiVarsFile: memory and devices, in the form that facts.State
// names; absent without memory.
const stateFile = "state"

// The forms of stateFile.
const (
	stateStream = "stream"     // what QEMU sends to another QEMU, one page after the other
	stateMapped = "mapped-ram" // each page at a place of its own, so that it is written and read by several threads
)

// facts are what the builder has to be told to start from a layer. The machine's memory is of use to the same machine alone: to
// the same program, on the same kind of processor, with the same devices. Its disk is of use to any.
type facts struct {
	machine.Facts
	QEMU        string `json:"qemu"`                 // version, with that of the package
	Board       string `json:"machine"`              // with its version, as pc-q35-7.2: "q35" is another one with each QEMU
	Accelerator string `json:"accelerator"`          // kvm or tcg
	HostCPU     string `json:"hostCPU,omitempty"`    // with KVM: what the guest sees of this host's processor
	EFICode     string `json:"efiCode,omitempty"`    // path
	EFISHA256   string `json:"efiSHA256,omitempty"`  // of that file
	Devices     string `json:"devices"`              // SHA-256 of QEMU's arguments, without what differs from run to run
	State       string `json:"state,omitempty"`      // form of stateFile; "" without memory
	StateBytes  int64  `json:"stateBytes,omitempty"` // size of stateFile
}

// facts are those of the machine m on this host.
func (h hostPrograms) facts(m hardware, firmware, qemu string) (facts, error) {
	f := facts{Facts: machine.NewFacts("", m.CPUs, m.MemoryMiB, firmware), QEMU: qemu, Board: m.Board, Accelerator: m.Accel,
		EFICode: m.EFICode, Devices: m.fingerprint()}
	if m.Accel == accelKVM {
		text, err := os.ReadFile("/proc/cpuinfo")
		if err != nil {
			return f, err
		}
		f.HostCPU = hostCPU(text)
	}
	if m.EFICode != "" {
		sum, err := fileSHA256(m.EFICode)
		if err != nil {
			return f, fmt.Errorf("read the UEFI firmware: %w", err)
		}
		f.EFISHA256 = sum
	}
	return f, nil
}

// fingerprint is of all that QEMU is told about the machine and that what runs in it knows.
func (m hardware) fingerprint() string {
	m.Name, m.Listen, m.Incoming = "", "", false
	if m.MetadataRelay != "" {
		m.MetadataRelay = "relay" // the command differs from run to run; the card does not
	}
	sum := sha256.Sum256([]byte(strings.Join(m.args(), "\x00")))
	return hex.EncodeToString(sum[:])
}

// hostCPU tells processors apart that are not the same to a guest: by model, features and microcode of the first.
func hostCPU(cpuinfo []byte) string {
	model := ""
	sum := sha256.New()
	first, _, _ := bytes.Cut(cpuinfo, []byte("\n\n"))
	for line := range strings.Lines(string(first)) {
		name, value, _ := strings.Cut(line, ":")
		switch name = strings.TrimSpace(name); name {
		case "model name":
			model = strings.TrimSpace(value)
			fallthrough
		case "vendor_id", "cpu family", "model", "stepping", "microcode", "flags":
			fmt.Fprintf(sum, "%s=%s\n", name, strings.TrimSpace(value))
		}
	}
	return fmt.Sprintf("%s (%x)", model, sum.Sum(nil)[:4])
}

// misfit says why the memory of a machine with facts was is of no use to one with facts now; "": it is.
func (was facts) misfit(now facts) string {
	for _, p := range []struct{ what, was, now string }{
		{"QEMU", was.QEMU, now.QEMU},
		{"accelerator", was.Accelerator, now.Accelerator},
		{"processor", was.HostCPU, now.HostCPU},
		{"firmware", was.Firmware + " " + was.EFICode, now.Firmware + " " + now.EFICode},
		{"version of the firmware", was.EFISHA256, now.EFISHA256},
		{"set of devices", was.Devices, now.Devices},
	} {
		if p.was != p.now {
			return fmt.Sprintf("it is of another %s: %s, and here is %s", p.what, cut(p.was), cut(p.now))
		}
	}
	return ""
}

// cut makes a checksum short enough to tell two apart.
func cut(s string) string {
	if s = strings.TrimSpace(s); len(s) == 2*sha256.Size && !strings.Contains(s, " ") {
		return s[:8]
	}
	if s == "" {
		return "none"
	}
	return s
}

// readFacts reads those of a layer. One that was left by another kind of machine has a disk, and no memory.
func readFacts(dir string) (f facts, err error) {
	_, err = machine.ReadFacts(dir, &f)
	if f.Kind != "" {
		f.State = ""
	}
	return f, err
}

// versionPattern finds QEMU's version and its package's in what "--version" prints:
//
//	QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)
var versionPattern = regexp.MustCompile(`version (\d\S*(?: \(.*\))?)`)

// version asks the program of QEMU, which need not run for that.
func (h hostPrograms) version(ctx context.Context) (string, error) {
	out, err := machine.RunProgram(ctx, h.System, "--version")
	if err != nil {
		return "", err
	}
	found := versionPattern.FindSubmatch(out)
	if found == nil {
		return "", fmt.Errorf("%s --version does not name a version: %q", h.System, out)
	}
	return string(found[1]), nil
}

// version asks a QEMU that runs, for the same words as its program says.
func (m *monitor) version(ctx context.Context) (string, error) {
	var v struct {
		QEMU    struct{ Major, Minor, Micro int }
		Package string
	}
	if err := m.Run(ctx, &v, "query-version", nil); err != nil {
		return "", err
	}
	text := fmt.Sprintf("%d.%d.%d", v.QEMU.Major, v.QEMU.Minor, v.QEMU.Micro)
	if v.Package != "" {
		text += " (" + v.Package + ")"
	}
	return text, nil
}

// board asks which version of board alias a QEMU that runs means.
func (m *monitor) board(ctx context.Context, alias string) (string, error) {
	var boards []struct{ Name, Alias string }
	if err := m.Run(ctx, &boards, "query-machines", nil); err != nil {
		return "", err
	}
	for _, b := range boards {
		if b.Alias == alias || b.Name == alias {
			return b.Name, nil
		}
	}
	return "", fmt.Errorf("QEMU does not name the version of its board %s", alias)
}

func fileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// usedBytes is how much room a file takes up, which is less than its size where it has holes.
func usedBytes(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512, nil
	}
	return info.Size(), nil
}
