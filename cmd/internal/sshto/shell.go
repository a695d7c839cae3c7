package sshto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"
)

// Terminal is where a person sits.
type Terminal struct {
	File *os.File                            // the terminal itself: its size, and its raw mode
	Keys func(ctx context.Context) io.Reader // what is typed, until ctx ends; nil: File is read, and what is typed ahead is lost
	Out  io.Writer                           // its screen
	Kind string                              // TERM; "" is xterm
}

// size of the window, or that of the oldest terminals where none is told.
func (t Terminal) size() (width, height int) {
	width, height, err := term.GetSize(int(t.File.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// Shell connects a terminal to a login shell in the guest, or to a command there unless that is "", until it ends, and gives its exit
// code. The terminal is as it was before then.
func (g *Guest) Shell(ctx context.Context, t Terminal, command string) (exit int, err error) {
	session, err := g.client.NewSession()
	if err != nil {
		return 0, fmt.Errorf("open a session in the VM: %w", err)
	}
	defer session.Close()
	defer context.AfterFunc(ctx, func() { _ = session.Close() })()
	kind := t.Kind
	if kind == "" {
		kind = "xterm"
	}
	width, height := t.size()
	if err := session.RequestPty(kind, height, width, ssh.TerminalModes{}); err != nil {
		return 0, fmt.Errorf("get a terminal in the VM: %w", err)
	}
	typing, done := context.WithCancel(ctx)
	defer done()
	toGuest, err := session.StdinPipe()
	if err != nil {
		return 0, err
	}
	session.Stdout, session.Stderr = t.Out, t.Out
	raw, err := term.MakeRaw(int(t.File.Fd()))
	if err != nil {
		return 0, fmt.Errorf("give the terminal to the VM: %w", err)
	}
	defer func() { _ = term.Restore(int(t.File.Fd()), raw) }()
	defer t.resizes(session)()
	if err := start(session, command); err != nil {
		return 0, fmt.Errorf("start a shell in the VM: %w", err)
	}
	var keys io.Reader = t.File
	if t.Keys != nil {
		keys = t.Keys(typing)
	}
	go func() {
		_, _ = io.Copy(toGuest, keys) // what is typed after the shell's end is for the next question
		_ = toGuest.Close()
	}()
	err = session.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return 0, cause
	}
	var ended *ssh.ExitError
	if errors.As(err, &ended) {
		return ended.ExitStatus(), nil
	}
	return 0, err
}

func start(session *ssh.Session, command string) error {
	if command == "" {
		return session.Shell()
	}
	return session.Start(command)
}

// resizes tells a session of the window's size when that changes, until stop is called.
func (t Terminal) resizes(session *ssh.Session) (stop func()) {
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, syscall.SIGWINCH)
	go func() {
		for range changes {
			width, height := t.size()
			_ = session.WindowChange(height, width)
		}
	}()
	return func() {
		signal.Stop(changes)
		close(changes)
	}
}
