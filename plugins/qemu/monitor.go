package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
)

const (
	monitorPatience = 30 * time.Second      // for QEMU to open its socket and say hello; an idle host needs 50 ms
	monitorPoll     = 10 * time.Millisecond // between looks whether the socket is there
)

// monitor is the QMP connection to one QEMU.
type monitor struct {
	socket  *qmp.SocketMonitor
	process *process
}

// connectMonitor waits until QEMU answers on its socket in dir. When it does not, or ctx ends, QEMU is killed.
func connectMonitor(ctx context.Context, dir string, p *process) (*monitor, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, monitorPatience,
		fmt.Errorf("QEMU does not answer on its control socket within %s", monitorPatience))
	defer cancel()
	// The library has no deadline for the greeting; a killed QEMU ends its wait.
	defer context.AfterFunc(ctx, func() { p.signal(syscall.SIGKILL) })()

	socket, err := dialMonitor(ctx, dir, p)
	if err == nil {
		err = socket.Connect()
		if err != nil {
			_ = socket.Disconnect()
		}
	}
	switch {
	case err == nil:
		return &monitor{socket, p}, nil
	case context.Cause(ctx) != nil:
		return nil, context.Cause(ctx)
	case p.within(time.Second): // a connection that broke off: its reason is QEMU's end
		return nil, p.endError()
	default:
		return nil, fmt.Errorf("connect to QEMU's control socket: %w", err)
	}
}

// dialMonitor dials as soon as the socket is there. The path goes by the folder's descriptor, since a socket's path may
// have no more than 107 bytes.
func dialMonitor(ctx context.Context, dir string, p *process) (*qmp.SocketMonitor, error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	path := filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), monitorFile)

	poll := time.NewTicker(monitorPoll)
	defer poll.Stop()
	for {
		socket, err := qmp.NewSocketMonitor("unix", path, monitorPatience)
		if err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
			return socket, err
		}
		select {
		case <-poll.C:
		case <-p.done:
			return nil, p.endError()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// run executes one QMP command and decodes what it returns into result, unless that is nil. It does not outlast QEMU or
// ctx.
func (m *monitor) run(ctx context.Context, result any, command string, args any) error {
	text, err := json.Marshal(qmp.Command{Execute: command, Args: args})
	if err != nil {
		return fmt.Errorf("tell QEMU %q: %w", command, err)
	}
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() { // where QEMU hangs, this waits until QEMU is stopped
		text, err := m.socket.Run(text)
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		if a.err != nil && m.process.within(100*time.Millisecond) {
			return m.process.endError()
		}
		if a.err == nil && result != nil {
			a.err = json.Unmarshal(a.text, &struct {
				Return any `json:"return"`
			}{result})
		}
		if a.err != nil {
			return fmt.Errorf("tell QEMU %q: %w", command, a.err)
		}
		return nil
	case <-m.process.done:
		return m.process.endError()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// powerButton presses the guest's power button; the guest may take it as it likes.
func (m *monitor) powerButton(ctx context.Context) error {
	return m.run(ctx, nil, "system_powerdown", nil)
}

// quit ends QEMU, which closes its disks first.
func (m *monitor) quit() error { return m.run(context.Background(), nil, "quit", nil) }

// events calls handle for each event, until close, or QEMU's end. Call it once.
func (m *monitor) events(handle func(qmp.Event)) error {
	// The library ignores the context; the channel ends with the connection.
	events, err := m.socket.Events(context.Background())
	if err != nil {
		return fmt.Errorf("listen to QEMU's events: %w", err)
	}
	for e := range events {
		handle(e)
	}
	return nil
}

// close ends the connection. Call it when QEMU has ended.
func (m *monitor) close() { _ = m.socket.Disconnect() }

// forwardPattern finds the host's port in QEMU's table of connections, which has no other form than text:
//
//	TCP[HOST_FORWARD]   8       127.0.0.1 44419       10.0.2.15    22     0     0
var forwardPattern = regexp.MustCompile(`TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)\s`)

// hostPort asks which port of this host leads to a port of the guest.
func (m *monitor) hostPort(ctx context.Context, guestPort int) (int, error) {
	var table string
	err := m.run(ctx, &table, "human-monitor-command", map[string]string{"command-line": "info usernet"})
	if err != nil {
		return 0, err
	}
	return parseForward(table, guestPort)
}

func parseForward(table string, guestPort int) (int, error) {
	for _, found := range forwardPattern.FindAllStringSubmatch(table, -1) {
		if found[2] == strconv.Itoa(guestPort) {
			return strconv.Atoi(found[1])
		}
	}
	return 0, fmt.Errorf("QEMU does not name the port that it forwards to port %d of the guest: %q", guestPort, table)
}
