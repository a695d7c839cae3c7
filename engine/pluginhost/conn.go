package pluginhost

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// conn is the connection to a plugin, under the streams that the SDK multiplexes over it.
//
// The SDK's multiplexer (yamux) tells its troubles to the standard error stream and gives callers an end of file. So
// conn looks at the frames first: what is no frame, or an end, is kept as the reason, and the multiplexer is told of an
// orderly end. It also notices a plugin that hangs: the multiplexer pings it every half minute.
type conn struct {
	net.Conn
	broken chan struct{} // closed when nothing will come or go any more

	frame [frameHeader]byte // of the frame being read
	have  int               // bytes of it that are there
	body  uint32            // bytes that still follow it

	patience time.Duration // with a ping that is not answered

	mu     sync.Mutex
	reason error // why it is broken; a predicate of the plugin
	silent *time.Timer
}

// A frame of yamux: version, type, flags (2 bytes), stream (4), length (4), and for data as many bytes as length says.
// Reference: https://github.com/hashicorp/yamux/blob/master/spec.md
const (
	frameHeader = 12
	frameData   = 0
	framePing   = 2
	frameGoAway = 3
	flagSyn     = 1
)

// silence is how long a plugin may leave a ping without an answer. The multiplexer gives up, noisily, after 10 s.
const silence = 9 * time.Second

// The reasons why a connection is over.
var (
	errClosedConn = errors.New("closed its connection")
	errClosedByUs = errors.New("was disconnected by the host")
)

func newConn(c net.Conn) *conn { return &conn{Conn: c, broken: make(chan struct{}), patience: silence} }

// fail ends the connection for a reason; the first one stays.
func (c *conn) fail(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != nil {
		return
	}
	c.reason = reason
	if c.silent != nil {
		c.silent.Stop()
	}
	close(c.broken)
	_ = c.Conn.Close()
}

// why tells why the connection is over, as a predicate of the plugin; nil while it is not.
func (c *conn) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.fail(errClosedByUs)
	return nil
}

// Read implements net.Conn. The only error is io.EOF.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if ferr := c.look(p[:n]); ferr != nil {
		c.fail(ferr)
		return 0, io.EOF
	}
	if err != nil {
		c.fail(errClosedConn)
		return n, io.EOF
	}
	return n, nil
}

// look follows the frames in what was read. Only one goroutine reads.
func (c *conn) look(p []byte) error {
	if len(p) > 0 {
		c.heard()
	}
	for len(p) > 0 {
		if c.body > 0 {
			n := min(c.body, uint32(len(p)))
			c.body, p = c.body-n, p[n:]
			continue
		}
		n := copy(c.frame[c.have:], p)
		c.have, p = c.have+n, p[n:]
		if version, kind := c.frame[0], c.frame[1]; version != 0 || c.have > 1 && kind > frameGoAway {
			return fmt.Errorf("sent %s where a frame of its protocol must begin", quote(string(c.frame[:c.have])))
		}
		if c.have == frameHeader {
			c.have = 0
			switch c.frame[1] {
			case frameData:
				c.body = binary.BigEndian.Uint32(c.frame[8:])
			case frameGoAway:
				return errClosedConn
			}
		}
	}
	return nil
}

// Write implements net.Conn. What is written after the end is lost, without an error: the reader hears of the end.
func (c *conn) Write(p []byte) (int, error) {
	if len(p) == frameHeader && p[0] == 0 && p[1] == framePing && binary.BigEndian.Uint16(p[2:])&flagSyn != 0 {
		c.ask()
	}
	if _, err := c.Conn.Write(p); err != nil {
		c.fail(errClosedConn)
	}
	return len(p), nil
}

// ask starts the wait for a sign of life.
func (c *conn) ask() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent == nil && c.reason == nil {
		c.silent = time.AfterFunc(c.patience, func() { c.fail(fmt.Errorf("did not answer for %s", c.patience)) })
	}
}

// heard ends the wait.
func (c *conn) heard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent != nil {
		c.silent.Stop()
		c.silent = nil
	}
}
