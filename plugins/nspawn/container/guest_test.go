package container

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// baseDisk is the Debian base image that make test sets for tests that boot machines.
func baseDisk(t testing.TB) string {
	t.Helper()
	const variable = "INGOT_TEST_IMAGE"
	base := os.Getenv(variable)
	if base == "" {
		t.Skipf("%s is not set: no base image to boot; make test makes one and sets it", variable)
	}
	if os.Geteuid() != 0 {
		t.Skip("not root: this is about containers that root runs")
	}
	if lacks := Check(t.Context()); len(lacks) > 0 {
		t.Skipf("no containers here: %v", lacks)
	}
	return base
}

// guest is a container that a test runs.
type guest struct {
	*Container
	t    testing.TB
	init int // its init on this host
}

// newSpec makes a folder with a disk over the base image.
func newSpec(t testing.TB, name string) Spec {
	t.Helper()
	base, dir := baseDisk(t), t.TempDir()
	overlay := exec.Command("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, filepath.Join(dir, "disk.qcow2"))
	if out, err := overlay.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return Spec{Name: fmt.Sprintf("ingot-test-%s-%d", name, os.Getpid()), Dir: dir, Disk: "disk.qcow2", Hostname: "witness",
		Parameters: []string{"cloud-init=disabled"}, MemoryMiB: 1024, Tasks: 1000}
}

// boot starts a container and takes it away at the test's end.
func boot(t testing.TB, s Spec) *guest {
	t.Helper()
	c, err := Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Kill(); err != nil {
			t.Error(err)
		}
	})
	return &guest{Container: c, t: t}
}

// findInit finds the guest's init: the child of nspawn, which is the supervisor's. Others that nspawn has on the way are called as it is.
func (g *guest) findInit() bool {
	for _, child := range children(g.PID()) {
		if nameOf(child) != "systemd-nspawn" {
			continue
		}
		for _, pid := range children(child) {
			if nameOf(pid) == "systemd" {
				g.init = pid
				return true
			}
		}
	}
	return false
}

func nameOf(pid int) string {
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(name))
}

func children(pid int) (all []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for _, field := range strings.Fields(string(text)) {
			n, _ := strconv.Atoi(field)
			all = append(all, n)
		}
	}
	return all
}

// run has the guest's own init run a script as root, so that it is held by all that the guest is held by.
func (g *guest) run(script string) (string, error) { return g.runWithin(time.Minute, script) }

func (g *guest) runWithin(limit time.Duration, script string) (string, error) {
	ctx, cancel := context.WithTimeout(g.t.Context(), limit)
	defer cancel()
	args := []string{"nsenter", "-t", strconv.Itoa(g.init), "-m", "-u", "-i", "-n", "-p", "-U", "--",
		"systemd-run", "--quiet", "--wait", "--pipe", "--collect", "/bin/sh", "-c", script}
	if g.Way().Mode == Sudo {
		args = append([]string{sudoProgram, "-n", "--"}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// must is run, where an error ends the test.
func (g *guest) must(script string) string {
	g.t.Helper()
	out, err := g.run(script)
	if err != nil {
		g.t.Fatalf("%s: %v: %s", script, err, out)
	}
	return out
}

// ready waits until the guest's init takes orders.
func (g *guest) ready() *guest {
	g.t.Helper()
	for {
		g.findInit()
		out, err := g.runWithin(5*time.Second, "true") // an order that comes while init starts may get no answer
		if err == nil {
			return g
		}
		select {
		case <-g.Done():
			g.t.Fatalf("the guest is gone: %v", g.Err())
		case <-g.t.Context().Done():
			g.t.Fatalf("the guest takes no orders: %v: %s", err, out)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
