package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

// lacking is why build VMs are no containers here; "" where they can be.
var lacking = sync.OnceValue(func() string {
	var text []string
	for _, p := range container.Check(context.Background()) {
		text = append(text, p.What)
	}
	return strings.Join(text, "; ")
})

// fast has the home build with --on fast where this machine can: its test is about the run, and what the VM does in it is shown by tests
// beside it. Elsewhere it builds in the VM.
func (h *home) fast() *home {
	h.t.Helper()
	if why := lacking(); why != "" {
		h.t.Logf("in a VM: %s", why)
		return h
	}
	h.on = "fast"
	h.leave()
	return h
}

// placed adds where the build VM is to live to the arguments of a command that makes one.
func (h *home) placed(args []string) []string {
	if h.on == "" || len(args) == 0 || args[0] != "build" && args[0] != "debug" {
		return args
	}
	for _, a := range args {
		if a == "--on" {
			return args
		}
	}
	return append(args[:len(args):len(args)], "--on", h.on)
}

// debug is the line that starts a workbench.
func (h *home) debug(template string) string {
	return "ingot " + strings.Join(h.placed([]string{"debug", template}), " ")
}

// containers finds the first processes of containers that work below this home.
func (h *home) containers() []int {
	return h.processes(func(dir string) bool {
		text, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		return strings.HasPrefix(string(text), "ingot-container\x00")
	})
}

// machines finds what build VMs are: QEMUs, and containers.
func (h *home) machines() []int { return append(h.qemus(), h.containers()...) }

// groups finds control groups of this home's runs.
func (h *home) groups() []string {
	var all []string
	runs, _ := filepath.Glob(filepath.Join(h.state(), "runs", "*"))
	for _, run := range runs {
		for _, place := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
			found, _ := filepath.Glob(fmt.Sprintf("%s/ingot-%s*", place, filepath.Base(run)))
			all = append(all, found...)
		}
	}
	return all
}
