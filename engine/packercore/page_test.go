package packercore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"mvdan.cc/sh/v3/shell"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
	"github.com/ingot-build/ingot/plugins/all"
)

// pageBlock is a fenced block of docs/packer.md after a comment that says what it is: <!-- file NAME -->, run, steps or faults.
var pageBlock = regexp.MustCompile("(?s)<!-- (file|run|steps|faults)(?: (\\S+))? -->\n```[a-z]*\n(.*?)```\n")

// TestPage runs the examples of docs/packer.md. The machine is a scripted one; all else is what Ingot has.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/packer.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, nil)
	r.reg.Builders["ingot-qemu"] = func() packersdk.Builder { return &halfBuilder{r.builder, all.Builders()["ingot-qemu"]()} }
	r.reg.PostProcessors = all.PostProcessors()
	r.reg.Linked = map[string]string{"github.com/ingot-build/ingot": "0.1.0"}
	t.Chdir(r.dir)
	// What the builder made.
	if err := os.WriteFile("disk.qcow2", []byte("disk"), 0o644); err != nil {
		t.Fatal(err)
	}
	var prepared *packercore.Prepared
	var failed error
	count := map[string]int{}
	for _, m := range pageBlock.FindAllStringSubmatch(string(page), -1) {
		kind, name, text := m[1], m[2], m[3]
		count[kind]++
		switch kind {
		case "file":
			writeFolder(t, r.dir, map[string]string{name: text})
		case "run":
			r.opts = pageOptions(t, text)
			prepared, failed = packercore.Prepare(t.Context(), r.reg, r.opts)
		case "steps":
			if failed != nil {
				t.Fatal(failed)
			}
			got := ""
			for _, s := range prepared.Steps() {
				got += fmt.Sprintf("%-23s %s\n", s.ID, s.Title)
			}
			if diff := cmp.Diff(text, got); diff != "" {
				t.Errorf("steps (-page +got):\n%s", diff)
			}
			if _, err := prepared.Run(t.Context(), func(events.Event) {}); err != nil {
				t.Error(err)
			}
			prepared.Close()
		case "faults":
			got := ""
			for _, e := range packercore.TemplateErrors(failed) {
				got += e.Error() + "\n"
			}
			if diff := cmp.Diff(text, got); diff != "" {
				t.Errorf("faults (-page +got):\n%s", diff)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"file": 4, "run": 2, "steps": 1, "faults": 1}, count); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
	if got := string(r.builder.guest.Files()["/tmp/motd"]); got != "This is lab, installed over 127.0.0.1.\n" {
		t.Errorf("/tmp/motd is %q", got)
	}
	for _, name := range []string{"lab/lab.sha256", "lab/manifest.json"} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	for name, service := range hcl2.Refused {
		if !regexp.MustCompile("(?m)^\\| .*`" + name + "`.* \\| it would ask " + service + " \\|$").Match(page) {
			t.Errorf("the page does not say that %s asks %s", name, service)
		}
	}
}

// pageOptions reads the command line of an example.
func pageOptions(t *testing.T, text string) packercore.Options {
	t.Helper()
	words, err := shell.Fields(strings.TrimSpace(text), nil)
	if err != nil || len(words) < 3 || !slices.Equal(words[:2], []string{"ingot", "build"}) {
		t.Fatalf("%q is no build: %v", text, err)
	}
	o := packercore.Options{Dir: words[2], Vars: map[string]string{}}
	if info, err := os.Stat(words[2]); err != nil {
		t.Fatal(err)
	} else if !info.IsDir() {
		o.Dir, o.File = filepath.Dir(words[2]), filepath.Base(words[2])
	}
	for i := 3; i < len(words); i += 2 {
		name, value, ok := strings.Cut(words[i+1], "=")
		if words[i] != "--var" || !ok {
			t.Fatalf("%q: only --var is read here", text)
		}
		o.Vars[name] = value
	}
	return o
}
