package main_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slowLast is a last step that leaves time to do something beside it.
var slowLast = changed("last", "#!/bin/sh\nsleep 3\necho slow | sudo tee -a /etc/made\n")

// editPlace makes a build run its last two steps.
var editPlace = changed("place", "sudo cp /tmp/page.html /etc/index.html")

// withSecret has a step that uses the secret parameter, with a value for it.
func withSecret(value string) func(input) input {
	return func(in input) input {
		return in.with(func(in *input) {
			in.order = append(in.order, "secret")
			in.body["secret"] = value
		})
	}
}

// hostScenarios are about what goes on beside a build, and what became of the host since.
var hostScenarios = []scenario{
	{name: "a secret changed", in: withSecret("second-s3cr3t-value"), ran: "secret",
		also: []func(input) input{withSecret("first-s3cr3t-value")},
		play: func(t *testing.T, w *world) built {
			before := withSecret("first-s3cr3t-value")(w.first)
			b := w.build(before, small...)
			if b.ran != "secret" {
				t.Errorf("before it changed: ran %q", b.ran)
			}
			w.wantSame(t, before, b)
			b = w.build(withSecret("second-s3cr3t-value")(w.first), small...)
			w.noSecret(t, "first-s3cr3t-value", "second-s3cr3t-value")
			return b
		}},
	{name: "the base image was updated, and put back", ran: "", also: []func(input) input{updated},
		play: func(t *testing.T, w *world) built {
			in := updated(w.first)
			w.addImage("debian-12", in.base, "--replace")
			b := w.build(in, small...)
			if b.ran != all5 || !strings.Contains(b.says, "the base image is another one") {
				t.Errorf("of the new base image: ran %q; it said:\n%s", b.ran, grep(b.says, "layers:"))
			}
			w.wantSame(t, in, b)
			w.addImage("debian-12", w.image, "--replace")
			return w.build(w.first, small...)
		}},
	{name: "another version of QEMU", vm: true, in: editLast, ran: "last", says: []string{"the guest boots from its disk: it is of another QEMU"}, play: func(t *testing.T, w *world) built {
		dir := t.TempDir()
		real, err := exec.LookPath("qemu-system-x86_64")
		if err != nil {
			t.Fatal(err)
		}
		script := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'QEMU emulator version 99.1.0'; exit; fi\nexec %s \"$@\"\n", real)
		if err := os.WriteFile(filepath.Join(dir, "qemu-system-x86_64"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		defer w.setEnv("PATH=" + dir + ":" + os.Getenv("PATH"))()
		return w.build(editLast(w.first), small...)
	}},
	{name: "the guest's clock", vm: true, in: clock, ran: "last", play: func(t *testing.T, w *world) built {
		b := w.build(clock(w.first), small...)
		_, text, _ := strings.Cut(b.stdout, `"text":"the time is `)
		text, _, _ = strings.Cut(text, `"`)
		at, err := strconv.ParseInt(text, 10, 64)
		if off := time.Since(time.Unix(at, 0)); err != nil || off.Abs() > time.Minute {
			t.Errorf("the guest's clock is off by %s, %v", off, err)
		}
		return b
	}},
	{name: "the host slept", vm: true, in: slowLast, ran: "last", play: func(t *testing.T, w *world) built {
		b := w.begin(slowLast(w.first), small...)
		b.untilStep("customize[4]")
		pids := append(w.qemus(), b.cmd.Process.Pid)
		for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
			for _, pid := range pids {
				if err := syscall.Kill(pid, sig); err != nil {
					t.Error(err)
				}
			}
			if sig == syscall.SIGSTOP {
				time.Sleep(3 * time.Second) // that is the sleep of the host, and not a wait for something
			}
		}
		return b.end()
	}},
	{name: "a script was edited while it ran", in: slowLast, ran: "last", also: []func(input) input{editLast},
		play: func(t *testing.T, w *world) built {
			dir := t.TempDir()
			b := w.beginAt(dir, slowLast(w.first), small...)
			b.untilStep("boot")
			editLast(w.first).write(t, dir)
			done := b.end()
			after := editLast(w.first)
			next := w.build(after, small...)
			if next.ran != "last" {
				t.Errorf("after it was edited: ran %q", next.ran)
			}
			w.wantSame(t, after, next)
			return done
		}},
	{name: "two builds of one template at once", in: editPlace, ran: "place last", play: func(t *testing.T, w *world) built {
		in := editPlace(w.first)
		a, b := w.begin(in, small...), w.begin(in, small...)
		one := a.end()
		if one.code != 0 || one.ran != "place last" {
			t.Errorf("the other build: exit code %d, ran %q\n%s", one.code, one.ran, one.stderr)
		}
		w.wantSame(t, in, one)
		return b.end()
	}},
	{name: "layers were removed while in use", in: slowLast, ran: "last", play: func(t *testing.T, w *world) built {
		b := w.begin(slowLast(w.first), small...)
		b.untilStep("customize[4]")
		for _, args := range [][]string{{"rm", "--all"}, {"prune", "--keep", "0"}} {
			if res := w.ingot(append([]string{"layers"}, args...)...); res.code != 0 || !strings.Contains(res.stdout+res.stderr, "in use") {
				t.Errorf("layers %v: exit code %d\n%s%s", args, res.code, res.stdout, res.stderr)
			}
		}
		for i := 1; i <= beforeLast; i++ {
			if _, err := os.Stat(filepath.Join(w.layersDir(), w.ids[i], "layer.json")); err != nil {
				t.Errorf("layer %d, which the build VM lies over: %v", i, err)
			}
		}
		return b.end()
	}},
	{name: "a step failed, and was mended", in: editPlace, ran: "place last", play: func(t *testing.T, w *world) built {
		res := w.build(changed("place", "sudo cp /tmp/page.html /etc/index.html\nexit 3")(w.first), small...)
		if res.code != 1 || res.ran != "place" {
			t.Errorf("the step that fails: exit code %d, ran %q", res.code, res.ran)
		}
		return w.build(editPlace(w.first), small...)
	}},
	{name: "--from a step without a layer", in: editPlace, ran: "place last", play: func(t *testing.T, w *world) built {
		res := w.build(editPlace(w.first), append(small, "--from", "last")...)
		if res.code != 2 || res.ran != "" || res.vhd != "" {
			t.Errorf("exit code %d, ran %q\n%s", res.code, res.ran, res.stderr)
		}
		return w.build(editPlace(w.first), small...)
	}},
	{name: "--until a step, and then to the end", in: editPlace, ran: "last", play: func(t *testing.T, w *world) built {
		b := w.build(editPlace(w.first), append(small, "--until", "last")...)
		if b.code != 0 || b.ran != "place" || b.vhd != "" {
			t.Errorf("up to the last step: exit code %d, ran %q, output %q\n%s", b.code, b.ran, b.vhd, b.stderr)
		}
		return w.build(editPlace(w.first), small...)
	}},
	{name: "the disk is full while a layer is written", vm: true, ran: all5, play: func(t *testing.T, w *world) built {
		if os.Geteuid() != 0 {
			t.Skip("not root: a small file system cannot be mounted")
		}
		dir := t.TempDir()
		if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=140m", "tmpfs", dir).CombinedOutput(); err != nil {
			t.Skipf("a small file system cannot be mounted here: %s", out)
		}
		defer func() {
			if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
				t.Errorf("umount: %s", out)
			}
		}()
		defer w.setEnv("XDG_CACHE_HOME=" + dir)()
		b := w.build(w.first, small...)
		if !strings.Contains(b.says, "the guest's memory cannot be kept, only its disk: ") {
			t.Errorf("that memory is not kept any more is not said:\n%s", grep(b.says, "ayer"))
		}
		left, err := filepath.Glob(filepath.Join(dir, "ingot/layers/*/draft.json"))
		if err != nil || len(left) > 0 {
			t.Errorf("drafts were left: %v, %v", left, err)
		}
		return b
	}},
}

// clock is a last step that tells the time.
var clock = changed("last", "#!/bin/sh\necho the time is $(date +%s)\n")

// updated is the input on a later version of the base image, which newWorld makes.
func updated(in input) input { return in.with(func(in *input) { in.base = updatedImage }) }

// updatedImage stands for the path of that base image, which only the world knows.
const updatedImage = "updated.qcow2"

// updateImage makes a base image that says something else when it starts, and is the same otherwise.
func (w *world) updateImage() {
	w.t.Helper()
	text, err := os.ReadFile(w.image)
	if err != nil {
		w.t.Fatal(err)
	}
	const was, is = "tinyguest is up", "tinyguest II up"
	if bytes.Count(text, []byte(was)) != 1 {
		w.t.Fatalf("the base image has %q %d times, want once", was, bytes.Count(text, []byte(was)))
	}
	if err := os.WriteFile(w.path(updatedImage), bytes.Replace(text, []byte(was), []byte(is), 1), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// path is where a base image is.
func (w *world) path(base string) string {
	if filepath.IsAbs(base) {
		return base
	}
	return filepath.Join(w.root, base)
}

func (w *world) addImage(name, base string, more ...string) {
	w.home.addImage(name, w.path(base), more...)
}

// setEnv sets a variable for the commands that follow, until it is taken back.
func (w *world) setEnv(assignment string) (back func()) {
	was := w.env
	w.env = append(append([]string{}, was...), assignment)
	return func() { w.env = was }
}

// noSecret holds that no file of a layer has a secret, but for what the guest itself has in memory and on its disk.
func (w *world) noSecret(t *testing.T, secrets ...string) {
	t.Helper()
	read := 0
	err := filepath.WalkDir(w.layersDir(), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == "state" || e.Name() == "disk.qcow2" || filepath.Base(filepath.Dir(path)) == "bases" {
			return err
		}
		text, err := os.ReadFile(path)
		read++
		for _, s := range secrets {
			if bytes.Contains(text, []byte(s)) {
				t.Errorf("%s has the secret %q", path, s)
			}
		}
		return err
	})
	if err != nil || read < 20 {
		t.Errorf("read %d files, %v", read, err)
	}
}
