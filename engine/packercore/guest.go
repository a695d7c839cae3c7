package packercore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore/detach"
)

// guest is the communicator one provisioner gets. It adds two things to the builder's.
//
// It obeys the context everywhere. Components wait for commands, and copy files, without looking at it, and Packer's shell
// provisioner retries its clean-up for minutes under a context of its own. Once ctx has ended, a command that runs or is asked
// for is answered as if it had succeeded, and a copy as if it had been cut: the provisioner comes to its end at once, and the
// hook, not the provisioner, says that it was cancelled.
//
// It counts the lines of the guest's standard output before the SDK reads them, so that the Ui can tell them from what the
// provisioner says itself.
type guest struct {
	packersdk.Communicator
	ctx          context.Context // of one attempt of one provisioner; communicators take none where it is needed
	ui           *ui
	disconnected atomic.Bool // a command ended because the connection was lost
	retried      retried
}

// Start implements packersdk.Communicator.
func (g *guest) Start(ctx context.Context, cmd *packersdk.RemoteCmd) error {
	if g.ctx.Err() != nil {
		cmd.SetExited(0)
		return nil
	}
	// The communicator works on a command of its own: SetExited may be called once only, and cmd may have to end before it does.
	inner := &packersdk.RemoteCmd{Command: cmd.Command, Stdin: cmd.Stdin, Stdout: cmd.Stdout, Stderr: cmd.Stderr}
	if inner.Stdout != nil {
		inner.Stdout = &lineCounter{Writer: inner.Stdout, lines: &g.ui.guestLines}
	}
	endOutput := g.cutLines(cmd, inner)
	if err := g.Communicator.Start(ctx, inner); err != nil {
		g.retried.note(g.ui, err)
		return err
	}
	exited := make(chan int, 1)
	go func() { exited <- inner.Wait() }()
	go func() {
		select {
		case status := <-exited:
			g.disconnected.Store(status == packersdk.CmdDisconnect)
			endOutput() // its reader goes when the command has ended
			cmd.SetExited(status)
		case <-g.ctx.Done():
			cmd.SetExited(0)
			endOutput()
		}
	}()
	return nil
}

// cutLines puts a cutter before each stream of which the SDK makes lines for the Ui: it reads those from a pipe. A component that
// reads a command's output itself gets it byte for byte.
func (g *guest) cutLines(asked, inner *packersdk.RemoteCmd) (end func()) {
	var cutters []*cutter
	for _, s := range []struct {
		stream events.Stream
		asked  io.Writer
		inner  *io.Writer
	}{{events.Stdout, asked.Stdout, &inner.Stdout}, {events.Stderr, asked.Stderr, &inner.Stderr}} {
		if _, ok := s.asked.(*io.PipeWriter); ok {
			c := &cutter{dst: *s.inner, ui: g.ui, stream: s.stream}
			*s.inner = c
			cutters = append(cutters, c)
		}
	}
	return func() {
		for _, c := range cutters {
			c.end()
		}
	}
}

// Upload implements packersdk.Communicator.
func (g *guest) Upload(dst string, src io.Reader, info *os.FileInfo) error {
	err := g.copy(func() error { return g.Communicator.Upload(dst, ctxReader{g.ctx, src}, info) })
	if err == nil {
		g.lookFor(dst)
		return nil
	}
	if strings.Contains(err.Error(), "exited with status") {
		if why := g.whyNot(dst); why != "" {
			err = fmt.Errorf("%s: %w: %s", dst, err, why)
		}
	}
	g.retried.note(g.ui, err)
	return err
}

// lookFor warns when a file that was copied into a folder is not there. Where there is no such folder, SSH's way of copying makes a
// file of the folder's name, and calls that a success; as it does in the service, so it is no error here.
func (g *guest) lookFor(dst string) {
	dir := path.Dir(dst)
	if !strings.HasPrefix(dst, "/") || strings.HasSuffix(dst, "/") || dir == "/" || dir == "/tmp" {
		return
	}
	if code, _ := g.ask("test -e " + detach.Quote(dst)); code == 1 {
		g.ui.output(events.Say,
			fmt.Sprintf("warning: there is no %s now: the build VM has no folder %s, so the file took its name", dst, dir))
	}
}

// patience bounds a question that is asked beside the provisioner's own commands.
const patience = 20 * time.Second

// whyNot asks a guest with a POSIX shell why a file could not be written. SSH's way of copying ends without a reason when it fails
// while it writes. "" where the shell can write there.
func (g *guest) whyNot(dst string) string {
	if !strings.HasPrefix(dst, "/") {
		return ""
	}
	code, said := g.ask("echo >>" + detach.Quote(dst))
	if code <= 0 {
		return ""
	}
	return said
}

// ask runs a command, and gives its exit code and what it said of an error; -1 where there is no answer.
func (g *guest) ask(command string) (code int, said string) {
	ctx, cancel := context.WithTimeout(g.ctx, patience)
	defer cancel()
	var stderr bytes.Buffer
	cmd := &packersdk.RemoteCmd{Command: command, Stderr: &stderr}
	if err := g.Communicator.Start(ctx, cmd); err != nil {
		return -1, ""
	}
	ended := make(chan int, 1)
	go func() { ended <- cmd.Wait() }() // with the connection, at the latest
	select {
	case code = <-ended:
		if code == packersdk.CmdDisconnect {
			return -1, ""
		}
		return code, strings.TrimSpace(stderr.String())
	case <-ctx.Done():
		return -1, ""
	}
}

// UploadDir implements packersdk.Communicator.
func (g *guest) UploadDir(dst, src string, exclude []string) error {
	return g.copy(func() error { return g.Communicator.UploadDir(dst, src, exclude) })
}

// Download implements packersdk.Communicator.
func (g *guest) Download(src string, dst io.Writer) error {
	return g.copy(func() error { return g.Communicator.Download(src, dst) })
}

// DownloadDir implements packersdk.Communicator.
func (g *guest) DownloadDir(src, dst string, exclude []string) error {
	return g.copy(func() error { return g.Communicator.DownloadDir(src, dst, exclude) })
}

// copy runs one transfer until it is done or the context ends. One that is cut ends by itself when its reader is told, or when
// the builder closes the connection.
func (g *guest) copy(transfer func() error) error {
	if cause := context.Cause(g.ctx); cause != nil {
		return cause
	}
	done := make(chan error, 1)
	go func() { done <- transfer() }()
	select {
	case err := <-done:
		return err
	case <-g.ctx.Done():
		return context.Cause(g.ctx)
	}
}

// ctxReader fails with the context's cause once it has ended.
type ctxReader struct {
	ctx context.Context
	io.Reader
}

func (r ctxReader) Read(p []byte) (int, error) {
	if cause := context.Cause(r.ctx); cause != nil {
		return 0, cause
	}
	return r.Reader.Read(p)
}

// lineCounter counts lines as they begin, before their text goes on: the SDK says each line once, the last one also when it has
// no newline.
type lineCounter struct {
	io.Writer
	lines  *atomic.Int64
	inLine bool
}

func (c *lineCounter) Write(p []byte) (int, error) {
	for _, b := range p {
		if !c.inLine {
			c.lines.Add(1)
		}
		c.inLine = b != '\n'
	}
	return c.Writer.Write(p)
}
