package doctor

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/engine/diskspace"
	"github.com/ingot-build/ingot/plugins/qemu/accel"
)

const (
	// guestMiB is the memory of the smallest build VM by default; QEMU itself takes up to half of that again.
	guestMiB = 1024
	qemuMiB  = 512
	// roomMiB is what a build of a Debian image writes: overlay and VHD, about 1 GiB each. The same bound is held by build.
	roomMiB = 2048
)

func acceleration(ctx context.Context, h *Host) Result {
	r := h.Accel(ctx)
	if r.Name == accel.KVM {
		return Result{Status: OK, Found: "KVM"}
	}
	return Result{
		Status: Warn, Found: "TCG: software emulation, scripts run 2-14x slower than with KVM", Why: r.Reason,
		Fix: "nothing to do if that is fast enough; else use a machine whose KVM works",
	}
}

// fast is a warning at most: a VM does what a container does, and more.
func fast(ctx context.Context, h *Host) Result {
	how, lacks := h.Containers(ctx)
	if len(lacks) == 0 {
		return Result{Status: OK, Found: "works, " + how}
	}
	var found, why, fix []string
	for _, p := range lacks {
		found, why, fix = append(found, p.What), append(why, p.Why), append(fix, p.Fix)
	}
	return Result{Status: Warn, Found: strings.Join(found, "; "), Why: joined(why), Fix: joined(fix)}
}

// joined is a sentence of those that differ.
func joined(parts []string) string {
	var all []string
	for _, p := range parts {
		if p != "" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return strings.Join(all, "; ")
}

func memory(_ context.Context, h *Host) Result {
	mib, err := available(h.MemInfo)
	if err != nil {
		return Result{Status: Warn, Found: "unknown", Why: err.Error()}
	}
	r := Result{Status: OK, Found: humanize.IBytes(uint64(mib)<<20) + " available"}
	if mib < guestMiB+qemuMiB {
		r.Status, r.Why = Warn, fmt.Sprintf("a build VM has %d MiB by default and QEMU needs some of its own", guestMiB)
		r.Fix = "close other programs, or build with --memory 512"
	}
	return r
}

// available reads MemAvailable, in MiB: what programs can get without swapping.
func available(meminfo string) (int64, error) {
	f, err := os.Open(meminfo)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kib >> 10, err
		}
	}
	return 0, fmt.Errorf("%s has no line MemAvailable", meminfo)
}

// folders tries to write where runs, images and downloads go.
func folders(_ context.Context, h *Host) Result {
	for _, dir := range h.Dirs.Roots() {
		if err := writable(dir); err != nil {
			return Result{
				Status: Missing, Found: "cannot write to " + dir, Why: err.Error(),
				Fix: "mend its permissions, or point XDG_STATE_HOME, XDG_DATA_HOME and XDG_CACHE_HOME elsewhere",
			}
		}
	}
	return Result{Status: OK, Found: strings.Join(h.Dirs.Roots(), ", ")}
}

func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// diskSpace looks at the file systems of runs and of images, which mostly are one.
func diskSpace(_ context.Context, h *Host) Result {
	r := Result{Status: OK}
	var found []string
	seen := map[syscall.Fsid]bool{}
	for _, dir := range []string{h.Dirs.State, h.Dirs.Data} {
		room, err := diskspace.Of(dir)
		if err != nil || seen[room.FileSystem] {
			continue
		}
		seen[room.FileSystem] = true
		found = append(found, humanize.IBytes(uint64(room.Free))+" free under "+room.Dir)
		if room.Free>>20 < roomMiB {
			r.Status, r.Why = Missing, fmt.Sprintf("a build needs at least %d MiB for its disk and what comes out", roomMiB)
			r.Fix = "free some room: ingot clean, ingot gallery rm, ingot image rm"
		}
	}
	r.Found = strings.Join(found, ", ")
	return r
}

func firmware(_ context.Context, h *Host) Result {
	for _, path := range h.Firmware {
		if _, err := os.Stat(path); err == nil {
			return Result{Status: OK, Found: path}
		}
	}
	return Result{Status: Warn, Found: "not installed", Why: "only builds with --firmware uefi, and those of most disks with Windows, need it", Fix: "apt-get install ovmf"}
}
