package qemu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	consolePoll = 50 * time.Millisecond // between looks at the console's file
	consoleKeep = 12                    // lines that go into an error
	consoleLine = 16 << 10              // bytes after which a line is cut
)

// console follows the file to which QEMU writes the guest's serial line.
type console struct {
	path  string
	emit  func(line string) // called for each line
	fatal func(error)       // called for a line that is in dooms; neither is called twice at a time

	reading sync.Mutex // held while lines are handed on
	file    *os.File
	rest    []byte // a line that has not ended yet

	mu       sync.Mutex // held for moments
	seen     bool       // any byte at all
	last     []string   // at most consoleKeep lines, the latest last
	hangLine string
	hung     func(line string)
	hangs    int // lines so far that fit hangPattern; hangLine is the latest
}

// A doom is a text on the console after which waiting for the guest is in vain.
type doom struct{ text, why, hint string }

const checkDisk = "check that source_disk is a bootable disk of format source_format, or try the other firmware"

var dooms = []doom{
	{"No bootable device", "the firmware finds nothing to boot", checkDisk},
	{"No bootable option or device", "the firmware finds nothing to boot", checkDisk},
	{"grub rescue>", "GRUB does not find its files", "check that source_disk is complete"},
	{"Kernel panic - not syncing", "the guest's kernel gave up",
		"the console says why; more memory, or another accelerator, may help"},
	{"You are in emergency mode", "the guest's systemd gave up", "the console says which unit failed"},
	{"You are in rescue mode", "the guest's systemd gave up", "the console says which unit failed"},
	{"CPU ISA level is lower than required", "the guest's system is built for a newer processor",
		"use a host with KVM: emulation has x86-64-v2"},
}

// follow reads until ctx ends, then once more what is there by then, a last line without its end included.
func (c *console) follow(ctx context.Context) error {
	poll := time.NewTicker(consolePoll)
	defer poll.Stop()
	for {
		if err := c.read(); err != nil {
			return err
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return c.close()
		}
	}
}

// read hands on what was written since the last time. It may be called while follow runs, by who wants no delay.
func (c *console) read() (err error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.file == nil {
		if c.file, err = os.Open(c.path); errors.Is(err, fs.ErrNotExist) {
			return nil // QEMU has not made it yet
		} else if err != nil {
			return err
		}
	}
	text, err := io.ReadAll(c.file)
	if len(text) > 0 {
		c.rest = c.take(append(c.rest, text...))
	}
	return err
}

func (c *console) close() error {
	err := c.read()
	c.reading.Lock()
	defer c.reading.Unlock()
	c.line(c.rest)
	c.rest = nil
	if c.file == nil {
		return err
	}
	return errors.Join(err, c.file.Close())
}

// take hands on the whole lines of text and returns what is left.
func (c *console) take(text []byte) []byte {
	c.mu.Lock()
	c.seen = true
	c.mu.Unlock()
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if len(line) > consoleLine {
			line, rest, whole = text[:consoleLine], text[consoleLine:], true
		}
		if !whole {
			// A prompt such as GRUB's ends without a newline, and has to be looked at all the same.
			c.judge(clean(text))
			return text
		}
		c.line(line)
		text = rest
	}
}

func (c *console) line(raw []byte) {
	line := clean(raw)
	if line == "" {
		return
	}
	c.mu.Lock()
	c.last = append(c.last, line)
	if over := len(c.last) - consoleKeep; over > 0 {
		c.last = c.last[over:]
	}
	c.mu.Unlock()
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
	for _, d := range dooms {
		if strings.Contains(line, d.text) {
			c.fatal(fmt.Errorf("the guest cannot go on: %s (%q on its console)\n  fix:  %s", d.why, d.text, d.hint))
		}
	}
}

// spoke tells whether anything came out of the serial line.
func (c *console) spoke() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// lastLines are the last lines as they go below an error; "" when there are none.
func (c *console) lastLines() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.last) == 0 {
		return ""
	}
	return "\n  last lines of the console (all of it: " + c.path + "):\n    " + strings.Join(c.last, "\n    ")
}

// escapePattern is a terminal's control sequence: firmware and GRUB move the cursor about, systemd colours its lines.
var escapePattern = regexp.MustCompile(`\x1b(\[[0-9;?=]*[A-Za-z]|[()][A-Za-z0-9]|[=>cM78])`)

// clean makes a raw line of the console fit to show: no control sequence or control character, valid UTF-8, no trailing
// space.
func clean(raw []byte) string {
	text := escapePattern.ReplaceAllString(strings.ToValidUTF8(string(raw), "\uFFFD"), "")
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return strings.TrimRight(text, " \t")
}
