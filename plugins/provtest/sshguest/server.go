// Package sshguest gives tests Linux guests behind SSH that are no machines: a server whose commands a test runs itself, and Machine,
// which has this host's programs, and a user, a /tmp, a home and processes of its own.
package sshguest

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// A Command is what a client asks for.
type Command struct {
	Line           string
	Stdin          io.Reader // ends when the client closes it; the command may end before
	Stdout, Stderr io.Writer
}

// ErrDrop makes the server cut the connection, as a restart of the machine does, without an exit code.
var ErrDrop = errors.New("the connection is cut")

// Serve starts an SSH server on a port of the loopback address, and stops it when the test ends. It lets in one user by a password.
// run is called for each command, several at a time perhaps; it returns the exit code, or ErrDrop.
func Serve(t testing.TB, user, password string, run func(Command) (exit int, err error)) (port int) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PasswordCallback: func(c ssh.ConnMetadata, word []byte) (*ssh.Permissions, error) {
		if c.User() != user || string(word) != password {
			return nil, errors.New("wrong user or password")
		}
		return nil, nil
	}}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{config: config, run: run}
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go s.serve(conn)
		}
	})
	return listener.Addr().(*net.TCPAddr).Port
}

type server struct {
	config *ssh.ServerConfig
	run    func(Command) (int, error)
}

func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		go s.session(conn, channel, requests)
	}
}

func (s *server) session(conn net.Conn, channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	for r := range requests {
		var line struct{ Text string }
		if r.Type != "exec" || ssh.Unmarshal(r.Payload, &line) != nil {
			_ = r.Reply(r.Type == "env" || r.Type == "pty-req", nil)
			continue
		}
		_ = r.Reply(true, nil)
		exit, err := s.run(Command{Line: line.Text, Stdin: channel, Stdout: channel, Stderr: channel.Stderr()})
		if err != nil {
			_ = conn.Close()
			return
		}
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(exit)}))
		return
	}
}
