package difftest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/ingot-build/ingot/plugins/provtest/sshguest"
)

// sshGuest is a Linux machine behind SSH: this host's shell and scp, with a folder of its own in the place of /tmp.
type sshGuest struct {
	tmp  string
	port int

	mu      sync.Mutex
	journal []string
}

// dropFile is what a script leaves in /tmp to have the connection cut, as a restart of the machine does.
const dropFile = sshguest.DropFile

func startSSH(t *testing.T) *sshGuest {
	t.Helper()
	g := &sshGuest{tmp: t.TempDir()}
	g.port = sshguest.Serve(t, user, password, g.serve)
	return g
}

func (g *sshGuest) serve(c sshguest.Command) (exit int, err error) {
	exit = g.run(c)
	if _, err := os.Stat(filepath.Join(g.tmp, dropFile)); err == nil {
		_ = os.Remove(filepath.Join(g.tmp, dropFile))
		return 0, sshguest.ErrDrop
	}
	return exit, nil
}

// inTmp finds /tmp where it is a path of its own.
var inTmp = regexp.MustCompile(`(^|[\s'"=:&;])/tmp\b`)

func (g *sshGuest) run(c sshguest.Command) int {
	line := strings.TrimSuffix(c.Line, "\n")
	g.mu.Lock()
	g.journal = append(g.journal, line)
	g.mu.Unlock()
	cmd := exec.Command("/bin/sh", "-c", inTmp.ReplaceAllString(line, "${1}"+g.tmp))
	cmd.Dir = g.tmp
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + g.tmp, "LANG=C"}
	cmd.Stdout, cmd.Stderr = c.Stdout, c.Stderr
	stdin, err := cmd.StdinPipe() // the command may end before its input does
	if err != nil {
		return 255
	}
	go func() { _, _ = io.Copy(stdin, c.Stdin); _ = stdin.Close() }()
	if err := cmd.Run(); cmd.ProcessState == nil || err != nil && cmd.ProcessState.ExitCode() < 0 {
		return 255
	}
	return cmd.ProcessState.ExitCode()
}

var (
	numbered = regexp.MustCompile(`(script_|varfile_)[0-9]+`)
	hashes   = regexp.MustCompile(unique.String())
)

// summary is what the guest was told, and what is in its /tmp.
func (g *sshGuest) summary(t *testing.T, failed string) told {
	t.Helper()
	ids := map[string]string{}
	plain := func(text string) string {
		text = strings.ReplaceAll(text, g.tmp, "/tmp")
		text = hashes.ReplaceAllString(text, "<id>")
		return numbered.ReplaceAllStringFunc(text, func(name string) string {
			kind, _, _ := strings.Cut(name, "_")
			if ids[name] == "" {
				ids[name] = kind + "_" + string(rune('A'+len(ids)))
			}
			return ids[name]
		})
	}
	w := told{Files: map[string]string{}, Error: plain(local.ReplaceAllString(failed, "<temporary file>"))}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.journal {
		w.Commands = append(w.Commands, plain(line))
	}
	err := filepath.WalkDir(g.tmp, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		info, err2 := d.Info()
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		w.Files[plain(path)] = info.Mode().String() + " " + plain(string(content))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
