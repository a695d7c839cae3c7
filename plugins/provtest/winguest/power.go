package winguest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// power is whether the machine is on its way down. Machine.mu guards it.
type power struct {
	pending *time.Timer // a restart is ordered for later
	down    bool        // it is under way
	told    int         // how often that was told
}

// The codes of shutdown.exe.
const (
	exitUnderWay  = 1115 // ERROR_SHUTDOWN_IN_PROGRESS
	exitNone      = 1116 // ERROR_NO_SHUTDOWN_IN_PROGRESS
	exitScheduled = 1190 // ERROR_SHUTDOWN_IS_SCHEDULED
)

// shutdown is shutdown.exe.
func (p *process) shutdown(args []string) int {
	m := p.Machine
	find := func(option string) int {
		return slices.IndexFunc(args, func(a string) bool { return strings.EqualFold(strings.Replace(a, "-", "/", 1), option) })
	}
	has := func(option string) bool { return find(option) >= 0 }
	wait := 30 * time.Second
	if i := find("/t"); i >= 0 && i+1 < len(args) {
		if n, err := strconv.Atoi(args[i+1]); err == nil {
			wait = time.Duration(n) * time.Second
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case has("/a") && m.power.pending == nil:
		p.complain("Unable to abort the system shutdown because no shutdown was in progress.(1116)\r\n")
		return exitNone
	case has("/a"):
		m.power.pending.Stop()
		m.power.pending = nil
		return 0
	case !has("/r") && !has("/s"):
		p.say("Usage: shutdown [/r | /s | /a] [/f] [/t xxx] [/c \"comment\"]\r\n")
		return 1
	case m.power.down:
		if m.power.told++; m.power.told == m.Late {
			m.leave()
		}
		p.complain("A system shutdown is in progress.(1115)\r\n")
		return exitUnderWay
	case m.power.pending != nil:
		p.complain("A system shutdown has already been scheduled.(1190)\r\n")
		return exitScheduled
	case wait == 0:
		m.goDown()
	default:
		m.power.pending = time.AfterFunc(wait, m.Restart)
	}
	return 0
}

// goDown begins a restart. The lock is held.
func (m *Machine) goDown() {
	m.power.pending, m.power.down, m.power.told = nil, true, 0
	if m.Late == 0 {
		m.leave()
	}
}

// leave is the moment when nobody can log in any more. The lock is held.
func (m *Machine) leave() {
	m.endDetached()
	back := func() {}
	if m.Down != nil {
		back = m.Down()
	}
	go m.restart(back)
}

// Restart restarts the machine, as if somebody had told it to on the spot.
func (m *Machine) Restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.power.down {
		m.goDown()
	}
}

// restart is the restart itself. What only waited for one is done after it.
func (m *Machine) restart(back func()) {
	back()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.power = power{}
	m.boots++
	for key, left := range m.registry {
		if left--; left == 0 {
			delete(m.registry, key)
		} else {
			m.registry[key] = left
		}
	}
}
