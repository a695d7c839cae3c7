package sshto

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/ingot-build/ingot/engine/service"
)

// guest is an SSH server whose home is a folder of the test's, with this host's programs. A key lets its user in.
type guest struct {
	home     string
	sudo     string // a folder with a program of that name; before others on PATH
	withSFTP bool
}

// serve starts it, and gives the way in.
func (g *guest) serve(t *testing.T) service.Way {
	t.Helper()
	g.home = t.TempDir()
	signer, _ := newKey(t)
	user, private := newKey(t)
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(user.PublicKey().Marshal()) {
			return nil, os.ErrPermission
		}
		return nil, nil
	}}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go g.connection(conn, config)
		}
	}()
	return service.Way{Communicator: "ssh", Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, User: "packer", PrivateKey: private}
}

func newKey(t *testing.T) (ssh.Signer, string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, string(pem.EncodeToMemory(block))
}

func (g *guest) connection(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		go g.session(channel, requests)
	}
}

func (g *guest) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	for r := range requests {
		var line struct{ Text string }
		_ = ssh.Unmarshal(r.Payload, &line)
		switch {
		case r.Type == "exec":
			_ = r.Reply(true, nil)
			go func() {
				code := g.command(channel, line.Text)
				_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(code)}))
				_ = channel.Close()
			}()
		case r.Type == "subsystem" && line.Text == "sftp" && g.withSFTP:
			_ = r.Reply(true, nil)
			server, err := sftp.NewServer(channel, sftp.WithServerWorkingDirectory(g.home))
			if err != nil {
				return
			}
			go func() { _ = server.Serve(); _ = channel.Close() }()
		case r.Type == "pty-req":
			_ = r.Reply(true, nil)
		default:
			_ = r.Reply(false, nil)
		}
	}
}

func (g *guest) command(channel ssh.Channel, line string) int {
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.Dir, cmd.Stdout, cmd.Stderr = g.home, channel, channel.Stderr()
	cmd.Env = []string{"PATH=" + g.sudo + string(filepath.ListSeparator) + os.Getenv("PATH"), "HOME=" + g.home}
	stdin, err := cmd.StdinPipe() // not cmd.Stdin: the command may end before its input does
	if err != nil {
		return 255
	}
	go func() { _, _ = io.Copy(stdin, channel); _ = stdin.Close() }()
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode()
}
