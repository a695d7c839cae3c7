package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	protocol "github.com/google/go-dap"

	"github.com/ingot-build/ingot/cmd/internal/dap"
)

func TestDAPExitCodes(t *testing.T) {
	hello := `{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}`
	bye := `{"seq":2,"type":"request","command":"disconnect"}`
	secret := `{"seq":2,"type":"request","command":"launch","arguments":{"template":"none.json","parameters":{"p":"hunter2"}}}`
	dir := t.TempDir()
	log := filepath.Join(dir, "dap.log")
	for _, tt := range []struct {
		name     string
		messages []string
		args     []string
		want     int
	}{
		{"an orderly end", []string{hello, bye}, nil, ExitDone},
		{"an editor that goes away", []string{hello}, nil, ExitFailed},
		{"a log", []string{hello, secret, bye}, []string{"--log", log}, ExitDone},
		{"a log that cannot be", nil, []string{"--log", filepath.Join(dir, "none", "x")}, ExitUsage},
		{"an argument", nil, []string{"web.json"}, ExitUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var in, out, complaints bytes.Buffer
			for _, m := range tt.messages {
				if err := protocol.WriteBaseMessage(&in, []byte(m)); err != nil {
					t.Fatal(err)
				}
			}
			env := Env{Stdin: &in, Stdout: &out, Stderr: &complaints, Getenv: func(string) string { return "" }}
			if got := Main(t.Context(), env, append([]string{"dap"}, tt.args...)); got != tt.want {
				t.Errorf("exit code %d, want %d: %s", got, tt.want, complaints.String())
			}
		})
	}
	text, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(text), "command=launch") || strings.Contains(string(text), "hunter2") {
		t.Errorf("the log is %q, %v", text, err)
	}
}

func TestLaunchOptions(t *testing.T) {
	o, err := launchOptions(dap.Launch{
		Template: "web.json", Cwd: "/w", Parameters: map[string]string{"b": "2", "a": "1=1"}, ParameterFiles: []string{"p.json", "/q.json"},
		CPUs: 2, Memory: 512, Accel: "tcg", Layers: "disk", NoCache: true, Args: []string{"--boot-timeout", "5m"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.file != "/w/web.json" || !slices.Equal(o.params, []string{"a=1=1", "b=2"}) || !slices.Equal(o.paramFiles, []string{"/w/p.json", "/q.json"}) {
		t.Errorf("the input is %+v", o.inputOptions)
	}
	if o.machine.CPUs != 2 || o.machine.MemoryMiB != 512 || o.machine.Accelerator != "tcg" || o.machine.BootTimeout != 5*time.Minute {
		t.Errorf("the machine is %+v", o.machine)
	}
	if o.layers.use != "disk" || !o.layers.noCache || o.timeout != 24*time.Hour {
		t.Errorf("the layers are %+v, the timeout %s", o.layers, o.timeout)
	}
	for _, tt := range []struct {
		launch dap.Launch
		want   string
	}{
		{dap.Launch{Memory: 12}, "--memory 12 is too little"},
		{dap.Launch{Layers: "of"}, "layers"},
		{dap.Launch{NoCache: true, Rebuild: "x"}, "does not go with --rebuild"},
		{dap.Launch{Timeout: "soon"}, "timeout"},
		{dap.Launch{Args: []string{"--nonsense"}}, "no flag --nonsense"},
		{dap.Launch{Args: []string{"other.json"}}, `"other.json", which is no flag`},
	} {
		if _, err := launchOptions(tt.launch); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.launch, err, tt.want)
		}
	}
}
