package shell_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/plugins/shell"
)

func TestConformance(t *testing.T) {
	provtest.Run(t, provtest.Subject{
		New: shell.New,
		// The retries are for guests that come back; here none does, and each would wait two seconds.
		Config: func(path string) string {
			return fmt.Sprintf("script = %q\nremote_file = \"step.sh\"\nstart_retry_timeout = \"1ns\"", path)
		},
		Runs: "; PACKER_",
	})
}

func TestCommand(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		want         []string
	}{
		{
			"by default", "",
			[]string{
				"chmod 0755 /tmp/step.sh",
				"chmod +x /tmp/step.sh; PACKER_BUILDER_TYPE='ingot-qemu' PACKER_BUILD_NAME='image'  /tmp/step.sh",
				"rm -f /tmp/step.sh",
				"rm -f ",
			},
		},
		{
			"as root, with nothing after it",
			"execute_command = \"chmod +x {{.Path}}; sudo env {{.Vars}} {{.Path}}\"\nskip_clean = true",
			[]string{
				"chmod 0755 /tmp/step.sh",
				"chmod +x /tmp/step.sh; sudo env PACKER_BUILDER_TYPE='ingot-qemu' PACKER_BUILD_NAME='image'  /tmp/step.sh",
			},
		},
		{
			"the template's own environment wins",
			"env = { PACKER_BUILDER_TYPE = \"it's mine\" }\nskip_clean = true",
			[]string{
				"chmod 0755 /tmp/step.sh",
				"chmod +x /tmp/step.sh; PACKER_BUILDER_TYPE='it'\"'\"'s mine' PACKER_BUILD_NAME='image'  /tmp/step.sh",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "step.sh")
			if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p, g := shell.New(), &provtest.Guest{}
			config := provtest.Decode(t, p, fmt.Sprintf("script = %q\nremote_file = \"step.sh\"\n%s", path, tc.config))
			core := map[string]any{"packer_build_name": "image", "packer_builder_type": "ingot-qemu"}
			if err := p.Prepare(core, config); err != nil {
				t.Fatal(err)
			}
			if err := p.Provision(t.Context(), &provtest.UI{}, g, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, g.Commands()); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLineEnds(t *testing.T) {
	long := "DATA=" + strings.Repeat("A", 70<<10)
	for _, tc := range []struct{ name, script, want, err string }{
		{"Windows line ends are turned into Unix ones", "#!/bin/sh\r\necho one\r\necho two", "#!/bin/sh\necho one\necho two\n", ""},
		{"a line over 64 KiB arrives", "#!/bin/sh\n" + long + "\n", "#!/bin/sh\n" + long + "\n", ""},
		{"a line over 64 KiB among Windows line ends", "#!/bin/sh\r\n" + long + "\r\n", "", "line 2 has 71687 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "step.sh")
			if err := os.WriteFile(path, []byte(tc.script), 0o600); err != nil {
				t.Fatal(err)
			}
			p, g := shell.New(), &provtest.Guest{}
			err := p.Prepare(provtest.Decode(t, p, fmt.Sprintf(
				"script = %q\nremote_file = \"step.sh\"\nskip_clean = true", path)))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("got %v, want %q", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Provision(t.Context(), &provtest.UI{}, g, nil); err != nil {
				t.Fatal(err)
			}
			if got := string(g.Files()["/tmp/step.sh"]); got != tc.want {
				t.Errorf("arrived %.60q, want %.60q", got, tc.want)
			}
		})
	}
}
