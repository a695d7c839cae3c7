package qemu

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	// QEMU's network accepts a connection before the guest listens. Then one that waits long hears nothing for up to 24
	// s after sshd is up, since the network behind it repeats its knock ever more seldom; one that waits briefly never
	// hears a guest that needs longer to answer. So there are two.
	impatient = 1 * time.Second
	patient   = 30 * time.Second
	// between two knocks, so that a guest that refuses them is not kept busy by them
	knockPause = 200 * time.Millisecond
)

// dialBanner connects to an SSH server at address as soon as it greets, and returns the connection with the greeting
// still to be read. It fails only when ctx ends, with its cause.
func dialBanner(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found := make(chan net.Conn, 2)
	var knockers sync.WaitGroup
	for _, limit := range []time.Duration{impatient, patient} {
		knockers.Go(func() {
			for ctx.Err() == nil {
				if conn, err := knock(ctx, address, limit); err == nil {
					found <- conn
					return
				}
				pause(ctx, knockPause)
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

// wakeKnock is how long a guest whose memory was read has for a greeting, before it is asked again.
const wakeKnock = 10 * time.Second

// greet waits for the guest's sshd. That of a guest which goes on from a layer runs already, so one knock does: a second one is another
// process that an emulated CPU starts before it comes to the first.
func (v *vm) greet(ctx context.Context) (net.Conn, error) {
	if v.layer == nil || !v.layer.awake {
		return dialBanner(ctx, v.address())
	}
	for {
		conn, err := knock(ctx, v.address(), wakeKnock)
		if err == nil {
			return conn, nil
		}
		if pause(ctx, knockPause); ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

var errNotSSH = errors.New("what answers is no SSH server")

// knock dials once and waits at most limit for the server's greeting.
func knock(ctx context.Context, address string, limit time.Duration) (net.Conn, error) {
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

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
