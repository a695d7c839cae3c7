// Package sshto is a connection to a VM by SSH, as its builder tells the way: a shell for the person at a terminal, commands, and files
// to and from it. WinRM has none of that; a way of that kind is an *UnreachableError.
package sshto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ingot-build/ingot/engine/service"
)

// patience bounds the wait for a guest that a step may have broken.
const patience = 20 * time.Second

// UnreachableError says that a VM cannot be reached by SSH, and what there is instead.
type UnreachableError struct{ Reason, Advice string }

func (e *UnreachableError) Error() string { return "no connection to the VM" }

// Why is the reason.
func (e *UnreachableError) Why() string { return e.Reason }

// Fix is what to do about it.
func (e *UnreachableError) Fix() string { return e.Advice }

// Guest is a connection. Close it. It is safe for concurrent use.
type Guest struct {
	client *ssh.Client
	stop   func() bool
}

// Dial signs in. The connection ends with ctx: a guest that hangs must not hold up Ctrl-C or a timeout.
func Dial(ctx context.Context, way service.Way) (*Guest, error) {
	address := net.JoinHostPort(way.Host, strconv.Itoa(way.Port))
	switch {
	case way.Host == "":
		return nil, &UnreachableError{Reason: "its builder does not tell how it is reached"}
	case way.Communicator == "winrm":
		return nil, &UnreachableError{"WinRM has no terminal and no files",
			fmt.Sprintf("keep the VM, and connect to %s as %s with Enter-PSSession, or by remote desktop", address, way.User)}
	}
	auth := []ssh.AuthMethod{ssh.Password(way.Password)}
	if way.PrivateKey != "" {
		key, err := ssh.ParsePrivateKey([]byte(way.PrivateKey))
		if err != nil {
			return nil, fmt.Errorf("read the key of the VM: %w", err)
		}
		auth = []ssh.AuthMethod{ssh.PublicKeys(key)}
	}
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	c, chans, requests, err := ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		User: way.User, Auth: auth,
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // the VM is minutes old: nobody knows its key, and the builder does not ask for it either
	})
	if err != nil {
		stop()
		_ = conn.Close()
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, fmt.Errorf("sign in to the VM: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	return &Guest{client: ssh.NewClient(c, chans, requests), stop: stop}, nil
}

// Close ends the connection, and what still runs over it.
func (g *Guest) Close() error {
	g.stop()
	if err := g.client.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Run runs a command line by the user's shell in the guest, and gives the exit code it ended with; 255 where a signal ended it. Each of
// the streams may be nil. An error means that it could not be run, or not be followed to its end.
func (g *Guest) Run(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) (exit int, err error) {
	session, err := g.client.NewSession()
	if err != nil {
		return 0, fmt.Errorf("open a session in the VM: %w", err)
	}
	defer session.Close()
	defer context.AfterFunc(ctx, func() { _ = session.Close() })()
	session.Stdout, session.Stderr = stdout, stderr
	// Not session.Stdin: its Wait would wait for a reader that never ends, such as a keyboard.
	in, err := session.StdinPipe()
	if err != nil {
		return 0, err
	}
	if err := session.Start(command); err != nil {
		return 0, fmt.Errorf("run a command in the VM: %w", err)
	}
	sent := make(chan error, 1)
	go func() {
		var err error
		if stdin != nil {
			_, err = io.Copy(in, stdin)
		}
		sent <- err // before the guest sees the end, so that a copy cut short is never taken for a whole one
		_ = in.Close()
	}()
	err = session.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return 0, cause
	}
	var ended *ssh.ExitError
	switch {
	case errors.As(err, &ended):
		exit = ended.ExitStatus()
	case err != nil:
		return 0, fmt.Errorf("wait for a command in the VM: %w", err)
	}
	select {
	case err := <-sent:
		if err != nil && !errors.Is(err, io.EOF) && exit == 0 { // io.EOF: the command did not read all, and need not
			return 0, fmt.Errorf("send to a command in the VM: %w", err)
		}
	default:
	}
	return exit, nil
}
