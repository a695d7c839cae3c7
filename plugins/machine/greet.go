package machine

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	// The network of a VM accepts a connection before the guest listens. Then one that waits long hears nothing for up to 24
	// s after sshd is up, since the network behind it repeats its knock ever more seldom; one that waits briefly never
	// hears a guest that needs longer to answer. So there are two.
	impatient    = 1 * time.Second
	PatientKnock = 30 * time.Second

	// KnockPause is what a guest on an emulated CPU has between two knocks, so that refusing them does not keep it busy.
	KnockPause = 200 * time.Millisecond
)

// DialBanner connects to an SSH server at address as soon as it greets, with two knocks at a time and a pause after each, and returns
// the connection with the greeting still to be read. It fails only when ctx ends, with its cause.
func DialBanner(ctx context.Context, address string, between time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found := make(chan net.Conn, 2)
	var knockers sync.WaitGroup
	for _, limit := range []time.Duration{impatient, PatientKnock} {
		knockers.Go(func() {
			for ctx.Err() == nil {
				if conn, err := Knock(ctx, address, limit); err == nil {
					found <- conn
					return
				}
				Pause(ctx, between)
			}
		})
	}
	defer func() { // the slower of two that were both answered
		cancel()
		knockers.Wait()
		close(found)
		for conn := range found {
			conn.Close()
		}
	}()
	select {
	case conn := <-found:
		return conn, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

var errNotSSH = errors.New("what answers is no SSH server")

// Knock dials once and waits at most limit for the server's greeting, which it leaves to be read.
func Knock(ctx context.Context, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	greeting := make([]byte, 256)
	n, err := conn.Read(greeting)
	if err == nil && !strings.HasPrefix(string(greeting[:n]), "SSH-") {
		err = errNotSSH
	}
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &greeted{Conn: conn, unread: greeting[:n]}, nil
}

// greeted is a connection of which the first bytes were read already; Read gives them again.
type greeted struct {
	net.Conn
	unread []byte
}

func (g *greeted) Read(p []byte) (int, error) {
	if len(g.unread) == 0 {
		return g.Conn.Read(p)
	}
	n := copy(p, g.unread)
	g.unread = g.unread[n:]
	return n, nil
}
