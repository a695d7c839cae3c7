package powershell_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/powershell"
	"github.com/ingot-build/ingot/plugins/provtest"
	check "github.com/ingot-build/ingot/translate/check/powershell"
	"github.com/ingot-build/ingot/translate/script"
)

// Inline commands run in a frame, as a file; plugins/difftest holds that against Packer. That the frame is PowerShell is held here.
func TestInline(t *testing.T) {
	for _, tc := range []struct{ name, config, command, begins string }{
		{
			"by default", "",
			"powershell -executionpolicy bypass -file c:/Windows/Temp/step.ps1",
			"$ProgressPreference = 'SilentlyContinue'\ntry {\n. \"c:/Windows/Temp/vars.ps1\"\nfirst\nsecond\n",
		},
		{
			"options", "use_pwsh = true\ndebug_mode = 1\nexecution_policy = \"allsigned\"",
			"pwsh -executionpolicy allsigned -file c:/Windows/Temp/step.ps1",
			"$ProgressPreference = 'SilentlyContinue'\nSet-PSDebug -Trace 1\ntry {\n",
		},
		{
			"a command of its own", `execute_command = "run {{.Path}}"`,
			"run c:/Windows/Temp/step.ps1",
			"$ProgressPreference",
		},
		{
			"no policy", `execution_policy = "none"`,
			"-file c:/Windows/Temp/step.ps1",
			"$ProgressPreference",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, p := &provtest.Guest{}, powershell.New()
			config := "inline = [\"first\", \"second\"]\nskip_clean = true\n" + remote + tc.config
			for range 2 { // as the core does
				if err := p.Prepare(provtest.Decode(t, p, config)); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Provision(t.Context(), &provtest.UI{}, g, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tc.command}, g.Commands()); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			text := string(g.Files()["c:/Windows/Temp/step.ps1"])
			if !strings.HasPrefix(text, tc.begins) || strings.Count(text, "try {") != 1 {
				t.Errorf("got %s\nwant it to begin with %s", text, tc.begins)
			}
			if f := check.Parse(&script.Script{Text: text}); f.Err != nil {
				t.Errorf("%s at %q", f.Err.Text, text[f.Err.From:f.Err.To])
			}
		})
	}
}
