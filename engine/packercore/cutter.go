package packercore

import (
	"bytes"
	"io"
	"sync"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

const (
	lineLimit = 16 << 10        // bytes; a longer line becomes several
	lineWait  = 5 * time.Second // a line that has not ended by then is shown as far as it is
)

// cutter makes lines of what a command prints before the SDK reads it. The SDK collects a line until it ends, however long it
// becomes and however long that takes: a command that prints dots for an hour would show nothing, and one that prints a disk would
// fill this machine's memory. No line is cut inside of a secret.
//
// What comes when the step's log is full goes into its tail at once, since the SDK would take minutes for a gigabyte.
type cutter struct {
	dst    io.Writer
	ui     *ui
	stream events.Stream

	mu    sync.Mutex
	open  []byte // a line that has not ended
	timer *time.Timer
	over  bool
}

// Write implements io.Writer.
func (c *cutter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return c.dst.Write(p)
	}
	n := len(p)
	if i := bytes.LastIndexByte(p, '\n'); i >= 0 {
		c.open = append(c.open, p[:i+1]...)
		if err := c.send(c.open); err != nil {
			return 0, err
		}
		c.open, p = c.open[:0], p[i+1:]
		c.stop()
	}
	c.open = append(c.open, p...)
	for len(c.open) >= lineLimit+c.ui.mask.Longest() {
		if err := c.cut(linePiece(c.ui.mask, string(c.open))); err != nil {
			return 0, err
		}
		c.stop()
	}
	if len(c.open) > 0 && c.timer == nil {
		c.timer = time.AfterFunc(lineWait, c.late)
	}
	return n, nil
}

// late shows a line that has been open for long, but for an end of it that may become a secret.
func (c *cutter) late() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.timer == nil {
		return
	}
	c.timer = nil
	_ = c.cut(c.ui.mask.CutBefore(string(c.open), len(c.open))) // who reads no more is told by the next Write
	if len(c.open) > 0 {
		c.timer = time.AfterFunc(lineWait, c.late)
	}
}

// cut sends n bytes of what is open as a line.
func (c *cutter) cut(n int) error {
	if n == 0 {
		return nil
	}
	line := append(bytes.Clone(c.open[:n]), '\n')
	c.open = append(c.open[:0], c.open[n:]...)
	return c.send(line)
}

func (c *cutter) send(text []byte) error {
	if c.ui.quota.full() {
		c.ui.skip(printed{c.ui.current(), c.stream, string(text)})
		return nil
	}
	_, err := c.dst.Write(text)
	return err
}

func (c *cutter) stop() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// end sends the last line, which may lack its newline. What comes after it is passed on as it is.
func (c *cutter) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop()
	c.over = true
	if len(c.open) > 0 {
		_ = c.send(c.open)
		c.open = nil
	}
}

// linePiece gives the length of the first piece of a line that is too long.
func linePiece(mask *events.Mask, line string) int {
	if n := mask.CutBefore(line, lineLimit); n > 0 {
		return n
	}
	return mask.CutAfter(line, lineLimit)
}
