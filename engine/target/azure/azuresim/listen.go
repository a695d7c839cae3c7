package azuresim

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// listener is one of the two servers.
type listener struct {
	addr   netip.AddrPort
	server *http.Server
}

func (l *listener) Close() error {
	if l.server == nil {
		return nil
	}
	return l.server.Close()
}

// listen starts both servers.
func (s *Sim) listen() error {
	plain, err := loopback(s.opts.HTTP)
	if err != nil {
		return err
	}
	secure, err := loopback(s.opts.Addr)
	if err != nil {
		_ = plain.Close()
		return err
	}
	s.plain = s.serve(plain)
	s.secure = s.serve(tls.NewListener(secure, s.ca.serverConfig()))
	return nil
}

// loopback listens on an address that only this machine reaches.
func loopback(addr netip.AddrPort) (net.Listener, error) {
	if !addr.IsValid() {
		addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	}
	if !addr.Addr().IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address: anybody could use an emulator that listens there", addr.Addr())
	}
	return net.Listen("tcp", addr.String())
}

func (s *Sim) serve(l net.Listener) listener {
	server := &http.Server{
		Handler:           http.HandlerFunc(s.handle),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // TLS handshakes of clients that do not trust the emulator
	}
	s.working.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			_ = l.Close()
		}
	})
	return listener{addr: l.Addr().(*net.TCPAddr).AddrPort(), server: server}
}
