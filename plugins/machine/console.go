package machine

import (
	"bytes"
	"context"
	"errors"
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

// Console follows the file that a guest's console goes to. Neither function is called twice at a time.
type Console struct {
	Path string
	Emit func(line string) // called for each line
	Peek func(text string) // called for what a line begins with that has not ended, as a prompt never does; may be nil

	reading sync.Mutex // held while lines are handed on
	file    *os.File
	rest    []byte // a line that has not ended yet

	mu   sync.Mutex // held for moments
	seen bool       // any byte at all
	last []string   // at most consoleKeep lines, the latest last
}

// Follow reads until ctx ends, then once more what is there by then, a last line without its end included.
func (c *Console) Follow(ctx context.Context) error {
	poll := time.NewTicker(consolePoll)
	defer poll.Stop()
	for {
		if err := c.Read(); err != nil {
			return err
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return c.Close()
		}
	}
}

// Read hands on what was written since the last time. It may be called while Follow runs, by who wants no delay.
func (c *Console) Read() (err error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.file == nil {
		if c.file, err = os.Open(c.Path); errors.Is(err, fs.ErrNotExist) {
			return nil // nobody has made it yet
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

// Close hands on what is there, and ends the reading.
func (c *Console) Close() error {
	err := c.Read()
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
func (c *Console) take(text []byte) []byte {
	c.mu.Lock()
	c.seen = true
	c.mu.Unlock()
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if len(line) > consoleLine {
			line, rest, whole = text[:consoleLine], text[consoleLine:], true
		}
		if !whole {
			if c.Peek != nil {
				c.Peek(clean(text))
			}
			return text
		}
		c.line(line)
		text = rest
	}
}

func (c *Console) line(raw []byte) {
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
	c.Emit(line)
}

// Spoke tells whether anything came out of the console.
func (c *Console) Spoke() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// LastLines are the last lines as they go below an error; "" when there are none.
func (c *Console) LastLines() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.last) == 0 {
		return ""
	}
	return "\n  last lines of the console (all of it: " + c.Path + "):\n    " + strings.Join(c.last, "\n    ")
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
