package winrmserver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// python is Debian's, which has the package python3-winrm. Another one first on PATH may not see it.
const python = "/usr/bin/python3"

const script = `
import sys, winrm
endpoint, user, password, transport, ca = sys.argv[1:]
if transport != 'ntlm':
    password = password.encode() # or it would go out as Latin-1
s = winrm.Session(endpoint, auth=(user, password), transport=transport, ca_trust_path=ca)
def show(r): print(r.status_code, r.std_out, r.std_err)
show(s.run_cmd('echo', ['hello', 'there']))
show(s.run_ps("Write-Output 'x'; exit 4"))
p = s.protocol
shell = p.open_shell(env_vars={'A': 'b&c'}, working_directory='C:/Windows')
c = p.run_command(shell, 'cd & set A & exit 2')
print(p.get_command_output(shell, c))
p.cleanup_command(shell, c)
p.close_shell(shell)
try:
    p.run_command(shell, 'echo')
except Exception as e:
    print(e)
`

// TestPython has an independent client at it: one that was not written in Go, and that nobody at Packer's has looked at.
func TestPython(t *testing.T) {
	if out, err := exec.Command(python, "-c", "import winrm").CombinedOutput(); err != nil {
		t.Skipf("%s has no pywinrm: %v: %s\n  fix:  apt-get install python3-winrm", python, err, out)
	}
	for _, tc := range []struct {
		transport string
		opts      winrmserver.Options
	}{
		{"basic", winrmserver.Options{NoNTLM: true}},
		{"ssl", winrmserver.Options{TLS: true}},
		{"ntlm", winrmserver.Options{TLS: true, NoBasic: true}}, // without TLS it would encrypt its messages
	} {
		t.Run(tc.transport, func(t *testing.T) {
			t.Parallel()
			s, _ := start(t, tc.opts)
			ca := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(ca, s.Certificate(), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(python, "-c", script, s.Endpoint(), user, password, tc.transport, ca).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			want := []string{
				`0 b'hello there\r\n' b''`,
				`4 b'x\r\n' b''`,
				`(b'C:\\Windows\r\nA=b&c\r\n', b'', 2)`,
			}
			got := strings.Split(strings.TrimSpace(string(out)), "\n")
			if diff := cmp.Diff(want, got[:min(3, len(got))]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if last := got[len(got)-1]; !strings.Contains(last, "shell was not found") {
				t.Errorf("a closed shell: %s", last)
			}
		})
	}
}
