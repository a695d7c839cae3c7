package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
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
	Validation, Kept string
	Steps            []struct{ ID, Phase string }
}

func (h *home) shown(ref string) (run shownRun) {
	h.t.Helper()
	res := h.ingot("runs", "show", ref, "--output", "json")
	if err := json.Unmarshal([]byte(res.stdout), &run); res.code != 0 || err != nil {
		h.t.Fatalf("ingot runs show: exit %d, %v\n%s", res.code, err, res.stderr)
	}
	return run
}

// keepingVM has an image template keep the VM in which a step fails. It is ended with the test, whatever that does.
func (h *home) keepingVM(template string) {
	h.t.Helper()
	h.t.Cleanup(func() {
		for _, pid := range h.qemus() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	text, err := os.ReadFile(template)
	if err != nil {
		h.t.Fatal(err)
	}
	changed := strings.Replace(string(text), `"properties": {`,
		`"properties": {"errorHandling": {"onCustomizerError": "abort", "onValidationError": "abort"},`, 1)
	if changed == string(text) {
		h.t.Fatal("the template has no properties")
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
	if n := len(h.qemus()); n != 1 {
		h.t.Errorf("%d VMs run after a run that keeps one", n)
	}
	if res := h.ingot("clean"); !strings.Contains(res.stdout, "kept for a look inside: "+way) {
		h.t.Errorf("ingot clean lists:\n%s", res.stdout)
	}
	if res := h.ingot("clean", "--yes"); res.code != 0 {
		h.t.Errorf("ingot clean: exit %d\n%s", res.code, res.stderr)
	}
	h.nothingLeft()
}
