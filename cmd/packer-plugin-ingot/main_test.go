package main

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/packer-plugin-sdk/version"
)

// TestComponents holds the set against the page that describes it: each component with the name that a template uses.
func TestComponents(t *testing.T) {
	set := components(version.NewPluginVersion(number, prerelease, ""))
	if diff := cmp.Diff([]string{"nspawn", "qemu"}, slices.Sorted(maps.Keys(set.Builders))); diff != "" {
		t.Errorf("builders (-want +got):\n%s", diff)
	}
	want := []string{"file", "powershell", "shell", "windows-restart", "windows-update"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(set.Provisioners))); diff != "" {
		t.Errorf("provisioners (-want +got):\n%s", diff)
	}
	page, err := os.ReadFile("../../docs/packer-plugin.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range maps.Keys(set.Provisioners) {
		if !strings.Contains(string(page), "`ingot-"+name+"`") {
			t.Errorf("docs/packer-plugin.md does not name ingot-%s", name)
		}
	}
	for name, b := range set.Builders {
		for attribute := range b.ConfigSpec() {
			if !strings.HasPrefix(attribute, "packer_") && !strings.Contains(string(page), "`"+attribute+"`") {
				t.Errorf("docs/packer-plugin.md does not name %s of ingot-%s", attribute, name)
			}
		}
	}
}

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"by hand", nil, 2, "", "packer plugins install"},
		{"version", []string{"version"}, 0, "packer-plugin-ingot 0.1.0-dev\n", ""},
		{"unknown", []string{"build"}, 1, "", `Unknown command: "build"`},
		{"not by Packer", []string{"start", "builder", "qemu"}, 1, "", "error: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(tt.args, &stdout, &stderr); got != tt.code {
				t.Errorf("exit code %d, want %d", got, tt.code)
			}
			if stdout.String() != tt.stdout || !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("said %q and %q, want %q and %q", stdout.String(), stderr.String(), tt.stdout, tt.stderr)
			}
		})
	}
}
