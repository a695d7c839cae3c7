package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
)

const (
	monitorPatience = 30 * time.Second      // for a program to open its socket and say hello; QEMU on an idle host needs 50 ms
	monitorPoll     = 10 * time.Millisecond // between looks whether the socket is there
)

// Owner is whose control socket a Monitor speaks to.
type Owner interface {
	Done() <-chan struct{} // closed when it has ended
	EndError() error       // how it ended; not called before
	Kill()                 // ends it at once
}

// Monitor is the QMP connection to one program: QEMU, or its storage daemon.
type Monitor struct {
	name   string // of the program, in messages
	socket *qmp.SocketMonitor
	owner  Owner
}

// Connect waits until the program of that name answers on its socket, which is at an absolute path. When it does not, or ctx ends,
// its owner is killed.
func Connect(ctx context.Context, name, path string, o Owner) (*Monitor, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, monitorPatience,
		fmt.Errorf("%s does not answer on its control socket within %s", name, monitorPatience))
	defer cancel()
	// The library has no deadline for the greeting; the end of a program that is killed ends its wait.
	defer context.AfterFunc(ctx, o.Kill)()

	socket, err := dial(ctx, path, o)
	if err == nil {
		err = socket.Connect()
		if err != nil {
			_ = socket.Disconnect()
		}
	}
	switch {
	case err == nil:
		return &Monitor{name, socket, o}, nil
	case context.Cause(ctx) != nil:
		return nil, context.Cause(ctx)
	case within(o.Done(), time.Second): // a connection that broke off: its reason is the program's end
		return nil, o.EndError()
	default:
		return nil, fmt.Errorf("connect to the control socket of %s: %w", name, err)
	}
}

// dial dials as soon as the socket is there. The path goes by the folder's descriptor, since a socket's path may
// have no more than 107 bytes.
func dial(ctx context.Context, path string, o Owner) (*qmp.SocketMonitor, error) {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	path = filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), filepath.Base(path))

	poll := time.NewTicker(monitorPoll)
	defer poll.Stop()
	for {
		socket, err := qmp.NewSocketMonitor("unix", path, monitorPatience)
		if err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
			return socket, err
		}
		select {
		case <-poll.C:
		case <-o.Done():
			return nil, o.EndError()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Run executes one QMP command and decodes what it returns into result, unless that is nil. It does not outlast the program or
// ctx.
func (m *Monitor) Run(ctx context.Context, result any, command string, args any) error {
	text, err := json.Marshal(qmp.Command{Execute: command, Args: args})
	if err != nil {
		return fmt.Errorf("tell %s %q: %w", m.name, command, err)
	}
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() { // where the program hangs, this waits until that is stopped
		text, err := m.socket.Run(text)
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		if a.err != nil && within(m.owner.Done(), 100*time.Millisecond) {
			return m.owner.EndError()
		}
		if a.err == nil && result != nil {
			a.err = json.Unmarshal(a.text, &struct {
				Return any `json:"return"`
			}{result})
		}
		if a.err != nil {
			return fmt.Errorf("tell %s %q: %w", m.name, command, a.err)
		}
		return nil
	case <-m.owner.Done():
		return m.owner.EndError()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Quit ends the program, which closes its disks first.
func (m *Monitor) Quit() error { return m.Run(context.Background(), nil, "quit", nil) }

// Events calls handle for each event, until Close, or the program's end. Call it once.
func (m *Monitor) Events(handle func(qmp.Event)) error {
	// The library ignores the context; the channel ends with the connection.
	events, err := m.socket.Events(context.Background())
	if err != nil {
		return fmt.Errorf("listen to the events of %s: %w", m.name, err)
	}
	for e := range events {
		handle(e)
	}
	return nil
}

// Close ends the connection. Call it when the program has ended, or is let go of.
func (m *Monitor) Close() { _ = m.socket.Disconnect() }
