package azuresim

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// A vault or a storage account is reached by a name of its own, which no name server knows. So the emulator is a proxy
// too: a client that asks it to connect to such a name gets the emulator itself, with a certificate for the name. All
// other names are refused, which keeps what should be tested here from going elsewhere.

// proxyFor is the proxy of a client that is given no environment.
func (s *Sim) proxyFor(r *http.Request) (*url.URL, error) {
	if strings.HasSuffix(r.URL.Hostname(), "."+Suffix) {
		return &url.URL{Scheme: "http", Host: s.plain.addr.String()}, nil
	}
	return nil, nil
}

// connect answers a CONNECT.
func (s *Sim) connect(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil || !strings.HasSuffix(host, "."+Suffix) {
		http.Error(w, "the emulated Azure connects to nobody else: "+r.Host, http.StatusForbidden)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if buffered.Reader.Buffered() > 0 { // the client may not speak before the answer
		_ = conn.Close()
		return
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = conn.Close()
		return
	}
	end := make(chan struct{})
	server := &http.Server{
		Handler: http.HandlerFunc(s.handle), ReadHeaderTimeout: s.secure.server.ReadHeaderTimeout,
		ErrorLog: s.secure.server.ErrorLog,
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed || state == http.StateHijacked {
				close(end)
			}
		},
	}
	stop := context.AfterFunc(s.ctx, func() { _ = conn.Close() })
	s.working.Go(func() {
		defer stop()
		_ = server.Serve(&oneConn{conn: tls.Server(conn, s.ca.serverConfig()), end: end})
	})
}

// oneConn is a listener to which one connection comes. Another Accept waits for its end.
type oneConn struct {
	conn  net.Conn
	given bool
	end   chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if !l.given {
		l.given = true
		return l.conn, nil
	}
	<-l.end
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }
