// Package doctor looks at this machine and says what a build would miss, and how to mend it. It changes nothing but the folders
// of Ingot, which it makes when they are absent.
package doctor

import (
	"context"
	"runtime"

	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/plugins/qemu/accel"
)

// Status is what a check came to.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warn    Status = "warn"    // builds work, but slower or not all of them
	Missing Status = "missing" // no build works
)

// Result is what one check found.
type Result struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	Found  string `json:"found"`         // what is there, or what is not
	Why    string `json:"why,omitempty"` // what it is for, where the status is not ok
	Fix    string `json:"fix,omitempty"` // something to type
}

// Host is this machine as the checks see it; tests replace parts of it.
type Host struct {
	Dirs     store.Dirs
	Runner   runcmd.Runner
	LookPath func(program string) (path string, err error)
	Accel    func(context.Context) accel.Result
	Open     func(context.Context) (*service.Service, error)
	// Containers tells how containers run here, and what is lacking for that.
	Containers func(context.Context) (how string, lacks []target.Problem)
	MemInfo    string   // path of /proc/meminfo
	Firmware   []string // paths of UEFI firmware for QEMU, any of which will do
}

// checks are all checks, in the order they are shown: what no build can do without comes first.
var checks = []struct {
	name string
	look func(context.Context, *Host) Result
}{
	{"platform", platform},
	{"QEMU", qemuSystem},
	{"qemu-img", qemuImg},
	{"acceleration", acceleration},
	{"--on fast", fast},
	{"memory", memory},
	{"folders", folders},
	{"disk space", diskSpace},
	{"base images", baseImages},
	{"leftovers", leftovers},
	{"UEFI firmware", firmware},
	{"TPM", tpm},
	{"bootstrap tools", bootstrapTools},
}

// Examine runs all checks.
func Examine(ctx context.Context, h *Host) []Result {
	var results []Result
	for _, c := range checks {
		r := c.look(ctx, h)
		r.Check = c.name
		results = append(results, r)
	}
	return results
}

// Ready reports whether a build can start.
func Ready(results []Result) bool {
	for _, r := range results {
		if r.Status == Missing {
			return false
		}
	}
	return true
}

func platform(context.Context, *Host) Result {
	found := runtime.GOOS + "/" + runtime.GOARCH
	if found != "linux/amd64" {
		return Result{Status: Missing, Found: found, Why: "build VMs are x86-64 and Ingot drives them on Linux", Fix: "use a Linux machine with an x86-64 processor"}
	}
	return Result{Status: OK, Found: found}
}
