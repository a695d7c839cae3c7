package cli

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/watch"
)

const watchedTemplate = `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "location": "westeurope",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Nobody", "offer": "nothing", "sku": "none", "version": "latest"},
    "customize": [
      {"type": "Shell", "name": "setup", "scriptUri": "scripts/setup.sh"},
      {"type": "File", "name": "page", "sourceUri": "https://example.com/site/index.html", "destination": "/tmp/index.html"},
      {"type": "Shell", "name": "far", "scriptUri": "https://example.com/far.sh"}
    ],
    "distribute": [{"type": "VHD", "runOutputName": "disk"}]
  }
}`

// TestBuildWatch saves files beside a build that cannot succeed, for it has no source image: each save that could matter begins another.
func TestBuildWatch(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "web.json", watchedTemplate)
	write(t, "site/index.html", "hello")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &screen{news: make(chan struct{}, 1)}
	env := Env{Stdin: strings.NewReader(""), Stdout: s, Stderr: s, Getenv: func(name string) string {
		if kind, ok := strings.CutPrefix(name, "XDG_"); ok {
			return filepath.Join(dir, "home", kind)
		}
		return ""
	}}
	ended := make(chan int)
	go func() {
		ended <- Main(ctx, env, []string{"build", "web.json", "--watch", "--offline", "--override", "https://example.com/=."})
	}()
	s.until(t, "watching 4 files; Ctrl-C ends", 1)
	s.until(t, "there is no file "+filepath.Join(dir, "scripts/setup.sh"), 1)

	write(t, "scripts/setup.sh", "true\n")
	s.until(t, "watching 4 files", 2)
	s.until(t, "there is no file far.sh", 2) // of both builds: only the other one is there now

	write(t, "web.json", strings.Replace(watchedTemplate, `"customize"`, `"customise"`, 1))
	s.until(t, `"customise"`, 1)
	s.until(t, "watching 4 files", 3) // those that the template led to when it last made sense

	write(t, "web.json", strings.Replace(watchedTemplate, "far.sh", "site/index.html", 1))
	s.until(t, "watching 3 files", 1)

	cancel()
	if code := <-ended; code != ExitDone {
		t.Errorf("exit code %d, want %d", code, ExitDone)
	}
}

// TestLook holds what counts as a change of what a build is made of.
func TestLook(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "web.json", watchedTemplate)
	write(t, "scripts/setup.sh", "true\n")
	write(t, "index.html", "hello")
	w, err := watch.New()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var o buildOptions
	o.addFlags(&cobra.Command{}) // for what they are without any
	o.file = "web.json"
	look := func() *watched {
		t.Helper()
		now, err := o.look(t.Context(), &Env{}, w, nil)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	first := look()
	setup, err := filepath.Abs("scripts/setup.sh")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{setup, "web.json"}, first.files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name, file, text string
		same             bool
	}{
		{"white space in the template", "web.json", watchedTemplate + "\n\n", true},
		{"a file that no step names", "index.html", "bye", true},
		{"the name of a step", "web.json", strings.Replace(watchedTemplate, `"far"`, `"near"`, 1), false},
		{"a script", "scripts/setup.sh", "false\n", false},
	} {
		before := look()
		write(t, tt.file, tt.text)
		if got := look().sum == before.sum; got != tt.same {
			t.Errorf("%s: the same is %v, want %v", tt.name, got, tt.same)
		}
	}
}

func TestWatchRefused(t *testing.T) {
	for args, want := range map[string]string{
		"build a.json b.json --watch":          "--watch goes with one image template",
		"build - --watch":                      "--watch cannot watch standard input",
		"build a.json --watch --on azure":      "--watch does not go with --on azure",
		"build a.json --watch --on-error keep": "--watch does not go with --on-error keep",
		"build a.json --watch=image --until 1": "--watch=image does not go with --until",
		"build a.json --watch=often":           `"often" is not allowed`,
		"build a.pkr.hcl --watch":              "--watch",
	} {
		var out, errs strings.Builder
		env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
		if code := Main(t.Context(), env, strings.Fields(args)); code != ExitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit code %d\n%s", args, code, errs.String())
		}
	}
}
