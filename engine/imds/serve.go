package imds

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// SocketName is the socket of the service in a build VM's folder.
const SocketName = "imds.sock"

// Server answers on a socket of a folder.
type Server struct {
	http   *http.Server
	ended  chan error
	folder *os.File
}

// Serve answers on the socket SocketName in dir, which only this user may use. A socket that is there already is replaced. The caller
// closes the server.
func Serve(dir string, h http.Handler) (*Server, error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	// By the folder's descriptor, since the path of a socket may have no more than 107 bytes.
	path := filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), SocketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(err, folder.Close())
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("serve the metadata of the build VM: %w", err), folder.Close())
	}
	s := &Server{
		http: &http.Server{
			Handler: h, MaxHeaderBytes: 16 << 10, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: time.Minute,
			ErrorLog: log.New(io.Discard, "", 0), // what a guest does wrong is told to the guest
		},
		ended:  make(chan error, 1),
		folder: folder,
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close(), folder.Close())
	}
	go func() { s.ended <- s.http.Serve(listener) }()
	return s, nil
}

// Close ends all connections, and removes the socket.
func (s *Server) Close() error {
	err := s.http.Close()
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, s.folder.Close())
}

// Relay carries one connection of a guest: what it reads from the guest goes to the socket in the working directory, and back. It is what
// QEMU starts for each connection. It returns when either side is done.
func Relay(socket string, guest io.ReadWriter) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	back := make(chan error, 1)
	go func() {
		_, err := io.Copy(guest, conn)
		back <- err
	}()
	go func() {
		_, _ = io.Copy(conn, guest)
		_ = conn.(*net.UnixConn).CloseWrite()
	}()
	return <-back
}
