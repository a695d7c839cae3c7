package lightguest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
)

func hostKey() (ssh.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(key)
}

var errLogin = errors.New("wrong user, password or key")

// config lets in the administrator, and nobody once the account is removed.
func (g *guest) config() *ssh.ServerConfig {
	c := &ssh.ServerConfig{
		PasswordCallback: func(who ssh.ConnMetadata, word []byte) (*ssh.Permissions, error) {
			right := g.about.Password != "" && subtle.ConstantTimeCompare(word, []byte(g.about.Password)) == 1
			if !right || !g.hasUser(who.User()) {
				return nil, errLogin
			}
			return nil, nil
		},
		PublicKeyCallback: func(who ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			for _, line := range g.about.Keys {
				known, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
				if err == nil && bytes.Equal(known.Marshal(), key.Marshal()) && g.hasUser(who.User()) {
					return nil, nil
				}
			}
			return nil, errLogin
		},
	}
	c.AddHostKey(g.host)
	return c
}

// hasUser looks into /etc/passwd, from which deprovisioning removes the account.
func (g *guest) hasUser(name string) bool {
	data, err := g.root.ReadFile("etc/passwd")
	return err == nil && name == g.about.User && strings.Contains("\n"+string(data), "\n"+name+":")
}

func (g *guest) accept(ctx context.Context, l net.Listener) {
	config := g.config()
	for {
		conn, err := l.Accept()
		if err != nil {
			return // turned off
		}
		g.mu.Lock()
		off := g.listener != l
		if !off {
			g.conns[conn] = true
		}
		g.mu.Unlock()
		if off {
			_ = conn.Close()
			return
		}
		g.serving.Go(func() {
			g.serve(ctx, conn, config)
			g.mu.Lock()
			delete(g.conns, conn)
			g.mu.Unlock()
		})
	}
}

func (g *guest) serve(ctx context.Context, conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests) // ends with the connection
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		g.serving.Go(func() { g.session(ctx, conn, channel, requests) })
	}
}

// session runs the one command of a session. What comes after it is refused, a shell too.
func (g *guest) session(ctx context.Context, conn net.Conn, channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	for r := range requests {
		var line struct{ Text string }
		if r.Type != "exec" || ssh.Unmarshal(r.Payload, &line) != nil {
			_ = r.Reply(r.Type == "env" || r.Type == "pty-req", nil)
			continue
		}
		_ = r.Reply(true, nil)
		if g.log != nil {
			g.log(g.about.Name, line.Text)
		}
		command, cancel := context.WithCancel(ctx)
		go func() { // a client that goes away ends its command
			for range requests {
			}
			cancel()
		}()
		exit := g.run(command, line.Text, channel, channel, channel.Stderr())
		cancel()
		if exit == exitReboot || ctx.Err() != nil { // a machine that is turned off tells nobody how its commands end
			_ = conn.Close()
			return
		}
		_ = channel.CloseWrite()
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(exit)}))
		return
	}
}

// run runs a command line: scp's two ends are part of the guest, and the shell has the rest.
func (g *guest) run(ctx context.Context, line string, in io.Reader, out, errs io.Writer) int {
	if words := strings.Fields(line); len(words) > 1 && words[0] == "scp" {
		return g.scp(line, in, out)
	}
	return g.shell(ctx, line, in, out, errs)
}
