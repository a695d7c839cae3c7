// Package provtest has a scripted build VM, and a suite of tests that every provisioner of Ingot passes.
package provtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// ErrClosed is what a guest's copies end with after Close.
var ErrClosed = errors.New("the connection to the guest is closed")

// Guest is a build VM that does what a script says: a packersdk.Communicator without a machine. Commands it has no rule for
// succeed and say nothing. The zero Guest has no rules. It is safe for concurrent use, as communicators must be.
type Guest struct {
	Rules []Rule // the first one that fits a command answers it

	// OnUpload is asked before a file is taken; its error is the upload's. It may block. Nil takes everything.
	OnUpload func(path string) error

	mu       sync.Mutex
	commands []string
	files    map[string][]byte
	closed   chan struct{}
}

// Rule says how the guest answers a command.
type Rule struct {
	Contains       string // a part of the command; "" fits all
	Times          int    // how often the rule answers before it is used up; 0: always
	Stdout, Stderr string // written before the command ends, stdout first
	Exit           int    // packersdk.CmdDisconnect for a connection that is lost meanwhile
	Err            error  // the command cannot be started at all
	// Hang keeps the command from ending until the guest is closed. A cancelled context does not end it: that is how a command
	// behind SSH behaves.
	Hang bool
	Then func() // called when the output is written, before the command ends or hangs; may be nil
}

// Commands returns what was run, in order.
func (g *Guest) Commands() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.commands)
}

// Files returns what was uploaded and not removed since, by path.
func (g *Guest) Files() map[string][]byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.files)
}

// Close ends what hangs, as deleting the machine would. It may be called more than once.
func (g *Guest) Close() {
	ch := g.done()
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-ch:
	default:
		close(ch)
	}
}

func (g *Guest) done() chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = make(chan struct{})
	}
	return g.closed
}

// Start implements packersdk.Communicator.
func (g *Guest) Start(_ context.Context, cmd *packersdk.RemoteCmd) error {
	rule := g.rule(cmd.Command)
	if rule.Err != nil {
		return rule.Err
	}
	closed := g.done()
	go func() {
		// A writer that fails belongs to a caller that has gone; the guest goes on, as a real one would.
		write(cmd.Stdout, rule.Stdout)
		write(cmd.Stderr, rule.Stderr)
		if rule.Then != nil {
			rule.Then()
		}
		if rule.Hang {
			<-closed
			cmd.SetExited(packersdk.CmdDisconnect)
			return
		}
		cmd.SetExited(rule.Exit)
	}()
	return nil
}

// rule notes the command and finds its answer.
func (g *Guest) rule(command string) Rule {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.commands = append(g.commands, command)
	if path, ok := strings.CutPrefix(command, "rm -f "); ok {
		delete(g.files, path)
	}
	for i := range g.Rules {
		r := &g.Rules[i]
		if r.Times < 0 || !strings.Contains(command, r.Contains) {
			continue
		}
		if r.Times--; r.Times == 0 {
			r.Times = -1 // used up
		} else if r.Times < 0 {
			r.Times = 0 // it was 0: always
		}
		return *r
	}
	return Rule{}
}

func write(w io.Writer, text string) {
	if w != nil && text != "" {
		_, _ = io.WriteString(w, text)
	}
}

// Upload implements packersdk.Communicator.
func (g *Guest) Upload(path string, src io.Reader, _ *os.FileInfo) error {
	if g.OnUpload != nil {
		if err := g.OnUpload(path); err != nil {
			return err
		}
	}
	content, err := io.ReadAll(src)
	if err != nil {
		return fmt.Errorf("upload %s: %w", path, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.files == nil {
		g.files = map[string][]byte{}
	}
	g.files[path] = content
	return nil
}

// UploadDir implements packersdk.Communicator: each file of src lands below dst.
func (g *Guest) UploadDir(dst, src string, _ []string) error {
	return filepath.WalkDir(src, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return g.Upload(filepath.ToSlash(filepath.Join(dst, rel)), f, nil)
	})
}

// Download implements packersdk.Communicator: only what was uploaded can be had.
func (g *Guest) Download(path string, dst io.Writer) error {
	content, ok := g.Files()[path]
	if !ok {
		return fmt.Errorf("download %s: %w", path, os.ErrNotExist)
	}
	_, err := dst.Write(content)
	return err
}

// DownloadDir implements packersdk.Communicator.
func (g *Guest) DownloadDir(src, dst string, _ []string) error {
	for path, content := range g.Files() {
		rel, ok := strings.CutPrefix(path, strings.TrimSuffix(src, "/")+"/")
		if !ok {
			continue
		}
		local := filepath.Join(dst, filepath.FromSlash(rel))
		if err := os.MkdirAll(filepath.Dir(local), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(local, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Hanging returns an OnUpload that blocks until the guest is closed; began is called when it starts to.
func (g *Guest) Hanging(began func()) func(string) error {
	return func(string) error {
		began()
		<-g.done()
		return ErrClosed
	}
}
