package main_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/internal/testtools/guestdisk"
)

// packerRun is stock Packer at work on what Ingot emitted.
type packerRun struct {
	missing error  // why there is none: the fields below are zero then
	dir     string // the build's output directory
	out     bytes.Buffer
	code    int
	done    chan struct{}
}

// withPacker has stock Packer build what "ingot translate" emits for an image template, with Ingot's plugin, beside what the test does
// meanwhile. It takes a place for a VM of its own.
func (h *home) withPacker(template string, vars ...string) *packerRun {
	h.t.Helper()
	return h.withPackerOf(template, func(hcl string) string { return hcl }, vars...)
}

// withPackerOf is withPacker after a change to image.pkr.hcl.
func (h *home) withPackerOf(template string, change func(hcl string) string, vars ...string) *packerRun {
	h.t.Helper()
	packer, err := testtools.FindPacker()
	if err != nil {
		return &packerRun{missing: err}
	}
	env := testtools.PackerEnv(h.t, testtools.PluginDir(h.t, testtools.IngotPlugin(h.t)))
	name := strings.TrimSuffix(filepath.Base(template), ".json")
	if name == "template" {
		name = filepath.Base(filepath.Dir(template))
	}
	folder := filepath.Join(h.root, "packer-"+name)
	if res := h.ingot("translate", template, "-o", folder); res.code != 0 {
		h.t.Fatalf("ingot translate %s: exit %d\n%s", template, res.code, res.stderr)
	}
	file := filepath.Join(folder, "image.pkr.hcl")
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(change(string(text))), 0o600)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	p := &packerRun{dir: folder + "-output", done: make(chan struct{})}
	args := []string{"build", "-var", "output_directory=" + p.dir, "-var", "vm_name=packer-" + name}
	for _, v := range vars {
		args = append(args, "-var", v)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), runBudget)
	cmd := exec.CommandContext(ctx, packer, append(args, folder)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &p.out, &p.out
	// An interrupt is what Packer passes on to its plugins; killed, it would leave QEMU to them.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	go func() {
		defer close(p.done)
		select {
		case machines <- struct{}{}:
			defer func() { <-machines }()
		case <-ctx.Done():
			return
		}
		_ = cmd.Run() // a failed build may be what is wanted; its exit code tells
		p.code = cmd.ProcessState.ExitCode()
	}()
	h.t.Cleanup(func() {
		cancel()
		<-p.done
	})
	return p
}

// compare is a subtest that looks at the end of it, and is skipped if there was no Packer. The test's place for a VM is given up.
func (p *packerRun) compare(h *home, name string, check func(t *testing.T)) {
	h.t.Helper()
	h.leave()
	h.t.Run(name, func(t *testing.T) {
		if p.missing != nil {
			t.Skip(p.missing)
		}
		<-p.done
		check(t)
	})
}

// wantExit holds that Packer ended with the exit code that Ingot ended with, and said a text.
func (p *packerRun) wantExit(h *home, code int, text string) {
	h.t.Helper()
	p.compare(h, "packer build ends so too", func(t *testing.T) {
		if p.code != code || !strings.Contains(p.out.String(), text) {
			t.Errorf("packer build ended with %d, want %d and %q in:\n%s", p.code, code, text, lastLines(p.out.String(), 40))
		}
		if _, err := os.Stat(filepath.Join(p.dir, "disk.qcow2")); err == nil {
			t.Error("the disk of a failed build is still there")
		}
	})
}

// wantSame holds that Packer made the guest that Ingot made, but for what docs/packer-plugin.md explains.
func (p *packerRun) wantSame(h *home, ingotDisk string) {
	h.t.Helper()
	p.compare(h, "packer build makes the same", func(t *testing.T) {
		if p.code != 0 {
			t.Fatalf("packer build ended with %d:\n%s", p.code, lastLines(p.out.String(), 40))
		}
		sameGuest(t, ingotDisk, filepath.Join(p.dir, "disk.qcow2"))
	})
}

// sameGuest compares a VHD of Ingot with the disk that Packer left.
func sameGuest(t *testing.T, ingotDisk, packerDisk string) {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "disk.raw")
	if out, err := exec.Command("qemu-img", "convert", "-f", "qcow2", "-O", "raw", packerDisk, raw).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img convert: %v\n%s", err, out)
	}
	ours, err := guestdisk.Read(ingotDisk)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := guestdisk.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(ours.Files) < 1000 || len(ours.Packages) < 50 {
		t.Errorf("looked at %d files and %d packages only", len(ours.Files), len(ours.Packages))
	}
	page, err := os.ReadFile("../../docs/packer-plugin.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := guestdisk.Rules(string(page))
	for _, d := range guestdisk.Compare(ours, theirs) {
		i := slices.IndexFunc(rules, func(r guestdisk.Rule) bool { return r.Fits(d) })
		if i < 0 {
			t.Errorf("Packer's guest differs from Ingot's, and docs/packer-plugin.md does not say why: %s", d)
			continue
		}
		t.Logf("%s: %s", d, rules[i].Why)
	}
}

// TestSameRefusals gives Packer and Ingot the same folder and the same arguments. What is wrong before anything is started ends Packer
// with 1, as everything does; Ingot tells a template, or its variables, from a build that failed.
func TestSameRefusals(t *testing.T) {
	packer := testtools.Packer(t)
	env := testtools.PackerEnv(t, testtools.PluginDir(t, testtools.IngotPlugin(t)))
	for _, name := range []string{"STATE", "DATA", "CACHE", "CONFIG"} {
		env = append(env, "XDG_"+name+"_HOME="+filepath.Join(t.TempDir(), name))
	}
	ingot, err := ingotBinary()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "web")
	if out, err := exec.Command(ingot, "translate", "../../examples/linux-web/template.json", "-o", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, tt := range []struct {
		name string
		vars []string
		code int    // Ingot's
		want string // a part of what both say
	}{
		{"no source disk", nil, 3, "source_disk"},
		{"an unknown variable", []string{"source_disk=base.qcow2", "disc=1"}, 3, "disc"},
		{"a word that is not known", []string{"source_disk=base.qcow2", "source_format=vmdk"}, 3, `source_format is "vmdk"`},
		{"text for a number", []string{"source_disk=base.qcow2", "cpus=many"}, 3, "cpus"},
		{"a disk that is not there", []string{"source_disk=" + filepath.Join(t.TempDir(), "none.qcow2")}, 1, "none.qcow2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"build", "-var", "output_directory=" + filepath.Join(t.TempDir(), "out")}
			for _, v := range tt.vars {
				args = append(args, "-var", v)
			}
			for program, want := range map[string]int{packer: 1, ingot: tt.code} {
				cmd := exec.Command(program, append(args, folder)...)
				cmd.Env = env
				out, _ := cmd.CombinedOutput() // the exit code is looked at
				if code := cmd.ProcessState.ExitCode(); code != want || !strings.Contains(string(out), tt.want) {
					t.Errorf("%s ended with %d, want %d and %q in:\n%s", cmd, code, want, tt.want, out)
				}
			}
		})
	}
}
