package qemu

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/ingot-build/ingot/plugins/machine"
)

// monitor is the QMP connection to one QEMU.
type monitor struct{ *machine.Monitor }

// connectMonitor waits until QEMU answers on its socket in dir. When it does not, or ctx ends, QEMU is killed.
func connectMonitor(ctx context.Context, dir string, p *machine.Process) (*monitor, error) {
	m, err := machine.Connect(ctx, "QEMU", filepath.Join(dir, monitorFile), p)
	if err != nil {
		return nil, err
	}
	return &monitor{m}, nil
}

// powerButton presses the guest's power button; the guest may take it as it likes.
func (m *monitor) powerButton(ctx context.Context) error {
	return m.Run(ctx, nil, "system_powerdown", nil)
}

// forwardPattern finds the host's port in QEMU's table of connections, which has no other form than text:
//
//	TCP[HOST_FORWARD]   8       127.0.0.1 44419       10.0.2.15    22     0     0
var forwardPattern = regexp.MustCompile(`TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)\s`)

// hostPort asks which port of this host leads to a port of the guest.
func (m *monitor) hostPort(ctx context.Context, guestPort int) (int, error) {
	var table string
	err := m.Run(ctx, &table, "human-monitor-command", map[string]string{"command-line": "info usernet"})
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
