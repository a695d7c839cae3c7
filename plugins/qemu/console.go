package qemu

import (
	"strings"
	"sync"

	"github.com/ingot-build/ingot/plugins/machine"
)

// console follows the file to which QEMU writes the guest's serial line.
type console struct {
	machine.Console
	emit  func(line string) // called for each line
	fatal func(error)       // called for a line that is in dooms; neither is called twice at a time

	mu       sync.Mutex // held for moments
	hangLine string
	hung     func(line string)
	hangs    int // lines so far that fit hangPattern; hangLine is the latest
}

// newConsole reads the file at path.
func newConsole(path string, emit func(line string), fatal func(error)) *console {
	c := &console{emit: emit, fatal: fatal}
	c.Path, c.Emit, c.Peek = path, c.line, c.judge // a prompt such as GRUB's is to be judged too
	return c
}

const checkDisk = "check that source_disk is a bootable disk of format source_format, or try the other firmware"

// dooms are what makes waiting for a VM vain.
var dooms = append([]machine.Doom{
	{Text: "No bootable device", Why: "the firmware finds nothing to boot", Hint: checkDisk},
	{Text: "No bootable option or device", Why: "the firmware finds nothing to boot", Hint: checkDisk},
	{Text: "grub rescue>", Why: "GRUB does not find its files", Hint: "check that source_disk is complete"},
	{Text: "Kernel panic - not syncing", Why: "the guest's kernel gave up",
		Hint: "the console says why; more memory, or another accelerator, may help"},
	{Text: "CPU ISA level is lower than required", Why: "the guest's system is built for a newer processor",
		Hint: "use a host with KVM: emulation has x86-64-v2"},
}, machine.SystemdDooms...)

func (c *console) line(line string) {
	c.judge(line)
	c.countHang(line)
	c.emit(line)
}

// onHang has call called when the guest's kernel hangs, with a line that says so.
func (c *console) onHang(call func(line string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hung = call; c.hangs >= hangReports {
		call(c.hangLine)
	}
}

// countHang looks for a hang in a whole line.
func (c *console) countHang(line string) {
	if !hangPattern.MatchString(line) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hangLine = line
	if c.hangs++; c.hangs == hangReports && c.hung != nil {
		c.hung(line)
	}
}

// starved tells of a kernel that gave up for want of processor time, and whether that was heard.
func (c *console) starved(line string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hung == nil {
		return false
	}
	c.hung(line)
	return true
}

func (c *console) judge(line string) {
	if strings.Contains(line, starvedText) && c.starved(line) {
		return
	}
	if err := machine.Doomed(line, dooms); err != nil {
		c.fatal(err)
	}
}
