package difftest

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

const (
	user     = "packer"
	password = "s3cret Pä$$"
)

// restart is how long machines are away: longer than Packer needs from one command to the next on a busy host, and not longer
// than it waits before it looks whether the machine is back.
const restart = 4 * time.Second

// windowsCase is a configuration and the machine that it meets.
type windowsCase struct {
	name    string
	config  string                  // provisioner blocks
	machine func(*winguest.Machine) // makes the machine special; nil: it is not
	pause   time.Duration           // of a restart; 0: see restart
	fails   string                  // a part of the error, as Packer has it; "": it succeeds
	// differ changes what Ingot did into what Packer did, where the two differ on purpose; nil: they do not. See
	// docs/customizers.md.
	differ func(*told)
	check  func(*testing.T, *winguest.Machine) // looks at Ingot's machine; nil: what was compared is enough
}

// told is what a machine was told and what that came to.
type told struct {
	Commands []string // see readable
	Tasks    []winguest.Task
	Files    map[string]string // what is left, by path
	Error    string
	Boots    int
	Unknown  []string
}

// script is the file that most cases run; Files has the others.
var files = map[string]string{
	"hello.ps1":     "Write-Output \"hello $env:NAME\"\n",
	"exit3.ps1":     "Write-Output 'before'\nexit 3\n",
	"throw.ps1":     "throw 'it broke'\n",
	"stderr.ps1":    "Write-Error 'careful'\nWrite-Output 'done'\n",
	"native.ps1":    "cmd /c exit 5\n",
	"batch.cmd":     "@echo off\r\nif exist C:\\Windows\\Temp echo there\r\n",
	"crlf.ps1":      "Write-Output 'a'\r\nWrite-Output 'b'\r\n",
	"bom.ps1":       "\ufeffWrite-Output 'bom'\n",
	"noeol.ps1":     "Write-Output 'no end of line'",
	"bytes.ps1":     "# caf\xe9 \x00\xff\nWrite-Output 'bytes'\n",
	"large.ps1":     strings.Repeat("# a comment to make it long\n", 1000) + "Write-Output 'large'\n",
	"restarts.ps1":  "Restart-Computer -Force\nexit 0\n",
	"empty.txt":     "",
	"data.bin":      "\x00\x01\xff\r\n\x1a end",
	"dir/a.txt":     "a",
	"dir/sub/b.txt": "b",
	"a name.txt":    "spaces",
	"large.bin":     strings.Repeat("0123456789", 5000),
	"template.ps1":  "Write-Output '{{ .Path }}'\n",
}

// machines starts a machine for each case and writes a template that runs every case against its own. Configurations name
// files as if they were in the working directory.
func machines(t *testing.T, dir string, cases []windowsCase, files map[string]string) []*winguest.Machine {
	t.Helper()
	write(t, dir, files)
	var (
		all []*winguest.Machine
		hcl strings.Builder
	)
	for i, tc := range cases {
		m := winguest.New(user, password)
		if tc.machine != nil {
			tc.machine(m)
		}
		// Half of them speak HTTPS, and half log in by NTLM.
		s, err := winrmserver.Start(m, winrmserver.Options{User: user, Password: password, TLS: i%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		pause := max(tc.pause, restart)
		m.Down = func() func() {
			back := s.Restart(pause)
			return func() { _ = back() } // without a service the case fails
		}
		all = append(all, m)
		fmt.Fprintf(&hcl, `
source "null" "c%[1]d" {
  communicator   = "winrm"
  winrm_host     = "127.0.0.1"
  winrm_port     = %[2]d
  winrm_username = %[3]q
  winrm_password = %[4]q
  winrm_use_ssl  = %[5]v
  winrm_insecure = true
  winrm_use_ntlm = %[6]v
}
build {
  name    = "c%[1]d"
  sources = ["source.null.c%[1]d"]
%[7]s
}
`, i, s.Port(), user, password, i%2 == 0, i%4 < 2, inPlace(files, tc.config))
	}
	write(t, dir, map[string]string{"image.pkr.hcl": hcl.String()})
	return all
}

// inPlace puts the template's folder before the files that a configuration names.
func inPlace(files map[string]string, config string) string {
	var names []string
	for _, name := range append(slices.Collect(maps.Keys(files)), "dir", "dir/", "back.bin") {
		names = append(names, strconv.Quote(name), strconv.Quote("${path.root}/"+name))
	}
	return strings.NewReplacer(names...).Replace(config)
}

// buildName is what builds of machines' template are called.
func buildName(i int) string { return fmt.Sprintf("c%d.null.c%d", i, i) }

var (
	echo    = regexp.MustCompile(`^echo ([A-Za-z0-9+/=]+) >> "(%TEMP%\\winrmcp-[^"]*)"$`)
	encoded = regexp.MustCompile(`^(powershell.exe -EncodedCommand )([A-Za-z0-9+/=]+)$`)
	unique  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	local   = regexp.MustCompile(`[^ ]*/(powershell-provisioner|pkr-file-content)[0-9]+`)
)

// summary tells what a machine was told, such that two machines can be compared.
func summary(m *winguest.Machine, failed string) told {
	ids := map[string]string{}
	plain := func(text string) string {
		return unique.ReplaceAllStringFunc(text, func(id string) string {
			if ids[id] == "" {
				ids[id] = fmt.Sprintf("<id %d>", len(ids)+1)
			}
			return ids[id]
		})
	}
	w := told{Files: map[string]string{}, Boots: m.Boots(), Error: plain(local.ReplaceAllString(failed, "<temporary file>"))}
	for _, line := range readable(m.Journal()) {
		w.Commands = append(w.Commands, plain(line))
	}
	for _, task := range m.Tasks() {
		task.Command = plain(task.Command)
		w.Tasks = append(w.Tasks, task)
	}
	for _, path := range m.Files() {
		content, err := m.ReadFile(path)
		if err != nil {
			panic(err) // it was listed
		}
		w.Files[plain(path)] = plain(framed(string(content)))
	}
	for _, text := range m.Unknown() {
		w.Unknown = append(w.Unknown, plain(text))
	}
	return w
}

// readable decodes command lines, and makes one of those that carry a file in pieces.
func readable(journal []string) []string {
	var (
		out     []string
		to      string
		content []byte
		pieces  []int
	)
	flush := func() {
		if to != "" {
			size := ""
			if len(pieces) > 1 {
				size = fmt.Sprintf(" in pieces of %v bytes", pieces)
			}
			out = append(out, fmt.Sprintf("upload %s%s:\n%s", to, size, framed(string(content))))
		}
		to, content, pieces = "", nil, nil
	}
	for _, line := range journal {
		if m := echo.FindStringSubmatch(line); m != nil {
			data, err := base64.StdEncoding.DecodeString(m[1])
			if err == nil {
				if to != m[2] {
					flush()
				}
				to, content, pieces = m[2], append(content, data...), append(pieces, len(data))
				continue
			}
		}
		flush()
		if m := encoded.FindStringSubmatch(line); m != nil {
			data, err := base64.StdEncoding.DecodeString(m[2])
			if err == nil {
				line = m[1] + text(data)
			}
		}
		out = append(out, line)
	}
	flush()
	return out
}

// framed reduces a script made of inline commands to those commands: Packer and Ingot put frames of their own around them.
// Both read the environment and set the exit code, which is compared.
func framed(script string) string {
	_, body, ok := strings.Cut(script, "try {")
	body, end, ok2 := strings.Cut(body, "} catch {")
	if !ok || !ok2 || !strings.Contains(end, "LASTEXITCODE") {
		return script
	}
	trace := regexp.MustCompile(`(?i)set-psdebug -trace \d`).FindString(script)
	lines := []string{"inline, " + strings.ToLower(trace)}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasSuffix(line, "xitCode = 0"):
		case strings.HasPrefix(line, "$env:") && strings.Contains(line, "PACKER_BUILD"):
		case strings.HasPrefix(line, ". \"c:/"):
		default:
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// text is UTF-16 as Go has it.
func text(b []byte) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// TestWindows runs every configuration by Packer and by Ingot.
func TestWindows(t *testing.T) {
	t.Parallel()
	diff(t, windowsCases, files)
}

// diff runs cases by both and compares. Most of the time both wait, so everything runs at once.
func diff(t *testing.T, cases []windowsCase, files map[string]string, plugins ...testtools.Plugin) {
	t.Helper()
	unlessShort(t)
	stockDir, ownDir := t.TempDir(), t.TempDir()
	stockMachines, ownMachines := machines(t, stockDir, cases, files), machines(t, ownDir, cases, files)
	run := stock(t, stockDir, plugins...)
	failed := own(t, ownDir)
	var got []told
	for i, m := range ownMachines {
		got = append(got, summary(m, failed[buildName(i)]))
	}
	failed, err := run()
	if err != nil {
		t.Fatal(err)
	}
	for i, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			want := summary(stockMachines[i], failed[buildName(i)])
			if (tc.fails == "") != (want.Error == "") || !strings.Contains(want.Error, tc.fails) {
				t.Errorf("Packer's error is %q, want %q", want.Error, tc.fails)
			}
			if len(want.Unknown) > 0 {
				t.Errorf("the machine did not understand what Packer sent: %.1000q", want.Unknown)
			}
			if tc.check != nil {
				tc.check(t, ownMachines[i])
			}
			if tc.differ != nil {
				tc.differ(&got[i])
			}
			if diff := cmp.Diff(want, got[i]); diff != "" {
				t.Errorf("(-Packer +Ingot):\n%s", diff)
			}
		})
	}
}
