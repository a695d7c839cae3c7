package windowsupdate

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/shell"

	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/translate/check/powershell"
	"github.com/ingot-build/ingot/translate/script"
)

// pass is how the elevated runner is called, and down how the guest is restarted.
const (
	pass = "packer-elevated-shell-"
	down = "shutdown /r /f /t 0 "
)

// provision runs the provisioner on a guest whose passes end with these exit codes. A restart takes Packer five seconds.
func provision(t *testing.T, config string, exits ...int) (*provtest.Guest, *provtest.UI, error) {
	t.Helper()
	g, ui := &provtest.Guest{}, &provtest.UI{}
	for _, code := range exits {
		g.Rules = append(g.Rules, provtest.Rule{Contains: pass, Times: 1, Exit: code, Stdout: "Searching\n"})
	}
	g.Rules = append(g.Rules, provtest.Rule{Contains: "-EncodedCommand", Stdout: "BUILDVM restarted.\n"})
	p := New()
	if err := p.Prepare(provtest.Decode(t, p, config)); err != nil {
		t.Fatal(err)
	}
	return g, ui, p.Provision(t.Context(), ui, g, nil)
}

// did names what the guest was told: one word for each pass and each restart.
func did(g *provtest.Guest) string {
	var words []string
	for _, c := range g.Commands() {
		switch {
		case strings.Contains(c, pass):
			words = append(words, "pass")
		case strings.HasPrefix(c, down):
			words = append(words, "restart")
		}
	}
	return strings.Join(words, " ")
}

func TestPasses(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		exits        []int
		did, err     string
	}{
		{"nothing to do", "", []int{0}, "pass", ""},
		{"until nothing is left", "", []int{101, 0}, "pass restart pass", ""},
		{"a pass that fails is made again", "", []int{1, 0}, "pass restart pass", ""},
		{"not for ever", "update_max_retries = 1", []int{102, 102}, "pass restart pass",
			"2 passes in a row installed nothing though updates are left, or could not look: Script exited with non-zero exit status: 102"},
		{"a filter that is wrong stays wrong", "", []int{103}, "pass", "a filter cannot be evaluated"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			g, ui, err := provision(t, tc.config, tc.exits...)
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("got %v, want %q", err, tc.err)
			}
			var exit *shell.ErrorInvalidExitCode
			if last := tc.exits[len(tc.exits)-1]; err != nil && (!errors.As(err, &exit) || exit.Code != last) {
				t.Errorf("got %v, want one with exit code %d", err, last)
			}
			if got := did(g); got != tc.did {
				t.Errorf("it did %q, want %q", got, tc.did)
			}
			if !strings.Contains(strings.Join(ui.Said(), "\n"), "Searching") {
				t.Errorf("what the script says is not shown: %q", ui.Said())
			}
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := &provtest.Guest{Rules: []provtest.Rule{{Contains: pass, Hang: true, Then: cancel}}}
	t.Cleanup(g.Close)
	p := New()
	if err := p.Prepare(provtest.Decode(t, p, "")); err != nil {
		t.Fatal(err)
	}
	if err := p.Provision(ctx, &provtest.UI{}, g, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// deaf starts no command before the test ends, as WinRM waits for one that hangs.
type deaf struct {
	*provtest.Guest
	began func()
	end   <-chan struct{}
}

func (d deaf) Start(context.Context, *packersdk.RemoteCmd) error {
	d.began()
	<-d.end
	return errors.New("the connection is closed")
}

func TestCancelByWinRM(t *testing.T) {
	p := New()
	if err := p.Prepare(provtest.Decode(t, p, "")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan struct{})
	defer close(end)
	if err := p.Provision(ctx, &provtest.UI{}, deaf{&provtest.Guest{}, cancel, end}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// What the guest gets: the script with its orders, and a task of the local system that runs it.
func TestScript(t *testing.T) {
	g, _, err := provision(t, `filters = ["include:$_.Title -like 'é*'"]`, 0)
	if err != nil {
		t.Fatal(err)
	}
	var sent, task string
	for path, content := range g.Files() {
		if strings.Contains(path, "ingot-windows-update-") {
			sent = string(content)
			continue
		}
		task = string(content)
	}
	line, rest, _ := strings.Cut(sent, "\n")
	if rest != written(t) {
		t.Error("the script is not update.ps1 after its orders")
	}
	orders, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(line, "$orders = '"), "'"))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	want := `{"filters":[{"include":true,"expression":"$_.Title -like 'é*'"}],` +
		`"searchCriteria":"BrowseOnly=0 and IsInstalled=0","updateLimit":1000}`
	if diff := cmp.Diff(want, string(orders)); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
	if !strings.Contains(task, "<UserId>SYSTEM</UserId>") || !strings.Contains(task, "ingot-windows-update-") {
		t.Errorf("the task is not the local system's, or does not run the script:\n%s", task)
	}
}

// TestSyntax holds that the script is PowerShell, by the parser that image templates are checked with, and by PowerShell itself
// where there is one; and ASCII, which Windows PowerShell reads in the same way under every code page.
func TestSyntax(t *testing.T) {
	text := written(t)
	for i, c := range text {
		if c > 126 {
			t.Fatalf("byte %d is %q", i, c)
		}
	}
	if f := powershell.Parse(&script.Script{Text: text}); f.Err != nil {
		t.Errorf("%s at %q", f.Err.Text, text[f.Err.From:f.Err.To])
	}
	pwsh, err := exec.LookPath("pwsh")
	if err != nil {
		t.Log("PowerShell is not installed, so it was not asked")
		return
	}
	path, err := filepath.Abs("update.ps1")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(pwsh, "-NoProfile", "-Command", "$e = $null; [void][Management.Automation.Language.Parser]::ParseFile('"+
		path+"', [ref]$null, [ref]$e); $e; exit $e.Count").CombinedOutput()
	if err != nil {
		t.Errorf("PowerShell: %v\n%s", err, out)
	}
}

func written(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("update.ps1")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
