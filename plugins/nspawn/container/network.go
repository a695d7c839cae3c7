package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	networkProgram = "slirp4netns"

	loopback      = "127.0.0.1"
	sshPort       = "22"
	slirpPatience = 10 * time.Second // for the card to be there; 10 ms on an idle host
	dialPatience  = 10 * time.Second // the guest's own loopback answers at once, or its firewall does not
)

// network is how the guest gets out, and how this host gets in.
type network struct {
	spec     Spec
	port     int
	relays   chan struct{}
	listener net.Listener // 127.0.0.1:port of this host; it stays when the guest reboots

	mu       sync.Mutex
	space    *os.File // the guest's network namespace; nil while there is none
	slirp    *child
	metadata net.Listener
}

// listenNetwork opens the port that leads in. Connections are made from inside the guest's namespace: so the guest is reached whatever its
// network is like, at the speed of the kernel, and after it rebooted.
func listenNetwork(s Spec) (*network, error) {
	l, err := net.Listen("tcp4", net.JoinHostPort(loopback, strconv.Itoa(s.Port)))
	if err != nil {
		return nil, fmt.Errorf("open the port that leads to the guest's sshd: %w", err)
	}
	n := &network{spec: s, port: l.Addr().(*net.TCPAddr).Port, listener: l, relays: make(chan struct{}, maxRelays)}
	go n.serve(l, n.forward)
	return n, nil
}

// join connects the guest whose init is leader.
func (n *network) join(leader int) error {
	space, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", leader))
	if err != nil {
		return fmt.Errorf("find the guest's network namespace: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.space = space
	if err := inside(space, makeCard); err != nil {
		return err
	}
	if n.slirp, err = startSlirp(leader); err != nil {
		return err
	}
	if n.spec.MetadataRelay == "" {
		return nil
	}
	if n.metadata, err = listenMetadata(space); err != nil {
		return fmt.Errorf("answer the guest at %s: %w", metadataAddress, err)
	}
	go n.serve(n.metadata, n.relay)
	return nil
}

// startSlirp gives the guest a card whose network is made of this host's own connections, and that does not lead to this host's loopback.
func startSlirp(leader int) (*child, error) {
	ready, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer ready.Close()
	cmd := exec.Command(networkProgram, "--mtu=1500", "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp", "--ready-fd=3",
		strconv.Itoa(leader), Card)
	cmd.ExtraFiles = []*os.File{tell}
	slirp, err := start(networkProgram, cmd, nil)
	tell.Close()
	if err != nil {
		return nil, err
	}
	if err := ready.SetReadDeadline(time.Now().Add(slirpPatience)); err != nil {
		return nil, err
	}
	if _, err := ready.Read(make([]byte, 1)); err != nil {
		if slirp.within(time.Second) {
			return nil, fmt.Errorf("connect the guest to the network: %w", slirp.endError())
		}
		slirp.stop()
		return nil, fmt.Errorf("connect the guest to the network: %s is not ready within %s", networkProgram, slirpPatience)
	}
	return slirp, nil
}

// leave lets go of a guest that is gone.
func (n *network) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.metadata != nil {
		_ = n.metadata.Close()
		n.metadata = nil
	}
	if n.slirp != nil {
		n.slirp.stop()
		n.slirp = nil
	}
	if n.space != nil {
		_ = n.space.Close()
		n.space = nil
	}
}

func (n *network) close() {
	n.leave()
	_ = n.listener.Close()
}

// serve hands each connection to handle, until the listener is closed.
func (n *network) serve(l net.Listener, handle func(*net.TCPConn)) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files, most likely
			time.Sleep(100 * time.Millisecond)
			continue
		}
		go handle(conn.(*net.TCPConn))
	}
}

// forward connects to the guest's sshd. Where nobody listens yet, the connection just ends.
func (n *network) forward(in *net.TCPConn) {
	defer in.Close()
	n.mu.Lock()
	space := n.space
	var out net.Conn
	err := errors.New("there is no guest")
	if space != nil {
		space, err = dup(space)
	}
	n.mu.Unlock()
	if err != nil {
		return
	}
	defer space.Close()
	err = inside(space, func() (err error) {
		ctx, cancel := context.WithTimeout(context.Background(), dialPatience)
		defer cancel()
		out, err = new(net.Dialer).DialContext(ctx, "tcp4", net.JoinHostPort(loopback, sshPort))
		return err
	})
	if err != nil {
		return
	}
	defer out.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		pass(in, out.(*net.TCPConn))
	}()
	pass(out.(*net.TCPConn), in)
	<-done
}

// pass copies until from ends, and ends to with it.
func pass(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = from.Close()
	}
	_ = to.CloseWrite()
}

func dup(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// inside runs do in a thread of its own that is in a network namespace. Sockets that do makes stay there.
func inside(space *os.File, do func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := unix.Setns(int(space.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = do()
		}
		result <- err
	}()
	return <-result
}
