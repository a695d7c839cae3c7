package doctor

import (
	"context"
	"strings"

	"github.com/ingot-build/ingot/engine/runcmd"
)

func qemuSystem(ctx context.Context, h *Host) Result {
	return program(ctx, h, "qemu-system-x86_64", "qemu-system-x86", "build VMs run in it")
}

func qemuImg(ctx context.Context, h *Host) Result {
	return program(ctx, h, "qemu-img", "qemu-utils", "it makes the build VM's disk")
}

// tpm is a warning at most: few disks ask for one.
func tpm(ctx context.Context, h *Host) Result {
	r := program(ctx, h, "swtpm", "swtpm", "only builds from a Windows that was added with --tpm need it")
	if r.Status == Missing {
		r.Status = Warn
	}
	return r
}

// program checks one host program, and asks it for its version: one that is there and cannot run is no use.
func program(ctx context.Context, h *Host, name, debian, why string) Result {
	r := Result{Status: Missing, Found: name + " is not installed", Why: why, Fix: "apt-get install " + debian}
	path, err := h.LookPath(name)
	if err != nil {
		return r
	}
	out, err := h.Runner.Run(ctx, runcmd.Cmd{Path: path, Args: []string{"--version"}})
	if err != nil {
		r.Found, r.Why, r.Fix = name+" does not run", err.Error(), "apt-get install --reinstall "+debian
		return r
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return Result{Status: OK, Found: strings.TrimSpace(line)}
}

// tools are what "ingot image bootstrap" calls, with the Debian package of each.
var tools = []struct{ program, debian string }{
	{"mmdebstrap", "mmdebstrap"},
	{"mke2fs", "e2fsprogs"},
	{"sfdisk", "fdisk"},
	{"mformat", "mtools"},
	{"unshare", "util-linux"},
}

func bootstrapTools(_ context.Context, h *Host) Result {
	var found, missing, packages []string
	for _, t := range tools {
		if _, err := h.LookPath(t.program); err == nil {
			found = append(found, t.program)
			continue
		}
		missing = append(missing, t.program)
		packages = append(packages, t.debian)
	}
	if len(missing) == 0 {
		return Result{Status: OK, Found: strings.Join(found, ", ")}
	}
	return Result{
		Status: Warn, Found: "not installed: " + strings.Join(missing, ", "),
		Why: "only ingot image bootstrap needs them", Fix: "apt-get install " + strings.Join(packages, " "),
	}
}
