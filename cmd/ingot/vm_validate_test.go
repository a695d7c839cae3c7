package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
)

// wantValidated checks that an image went through its validators, on a machine that was made from it.
func (h *home) wantValidated(made ending) {
	h.t.Helper()
	if made.Result.Validation != "Succeeded" {
		h.t.Errorf("the validation is %q", made.Result.Validation)
	}
	log, err := os.ReadFile(made.Result.ValidationLog)
	if err != nil {
		h.t.Fatal(err)
	}
	const end = "ui:     ingot-qemu: a machine made from the image is as wanted"
	if !strings.Contains(string(log), end) || strings.Contains(string(log), "customize[") {
		h.t.Errorf("validation.log wants %q, and nothing of the build:\n%s", end, lastLines(string(log), 20))
	}
	run := h.shown("latest")
	steps := map[string]string{}
	for _, s := range run.Steps {
		steps[s.ID] = s.Phase
	}
	if run.Validation != "Succeeded" || run.Kept != "" || steps["validate[0]"] != "done" || steps["validate[1]"] != "done" {
		h.t.Errorf("ingot runs show: %+v", run)
	}
}

// shownRun is what ingot runs show tells.
type shownRun struct {
	State      string `json:"runState"`
	SubState   string `json:"runSubState"`
	Validation string
	Kept       string
	Steps      []struct{ ID, Phase string }
}

func (h *home) shown(ref string) (run shownRun) {
	h.t.Helper()
	res := h.ingot("runs", "show", ref, "--output", "json")
	if err := json.Unmarshal([]byte(res.stdout), &run); res.code != 0 || err != nil {
		h.t.Fatalf("ingot runs show: exit %d, %v\n%s", res.code, err, res.stderr)
	}
	return run
}

// TestValidatorFails distributes an image that is not valid, and keeps the validation VM.
func TestValidatorFails(t *testing.T) {
	h := newTinyHome(t).fast()
	template := h.template("invalid", "echo built | sudo tee /built")
	h.keepingVM(template)
	h.change(template, `"properties": {`, `"properties": {"validate": {"continueDistributeOnFailure": true, "inVMValidations": [
		{"type": "Shell", "name": "isBuilt", "inline": ["cat /built", "echo seen | sudo tee /seen"]},
		{"type": "Shell", "name": "isValid", "inline": ["echo looking", "echo it is not >&2", "exit 3"]}]},`)
	res := h.ingot("build", template)
	res.wantFailure(t, 1, `validator "isValid" exited with 3`, "invalid.json:", "step validate[1]", "last line: it is not",
		"the image was distributed all the same", "remove it with: ingot clean", "validation.log")
	if out := h.ingot("gallery", "ls"); !strings.Contains(out.stdout, "images/invalid") {
		t.Errorf("ingot gallery ls:\n%s", out.stdout)
	}
	if run := h.shown("latest"); run.State != "Failed" || run.SubState != "Distributing" || run.Validation != "Failed" {
		t.Errorf("ingot runs show: %+v", run)
	}
	h.lookInside("cat /built /seen", "built\nseen\n")
}

// TestKilledWhileItValidates ends Ingot by kill -9 in a validator. A VM that may have to be kept outlives that; the ledger has it.
func TestKilledWhileItValidates(t *testing.T) {
	h := newTinyHome(t)
	template := h.template("doomed", "true")
	h.keepingVM(template)
	h.change(template, `"properties": {`, `"properties": {"validate": {"inVMValidations": [
		{"type": "Shell", "inline": ["echo ready", "sleep 100000"]}]},`)
	p := h.start("build", template, "--output", "json")
	p.until("the validator printed", func(e events.Event) bool {
		return e.Step == "validate[0]" && e.Output != nil && e.Output.Text == "ready"
	})
	p.signal(syscall.SIGKILL)
	p.wait()
	if n := len(h.machines()); n != 1 {
		t.Errorf("%d VMs run", n)
	}
	if res := h.ingot("clean", "--yes"); res.code != 0 || !strings.Contains(res.stdout, "validation VM ingot-") {
		t.Errorf("ingot clean: exit %d\n%s\n%s", res.code, res.stdout, res.stderr)
	}
	h.nothingLeft()
}

// keepingVM has an image template keep the VM in which a step fails. It is ended with the test, whatever that does.
func (h *home) keepingVM(template string) {
	h.t.Helper()
	h.t.Cleanup(func() {
		for _, pid := range h.machines() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	h.change(template, `"properties": {`, `"properties": {"errorHandling": {"onCustomizerError": "abort", "onValidationError": "abort"},`)
}

// change replaces a part of an image template.
func (h *home) change(template, old, by string) {
	h.t.Helper()
	text, err := os.ReadFile(template)
	if err != nil {
		h.t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, by, 1)
	if changed == string(text) {
		h.t.Fatalf("%s has no %s", template, old)
	}
	if err := os.WriteFile(template, []byte(changed), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// lookInside logs in to the VM that the last run kept, the way that it says, and removes it.
func (h *home) lookInside(command, want string) {
	h.t.Helper()
	way := h.shown("latest").Kept
	if _, err := exec.LookPath("ssh"); err != nil {
		h.t.Log("ssh is not installed: the way into the kept VM was not gone")
	} else if out, err := exec.Command("sh", "-c", way+" "+command).CombinedOutput(); err != nil || string(out) != want {
		h.t.Errorf("%s %s: %v: %q, want %q", way, command, err, out, want)
	}
	if n := len(h.machines()); n != 1 {
		h.t.Errorf("%d VMs run after a run that keeps one", n)
	}
	if res := h.ingot("clean"); !strings.Contains(res.stdout, "kept: "+way) {
		h.t.Errorf("ingot clean lists:\n%s", res.stdout)
	}
	if res := h.ingot("clean", "--yes"); res.code != 0 {
		h.t.Errorf("ingot clean: exit %d\n%s", res.code, res.stderr)
	}
	h.nothingLeft()
}
