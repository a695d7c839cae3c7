package cli

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestAzureMany builds three image templates at once, of which one fails and one cannot be read.
func TestAzureMany(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	named := func(name, customize string) string {
		file := w.template(jammy, customize, managedImage(name), "")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		to := strings.Replace(file, "web.json", name+".json", 1)
		if err := os.WriteFile(to, []byte(strings.Replace(string(text), `"name": "web"`, `"name": "`+name+`"`, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return to
	}
	good, other, bad := named("good", hello), named("other", hello), named("bad", fails)
	out := w.build(ExitPartly, good, other, bad, "--parallel", "3")
	for _, want := range []string{
		"good:", "hello from packer", "other:", "bad:", `customizer "nginx" exited with 7`, "2 of 3 image templates built\n", `"bad" failed: ingot logs `,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	w.left("/images/good", "/images/other")
	if out = w.build(ExitFailed, bad, bad); !strings.Contains(out, "0 of 2 image templates built") || !strings.Contains(out, "bad.json:") {
		t.Errorf("it says:\n%s", out)
	}
	signIns := 0
	for _, c := range w.sim.Calls() {
		if strings.HasPrefix(c.Path, "/msi/token") {
			signIns++
		}
	}
	if signIns > 4 { // of two calls of the program
		t.Errorf("%d sign-ins", signIns)
	}
	if out = w.build(ExitUsage, bad+"x", bad+"y"); !strings.Contains(out, "there is no file") {
		t.Errorf("it says:\n%s", out)
	}
}

func TestManyRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.json", goodTemplate)
	write(t, "b.json", goodTemplate)
	write(t, "c.pkr.hcl", "")
	for _, tt := range []struct{ args, want string }{
		{"a.json b.json --parallel -1", "--parallel -1 is negative"},
		{"a.json c.pkr.hcl", "c.pkr.hcl is a Packer template"},
		{"a.json b.json --on-error ask", "--on-error says nothing to several image templates"},
	} {
		code, _, errText := ingot(t, append([]string{"build"}, strings.Fields(tt.args)...)...)
		if code != ExitUsage || !strings.Contains(errText, tt.want) {
			t.Errorf("%s: exit code %d:\n%s", tt.args, code, errText)
		}
	}
}

func TestCodeOfMany(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx   context.Context
		codes map[int]int
		want  int
	}{
		{t.Context(), map[int]int{ExitDone: 3}, ExitDone},
		{t.Context(), map[int]int{ExitDone: 2, ExitFailed: 1}, ExitPartly},
		{t.Context(), map[int]int{ExitFailed: 2}, ExitFailed},
		{t.Context(), map[int]int{ExitFailed: 2, ExitTemplate: 1}, ExitFailed},
		{t.Context(), map[int]int{ExitTemplate: 2}, ExitTemplate},
		{t.Context(), map[int]int{ExitPartly: 1, ExitFailed: 1}, ExitPartly},
		{ended, map[int]int{ExitDone: 1, ExitCancelled: 2}, ExitCancelled},
	} {
		if got := codeOfMany(tt.ctx, tt.codes); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.codes, got, tt.want)
		}
	}
}
