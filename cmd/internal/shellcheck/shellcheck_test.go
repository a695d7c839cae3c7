package shellcheck_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/cmd/internal/shellcheck"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
	"github.com/ingot-build/ingot/translate/template"
)

const source = `{"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "properties": {
  "customize": [
    {"type": "Shell", "inline": ["echo \"ä\"\t$x", "ls"]},
    {"type": "Shell", "scriptUri": "https://x/s.sh"},
    {"type": "Shell", "scriptUri": "https://x/s.py"},
    {"type": "PowerShell", "inline": ["ls"]}
  ]
}}`

// scripts takes the scripts out of the template above. At s.sh and s.py are these texts.
func scripts(t *testing.T, sh, py string) []*script.Script {
	t.Helper()
	n, list := armjson.Parse("t.json", []byte(source))
	if list.HasErrors() {
		t.Fatal(list)
	}
	made, _ := template.Decode(n)
	return script.Of(made, map[string][]byte{"t.json": []byte(source)}, func(uri, _ string) (string, []byte, bool) {
		if strings.HasSuffix(uri, "py") {
			return "s.py", []byte(py), true
		}
		return "s.sh", []byte(sh), true
	})
}

// fake answers for the program: by the dialect that it is asked for.
type fake struct {
	answers map[string]string
	err     error

	mu    sync.Mutex
	stdin []string
}

func (f *fake) Run(_ context.Context, c runcmd.Cmd) ([]byte, error) {
	if c.Path != "shellcheck" {
		return nil, fmt.Errorf("%s was run", c.Path)
	}
	for _, arg := range c.Args {
		if dialect, ok := strings.CutPrefix(arg, "--shell="); ok {
			text := new(strings.Builder)
			for buf := make([]byte, 100); ; {
				n, err := c.Stdin.Read(buf)
				if text.Write(buf[:n]); err != nil {
					break
				}
			}
			f.mu.Lock()
			f.stdin = append(f.stdin, dialect+": "+text.String())
			f.mu.Unlock()
			return []byte(f.answers[dialect]), f.err
		}
	}
	return nil, f.err
}

func render(list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s (%s) %s\n", d, d.Path, d.Why)
	}
	return b.String()
}

func TestCheck(t *testing.T) {
	found := &runcmd.ExitError{Program: "shellcheck", Code: 1}
	comment := func(line, column, endLine, endColumn, code int, level string) string {
		return fmt.Sprintf(`{"comments":[{"file":"-","line":%d,"column":%d,"endLine":%d,"endColumn":%d,"level":%q,"code":%d,"message":"Careful."}]}`,
			line, column, endLine, endColumn, level, code)
	}
	const none = `{"comments":[]}`
	for _, tt := range []struct {
		name    string
		runner  *fake
		found   diag.List
		want    string
		wantErr string
	}{
		{"nothing", &fake{answers: map[string]string{"sh": none, "bash": none}}, nil, "", ""},
		{"inline: a tab and a letter are one column each, and escaped in the template",
			&fake{answers: map[string]string{"sh": comment(1, 10, 1, 12, 2154, "warning"), "bash": none}, err: found}, nil,
			"t.json:3:47: warning: shellcheck: SC2154 Careful [ING2290] (properties.customize[0].inline[0]) \n", ""},
		{"in a file", &fake{answers: map[string]string{"sh": none, "bash": comment(2, 3, 2, 5, 2006, "style")}, err: found}, nil,
			"s.sh:2:3: info: shellcheck: SC2006 Careful [ING2290] (properties.customize[1].scriptUri) \n", ""},
		{"places behind the ends", &fake{answers: map[string]string{"sh": comment(2, 99, 9, 9, 2006, "error"), "bash": comment(0, 0, 0, 0, 2006, "info")}, err: found}, nil,
			"t.json:3:55: warning: shellcheck: SC2006 Careful [ING2290] (properties.customize[0].inline[1]) \n" +
				"s.sh:1:1: info: shellcheck: SC2006 Careful [ING2290] (properties.customize[1].scriptUri) \n", ""},
		{"what does not parse is said once", &fake{answers: map[string]string{"sh": comment(1, 1, 1, 2, 1073, "error"), "bash": comment(1, 1, 1, 2, 1073, "error")}, err: found},
			diag.List{{Code: "ING2201", Path: "properties.customize[0].inline[1]"}},
			"s.sh:1:1: warning: shellcheck: SC1073 Careful [ING2290] (properties.customize[1].scriptUri) \n", ""},
		{"what a rule has said of the same command", &fake{answers: map[string]string{"sh": comment(1, 10, 1, 12, 2024, "warning"), "bash": none}, err: found},
			diag.List{{Code: "ING2208", Path: "properties.customize[0].inline[0]", Subject: diag.Range{File: "t.json", Start: diag.Pos{Line: 3}, End: diag.Pos{Line: 3}}}},
			"", ""},
		{"what a rule has said of another command", &fake{answers: map[string]string{"sh": comment(1, 10, 1, 12, 3010, "warning"), "bash": none}, err: found},
			diag.List{{Code: "ING2202", Path: "properties.customize[0].inline[1]", Subject: diag.Range{File: "t.json", Start: diag.Pos{Line: 3}, End: diag.Pos{Line: 3}}}},
			"t.json:3:47: warning: shellcheck: SC3010 Careful [ING2290] (properties.customize[0].inline[0]) \n", ""},
		{"no JSON", &fake{answers: map[string]string{"sh": "oops", "bash": none}}, nil,
			"t.json:3:33: info: shellcheck could not look at this script [ING2290] (properties.customize[0].inline) its answer is no JSON: " +
				"invalid character 'o' looking for beginning of value\n", ""},
		{"it breaks", &fake{err: &runcmd.ExitError{Program: "shellcheck", Code: 2, Stderr: "no"}}, nil,
			"t.json:3:33: info: shellcheck could not look at this script [ING2290] (properties.customize[0].inline) shellcheck  exited with 2: no\n" +
				"s.sh:1:1: info: shellcheck could not look at this script", ""},
		{"it is not there", &fake{err: &runcmd.MissingError{Program: "shellcheck"}}, nil, "", ""},
		{"the host is in trouble", &fake{err: errors.New("no memory")}, nil, "", "no memory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := scripts(t, "#!/bin/bash\n# ä `x`\n", "#!/usr/bin/python3\n")
			got, err := shellcheck.New(tt.runner).Check(t.Context(), all, tt.found, false)
			if (err == nil) != (tt.wantErr == "") || err != nil && err.Error() != tt.wantErr {
				t.Fatal(err)
			}
			if text := render(got); tt.name == "it breaks" && strings.Count(text, "could not look") != 2 {
				t.Errorf("%s", text)
			} else if diff := cmp.Diff(tt.want, text); diff != "" && tt.name != "it breaks" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			for _, asked := range tt.runner.stdin {
				if strings.Contains(asked, "python") || !strings.HasPrefix(asked, "sh: echo") && !strings.HasPrefix(asked, "bash: #!/bin/bash") {
					t.Errorf("it was asked about %q", asked)
				}
			}
		})
	}
}

// A command that is not known may set the variable, or end the loop.
func TestGaps(t *testing.T) {
	answer := `{"comments":[{"line":1,"column":1,"endLine":1,"endColumn":2,"level":"warning","code":2154,"message":"x"},
		{"line":1,"column":1,"endLine":1,"endColumn":2,"level":"error","code":1073,"message":"y"},
		{"line":1,"column":1,"endLine":1,"endColumn":2,"level":"info","code":2086,"message":"z"}]}`
	all := scripts(t, "", "")[:1]
	all[0].Gaps = []int{1}
	got, err := shellcheck.New(&fake{answers: map[string]string{"sh": answer}}).Check(t.Context(), all, nil, false)
	if err != nil || len(got) != 1 || !strings.Contains(got[0].Summary, "SC2086") {
		t.Errorf("%v %v", got, err)
	}
}

func TestLarge(t *testing.T) {
	runner := &fake{answers: map[string]string{"sh": `{"comments":[]}`}}
	got, err := shellcheck.New(runner).Check(t.Context(), scripts(t, "#!/bin/bash\n"+strings.Repeat("#", 300<<10), ""), nil, false)
	if err != nil || len(got) != 1 || got[0].Why != "it has more than 256 KiB" || len(runner.stdin) != 1 {
		t.Errorf("%v %v", got, err)
	}
}

func TestRequired(t *testing.T) {
	missing := shellcheck.New(&fake{err: &runcmd.MissingError{Program: "shellcheck"}})
	_, err := missing.Check(t.Context(), nil, nil, true)
	var host *service.HostError
	if !errors.As(err, &host) || !strings.Contains(host.Fix, "apt-get install shellcheck") {
		t.Errorf("%v", err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := shellcheck.New(&fake{}).Check(ctx, scripts(t, "", ""), nil, false)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// The program itself finds at the right place what it is known for.
func TestProgram(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("shellcheck is not installed: make setup installs it")
	}
	got, err := shellcheck.New(runcmd.Host{}).Check(t.Context(), scripts(t, "#!/bin/bash\nfor f in $(ls *.sh); do echo \"$f\"; done\n", ""), nil, true)
	if err != nil {
		t.Fatal(err)
	}
	text := render(got)
	for _, want := range []string{
		"t.json:3:47: warning: shellcheck: SC2154 x is referenced but not assigned [ING2290] (properties.customize[0].inline[0])",
		"s.sh:2:", "SC2045",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
