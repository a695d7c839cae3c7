package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
)

// What the supervisor is asked to do.
const (
	doFreeze   = "freeze"
	doThaw     = "thaw"
	doPowerOff = "power off"
)

// request is a line from the maker to the supervisor. The first line is a Spec instead.
type request struct {
	ID int    `json:"id"`
	Do string `json:"do"`
}

// report is a line from the supervisor to the maker.
type report struct {
	ID    int    `json:"id,omitempty"`    // of the request that this answers; 0: it was not asked
	Up    bool   `json:"up,omitempty"`    // the guest's init runs, and Port leads in
	Port  int    `json:"port,omitempty"`  // with Up
	Ended bool   `json:"ended,omitempty"` // the guest is gone, and its disk is closed; the supervisor ends now
	Note  string `json:"note,omitempty"`  // what this container does without
	Error string `json:"error,omitempty"` // of a request, or why the guest is gone
}

// link is one end of the connection between the two.
type link struct {
	conn net.Conn
	in   *json.Decoder
	mu   sync.Mutex
	out  *json.Encoder
}

// newLinks makes both ends. The second one is for a process that is started.
func newLinks() (*link, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a pair of sockets: %w", err)
	}
	own, other := os.NewFile(uintptr(fds[0]), "supervisor"), os.NewFile(uintptr(fds[1]), "maker")
	l, err := newLink(own)
	if err != nil {
		return nil, nil, errors.Join(err, other.Close())
	}
	return l, other, nil
}

// newLink takes f over.
func newLink(f *os.File) (*link, error) {
	conn, err := net.FileConn(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return &link{conn: conn, in: json.NewDecoder(conn), out: json.NewEncoder(conn)}, nil
}

// send is safe for concurrent use.
func (l *link) send(v any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Encode(v)
}

func (l *link) close() { _ = l.conn.Close() }
