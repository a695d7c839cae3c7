package detach

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// The files of the guest's half; head.ps1 says what they may have in them.
var (
	//go:embed windows/head.ps1
	windowsHead string
	//go:embed windows/start.ps1
	windowsStart string
	//go:embed windows/watch.ps1
	windowsWatch string
	//go:embed windows/follow.ps1
	windowsFollow string
	//go:embed windows/kill.ps1
	windowsKill string
)

// windows is the dialect of cmd.exe. The guest's half is a command line: WinRM gives a command no standard input here,
// and a file would have to be copied, which takes several commands itself.
type windows struct{}

// longestLine is what cmd.exe takes.
// Reference: https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation
const longestLine = 8191

func (windows) command(o order) (*packersdk.RemoteCmd, error) {
	script := windowsHead
	switch o.mode {
	case start:
		script += strings.Replace(windowsStart, "@watch@", packed(windowsWatch), 1) + windowsFollow
	case follow:
		script += windowsFollow
	case kill:
		script += windowsKill
	case forget:
		script += "w 'k'\n"
	}
	args := strings.Join([]string{
		o.magic, o.id, strings.Join(o.old, " "),
		fmt.Sprint(o.out), fmt.Sprint(o.err), fmt.Sprint(o.beat.Milliseconds()), o.mode,
		base64.StdEncoding.EncodeToString([]byte(o.line)),
	}, "|")
	script = strings.Replace(packed(script), "@args@", args, 1)
	line := `powershell.exe -NoLogo -NoProfile -NonInteractive -Command "` + script + `"`
	if len(line) > longestLine {
		return nil, &refusedError{why: fmt.Sprintf("its command line of %d bytes is too long for that", len(o.line))}
	}
	return &packersdk.RemoteCmd{Command: line}, nil
}

// packed makes a script one line without comments.
func packed(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		b.WriteString(line)
		if !strings.HasSuffix(line, "{") {
			b.WriteString(";")
		}
	}
	return strings.TrimSuffix(b.String(), ";")
}

func (windows) base64() bool { return true }

func (windows) place(ids []string) string {
	return `%ProgramData%\ingot-` + strings.Join(ids, `, %ProgramData%\ingot-`)
}
