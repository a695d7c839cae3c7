package container

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// metadataAddress is where a guest asks a cloud for its metadata.
const metadataAddress = "169.254.169.254"

// listenMetadata gives the guest's loopback device the address and listens there. The guest may take the address away from itself; to this
// host, nothing leads from there but the relay.
func listenMetadata(space *os.File) (net.Listener, error) {
	var l net.Listener
	err := inside(space, func() (err error) {
		if err := addAddress("lo:metadata", metadataAddress); err != nil {
			return err
		}
		l, err = net.Listen("tcp4", net.JoinHostPort(metadataAddress, "80"))
		return err
	})
	return l, err
}

// addAddress gives a device, by one more name of it, one more address.
func addAddress(alias, address string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, set := range []struct {
		request uint
		value   net.IP
	}{{unix.SIOCSIFADDR, net.ParseIP(address).To4()}, {unix.SIOCSIFNETMASK, net.IPv4bcast.To4()}} {
		ifr, err := unix.NewIfreq(alias)
		if err == nil {
			err = ifr.SetInet4Addr(set.value)
		}
		if err == nil {
			err = unix.IoctlIfreq(fd, set.request, ifr)
		}
		if err != nil {
			return fmt.Errorf("give %s the address %s: %w", alias, address, err)
		}
	}
	return nil
}

// maxRelays is how many relays run at once. They are processes of this host, that a guest starts by connections.
const maxRelays = 16

// relay runs the relay's command for a connection, which is its standard input and output. Connections beyond maxRelays wait.
func (n *network) relay(conn *net.TCPConn) {
	defer conn.Close()
	n.relays <- struct{}{}
	defer func() { <-n.relays }()
	f, err := conn.File()
	if err != nil {
		return
	}
	defer f.Close()
	cmd := exec.Command("/bin/sh", "-c", "exec "+n.spec.MetadataRelay)
	cmd.Stdin, cmd.Stdout = f, f
	relay, err := start("metadata relay", cmd, func() error { return blocking(f) })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	<-relay.done
	if relay.result != nil && !errors.Is(relay.result, exec.ErrWaitDelay) {
		fmt.Fprintln(os.Stderr, "metadata relay:", relay.result)
	}
}

// blocking makes a socket what a program expects of its standard input.
func blocking(f *os.File) error { return unix.SetNonblock(int(f.Fd()), false) }
