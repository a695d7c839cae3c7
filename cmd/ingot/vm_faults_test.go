package main_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// Each test here is a way for a build to go wrong in a real machine. Wanted each time: an error that says what, where, why and how
// to go on; the exit code; and nothing left behind, which newHome checks. What needs no machine to go wrong, such as Ctrl-C at each
// step of the story, is tested in engine/build on a scripted guest.

func TestScriptExitsNonZero(t *testing.T) {
	h := newTinyHome(t)
	template := h.template("fails", "echo one | tee /tmp/one", "echo looking\nngnix -t")
	h.keepingVM(template)
	// With the provisioners of Ingot's plugin, which emitted templates do not use, since Packer has its own of those names.
	ours := strings.NewReplacer(`provisioner "shell"`, `provisioner "ingot-shell"`, `provisioner "file"`, `provisioner "ingot-file"`)
	stock := h.withPackerOf(template, ours.Replace, "source_disk="+h.image)
	res := h.ingot("build", template)
	res.wantFailure(t, 1, `customizer "step1" exited with 127`, "fails.json:", "ngnix: not found", "remove it with: ingot clean", "ingot logs")
	if log := h.ingot("logs", "latest", "--step", "customize[1]"); !strings.Contains(log.stdout, "looking") {
		t.Errorf("the log does not show what the step printed:\n%s", log.stdout)
	}
	if runs := h.ingot("runs"); !strings.Contains(runs.stdout, "Failed") {
		t.Errorf("ingot runs:\n%s", runs.stdout)
	}
	h.lookInside("cat /tmp/one", "one\n")
	stock.wantExit(h, res.code, "ngnix: not found")
}

func TestBuildTimeout(t *testing.T) {
	h := newTinyHome(t)
	res := h.ingot("build", h.template("hangs", "sleep 100000"), "--timeout", "1s")
	res.wantFailure(t, 1, "the build timeout of 1s is over", "step boot", "--timeout")
}

func TestGuestNeverComesUp(t *testing.T) {
	h := newTinyHome(t)
	blank := filepath.Join(h.root, "blank.qcow2")
	if out, err := exec.Command("qemu-img", "create", "-f", "qcow2", blank, "64M").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	h.addImage("blank", blank, "--urn", "Nobody:nothing:none")
	template := h.template("blank", "true")
	text, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.NewReplacer(`"Debian"`, `"Nobody"`, `"debian-12"`, `"nothing"`, `"12-gen2"`, `"none"`).Replace(string(text)))
	if err := os.WriteFile(template, text, 0o600); err != nil {
		t.Fatal(err)
	}
	h.ingot("build", template).wantFailure(t, 1, "No bootable device", "fix:")

	// A guest that would come up, in time for nobody.
	res := h.ingot("build", h.template("slow", "true"), "--boot-timeout", "2s")
	res.wantFailure(t, 1, "build VM was not ready within 2s", "sshd answers", "fix:")
}

func TestGuestRebootsInTheMiddle(t *testing.T) {
	h := newTinyHome(t)
	res := h.ingot("build", h.template("reboots", "sudo reboot\nsleep 1000"))
	res.wantFailure(t, 1, `customizer "step0"`, "reboots.json:", "it rebooted, or stopped answering")
}

func TestQEMUIsKilled(t *testing.T) {
	h := newTinyHome(t)
	p := h.start("build", h.template("killed", "true"), "--output", "json")
	p.until("the guest's kernel spoke", func(e events.Event) bool {
		return e.Output != nil && e.Output.Stream == events.Console && strings.Contains(e.Output.Text, "Linux version")
	})
	for _, pid := range h.qemus() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	p.wait().wantFailure(t, 1, "QEMU ended", "killed")
}

func TestHostDiskFillsUp(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: a small file system cannot be mounted")
	}
	h := newTinyHome(t)
	small := filepath.Join(h.root, "small")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2200m", "tmpfs", small).CombinedOutput(); err != nil {
		t.Skipf("a small file system cannot be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", small).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	h.setState(filepath.Join(small, "state"))
	t.Cleanup(h.nothingLeft) // the one of newHome comes after umount
	res := h.ingot("build", h.template("fills", "sudo dd if=/dev/urandom of=/dev/vda bs=1M seek=1000 count=4000"))
	res.wantFailure(t, 1, `customizer "step0" failed`, "is full", "fix:")
}

// TestTwoBuildsAtOnce builds one template twice at the same time, and deletes the base image under both.
func TestTwoBuildsAtOnce(t *testing.T) {
	h := newTinyHome(t).fast()
	template := h.template("twin", "echo ready")
	a, b := h.start("build", template, "--output", "json"), h.start("build", template, "--output", "json")
	for _, p := range []*running{a, b} {
		p.untilStep("boot")
	}
	if err := os.RemoveAll(filepath.Join(h.root, "data/ingot/images/blobs")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*running{a, b} {
		if res := p.wait(); res.code != 0 {
			t.Errorf("exit code %d, want 0: a run keeps its base disk\n%s\n%s", res.code, lastLines(res.stdout, 20), res.stderr)
		}
	}
	res := h.ingot("gallery", "ls")
	for _, version := range []string{"0.0.1", "0.0.2"} {
		if !strings.Contains(res.stdout, version) {
			t.Errorf("version %s is missing:\n%s", version, res.stdout)
		}
	}
	h.ingot("build", h.template("next", "true")).wantFailure(t, 4, "debian-12", "fix:")
}

// TestInterrupt presses Ctrl-C, once: the run ends as cancelled and everything is taken back.
func TestInterrupt(t *testing.T) {
	for _, step := range []string{"boot", "write disk"} {
		t.Run(strings.ReplaceAll(step, " ", "-"), func(t *testing.T) {
			h := newTinyHome(t)
			if step != "boot" {
				h.fast()
			}
			p := h.start("build", h.template("stops", "echo ready; sleep 2"), "--output", "json")
			p.untilStep(step)
			if step == "boot" {
				time.Sleep(2 * time.Second) // into the boot: QEMU runs by then
			}
			p.signal(syscall.SIGINT)
			p.wait().wantFailure(t, 130)
			h.nothingLeft()
			if res := h.ingot("runs"); !strings.Contains(res.stdout, "Canceled") {
				t.Errorf("ingot runs:\n%s", res.stdout)
			}
		})
	}
	t.Run("resolve", func(t *testing.T) {
		h := newTinyHome(t)
		asked := make(chan struct{}, 10)
		srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			<-r.Context().Done()
		}))
		t.Cleanup(srv.Close)
		template := h.template("slow", "true")
		text, err := os.ReadFile(template)
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(strings.TrimPrefix(srv.URL, "http://"))
		slow := strings.Replace(string(text), `"inline": [
          "true"
        ]`, `"scriptUri": "http://127.0.0.1:`+port+`/slow.sh"`, 1)
		if err := os.WriteFile(template, []byte(slow), 0o600); err != nil {
			t.Fatal(err)
		}
		p := h.start("build", template)
		<-asked
		p.signal(syscall.SIGINT)
		p.wait().wantFailure(t, 130)
	})
}

// TestSecondInterrupt presses Ctrl-C twice: Ingot ends at once, without its clean-up, and the next command finds the rest.
func TestSecondInterrupt(t *testing.T) {
	h := newTinyHome(t)
	p := h.start("build", h.template("impatient", "echo ready; sleep 100000"), "--output", "json")
	p.until("the script printed", func(e events.Event) bool { return e.Output != nil && e.Output.Text == "ready" })
	p.signal(syscall.SIGINT)
	time.Sleep(20 * time.Millisecond)
	p.signal(syscall.SIGINT)
	p.wait().wantFailure(t, 130)
	if res := h.ingot("clean", "--yes"); res.code != 0 {
		t.Errorf("ingot clean: exit %d\n%s", res.code, res.stderr)
	}
}

// TestCancel asks another process to stop its run.
func TestCancel(t *testing.T) {
	h := newTinyHome(t).fast()
	p := h.start("build", h.template("cancelled", "echo ready; sleep 100000"), "--output", "json")
	p.untilStep("boot")
	if res := h.ingot("cancel", "latest"); res.code != 0 {
		t.Fatalf("ingot cancel: exit %d\n%s", res.code, res.stderr)
	}
	p.wait().wantFailure(t, 130)
	h.ingot("cancel", "latest").wantFailure(t, 2, "is not running")
}
