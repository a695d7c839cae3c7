package winrmserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// Machine is what the service is in front of.
type Machine interface {
	// Run runs a command line as cmd.exe /c would and returns its exit code. It returns soon after ctx ends, which happens when
	// the client terminates the command, when its shell is gone, and when the machine goes down.
	Run(ctx context.Context, p Process) int
}

// Process is a command line under way.
type Process struct {
	User           string            // who logged in
	Line           string            // as sent, with the arguments behind it
	Dir            string            // of the shell; "" is the user's own folder
	Env            map[string]string // of the shell, beside what the machine has
	Stdin          io.Reader         // ends when the client says so, and with ctx
	Stdout, Stderr io.Writer         // never fail
}

// Options of a server. The zero value takes what Windows has by default.
type Options struct {
	User, Password  string
	TLS             bool
	NoBasic, NoNTLM bool          // logins that are not offered
	MaxEnvelope     int           // bytes of a request or reply; 0: 500 KiB
	MaxShells       int           // 0: 30
	IdleTimeout     time.Duration // after which a shell that nobody asks is gone; 0: 2 h
	// Fault is asked about each request that is let in and can make it go wrong. It may block, which delays the request. Nil: all
	// goes well.
	Fault func(Request) Fault
}

// Server is a service that listens on loopback. Its methods may be called at any time and from anywhere.
type Server struct {
	machine Machine
	opts    Options
	cert    *tls.Certificate
	address string

	mu      sync.Mutex
	closed  bool
	boot    *boot // nil while the machine is down
	boots   int
	serving sync.WaitGroup
}

// boot is what there is between two restarts.
type boot struct {
	http   *http.Server
	shells *shells
}

// Start listens on a port of its own.
func Start(m Machine, opts Options) (*Server, error) {
	if opts.MaxEnvelope == 0 {
		opts.MaxEnvelope = 500 << 10
	}
	if opts.MaxShells == 0 {
		opts.MaxShells = 30
	}
	if opts.IdleTimeout == 0 {
		opts.IdleTimeout = 2 * time.Hour
	}
	s := &Server{machine: m, opts: opts, address: "127.0.0.1:0"}
	if opts.TLS {
		var err error
		if s.cert, err = selfSigned(); err != nil {
			return nil, err
		}
	}
	return s, s.up()
}

// Address is host and port.
func (s *Server) Address() string { return s.address }

// Port is the port alone.
func (s *Server) Port() int {
	a, err := net.ResolveTCPAddr("tcp", s.address)
	if err != nil {
		panic(err) // it came from a listener
	}
	return a.Port
}

// Endpoint is the URL that clients are given.
func (s *Server) Endpoint() string {
	scheme := "http"
	if s.opts.TLS {
		scheme = "https"
	}
	return scheme + "://" + s.address + "/wsman"
}

// Certificate is what a client has to trust, as PEM; nil without TLS.
func (s *Server) Certificate() []byte {
	if s.cert == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Certificate[0]})
}

// Shells is how many shells are open.
func (s *Server) Shells() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.boot == nil {
		return 0
	}
	return s.boot.shells.count()
}

// Boots is how often the service has come up, the first time included.
func (s *Server) Boots() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.boots
}

// Close ends everything, for good.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.down()
	s.serving.Wait()
}

// lastMoment is how long a machine that goes down lets clients take leave.
const lastMoment = time.Second

// Restart takes the service down for a while: connections are cut, shells and what they run are gone, and nobody listens. It
// comes back under the same address. From now on nobody can open a shell; those that have one get a moment to close it, so
// that a command that orders a restart still has its reply. Restart does not wait for all that; the function it returns waits
// until the service is back, and gives the error if it cannot come back.
func (s *Server) Restart(pause time.Duration) (back func() error) {
	s.mu.Lock()
	if s.boot != nil {
		s.boot.shells.leave()
	}
	s.mu.Unlock()
	done := make(chan error, 1)
	go func() {
		for deadline := time.Now().Add(lastMoment); s.Shells() > 0 && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		done <- s.Cut(pause)
	}()
	return func() error { return <-done }
}

// Cut is the power cut: a restart without the moment for taking leave. It returns when the service is back.
func (s *Server) Cut(pause time.Duration) error {
	s.down()
	time.Sleep(pause)
	return s.up()
}

// EndShells ends every shell with what it runs, as Windows does to those whose client it takes for gone. Clients hear of it when they
// ask for their shell.
func (s *Server) EndShells() {
	s.mu.Lock()
	b := s.boot
	s.mu.Unlock()
	if b == nil {
		return
	}
	b.shells.mu.Lock()
	all := b.shells.open
	b.shells.open = map[string]*shell{}
	b.shells.mu.Unlock()
	for _, sh := range all {
		sh.close()
	}
}

func (s *Server) down() {
	s.mu.Lock()
	b := s.boot
	s.boot = nil
	s.mu.Unlock()
	if b != nil {
		_ = b.http.Close() // cuts the connections too
		b.shells.closeAll()
	}
}

func (s *Server) up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.boot != nil {
		return nil
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("WinRM for tests: %w", err)
	}
	s.address = listener.Addr().String()
	if s.cert != nil {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*s.cert}})
	}
	b := &boot{shells: newShells(s)}
	b.http = &http.Server{
		Handler: &handler{Server: s, shells: b.shells},
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, loginKey{}, new(login))
		},
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // hostile clients are what it is for
	}
	s.boot = b
	s.boots++
	s.serving.Go(func() { _ = b.http.Serve(listener) }) // it always ends with an error, when it is closed
	return nil
}

// selfSigned makes a certificate as "winrm quickconfig" leaves one behind: for the machine's name, signed by itself.
func selfSigned() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	about := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: computer},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		DNSNames: []string{computer, "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
