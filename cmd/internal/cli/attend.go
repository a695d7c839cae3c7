package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/service"
)

// attend makes the person at the terminal decide about steps that fail; nil where nobody is to be asked. Without a terminal that is
// refused before anything is started.
func (o *buildOptions) attend(env *Env) (*service.Attend, *keyboard, error) {
	if o.onError != service.OnErrorAsk && o.onError != service.OnErrorShell {
		return nil, nil, nil
	}
	in, ok := env.Stdin.(*os.File)
	if !ok || !isTerminal(in) {
		return nil, nil, &usageError{
			what: fmt.Sprintf("--on-error %s needs somebody to ask", o.onError), why: "standard input is not a terminal",
			fix: "choose --on-error keep or cleanup, or start it in a terminal",
		}
	}
	if o.output == outputJSON {
		return nil, nil, &usageError{
			what: fmt.Sprintf("--on-error %s does not go with --output json", o.onError), why: "a question is for people",
			fix: "leave out one of them",
		}
	}
	keys := newKeyboard(in)
	return &service.Attend{
		ShellFirst: o.onError == service.OnErrorShell,
		Shell:      func(ctx context.Context, way service.Way) error { return openShell(ctx, in, env, keys, way) },
	}, keys, nil
}

// asks puts questions through a view.
func asks(show view.Run, keys *keyboard) func(context.Context, string) (string, error) {
	return func(ctx context.Context, question string) (string, error) {
		show.Notice(question)
		return keys.line(ctx)
	}
}

// connectPatience bounds the wait for a guest that a step may have broken.
const connectPatience = 20 * time.Second

// openShell connects the terminal to a login shell in a VM, until that ends.
func openShell(ctx context.Context, in *os.File, env *Env, keys *keyboard, way service.Way) error {
	auth := []ssh.AuthMethod{ssh.Password(way.Password)}
	if way.PrivateKey != "" {
		key, err := ssh.ParsePrivateKey([]byte(way.PrivateKey))
		if err != nil {
			return fmt.Errorf("read the key of the VM: %w", err)
		}
		auth = []ssh.AuthMethod{ssh.PublicKeys(key)}
	}
	address := net.JoinHostPort(way.Host, strconv.Itoa(way.Port))
	dialer := net.Dialer{Timeout: connectPatience}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // a guest that hangs must not hold up Ctrl-C or the timeout
	_ = conn.SetDeadline(time.Now().Add(connectPatience))
	c, chans, requests, err := ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		User: way.User, Auth: auth,
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // the VM is minutes old: nobody knows its key, and the builder does not ask for it either
	})
	if err != nil {
		_ = conn.Close()
		return fmt.Errorf("sign in to the VM: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	client := ssh.NewClient(c, chans, requests)
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	width, height := terminalSize(in)
	kind := env.Getenv("TERM")
	if kind == "" {
		kind = "xterm"
	}
	if err := session.RequestPty(kind, height, width, ssh.TerminalModes{}); err != nil {
		return fmt.Errorf("get a terminal in the VM: %w", err)
	}
	typing, done := context.WithCancel(ctx)
	defer done()
	toGuest, err := session.StdinPipe()
	if err != nil {
		return err
	}
	session.Stdout, session.Stderr = env.Stderr, env.Stderr // the screen: standard output may be a file
	raw, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return fmt.Errorf("give the terminal to the VM: %w", err)
	}
	defer func() { _ = term.Restore(int(in.Fd()), raw) }()
	defer resizes(in, session)()
	if err := session.Shell(); err != nil {
		return fmt.Errorf("start a shell in the VM: %w", err)
	}
	go func() {
		_, _ = io.Copy(toGuest, keys.reader(typing)) // what is typed after the shell's end is for the next question
		_ = toGuest.Close()
	}()
	var exit *ssh.ExitError // how its last command ended: not our affair
	if err := session.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return context.Cause(ctx)
}

// resizes tells a session of the window's size when that changes, until stop is called.
func resizes(in *os.File, session *ssh.Session) (stop func()) {
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, syscall.SIGWINCH)
	go func() {
		for range changes {
			width, height := terminalSize(in)
			_ = session.WindowChange(height, width)
		}
	}()
	return func() {
		signal.Stop(changes)
		close(changes)
	}
}
