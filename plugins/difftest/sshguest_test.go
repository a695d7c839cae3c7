package difftest

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// sshGuest is a Linux machine behind SSH: this host's shell and scp, with a folder of its own in the place of /tmp.
type sshGuest struct {
	tmp  string
	port int

	mu      sync.Mutex
	journal []string
}

// dropFile is what a script leaves in /tmp to have the connection cut, as a restart of the machine does.
const dropFile = "drop-the-connection"

func startSSH(t *testing.T) *sshGuest {
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
	g := &sshGuest{tmp: t.TempDir(), port: listener.Addr().(*net.TCPAddr).Port}
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go g.serve(conn, config)
		}
	})
	return g
}

func (g *sshGuest) serve(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
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
		go g.session(conn, channel, requests)
	}
}

func (g *sshGuest) session(conn net.Conn, channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	for r := range requests {
		var line struct{ Text string }
		if r.Type != "exec" || ssh.Unmarshal(r.Payload, &line) != nil {
			_ = r.Reply(r.Type == "env" || r.Type == "pty-req", nil)
			continue
		}
		_ = r.Reply(true, nil)
		exit := g.run(strings.TrimSuffix(line.Text, "\n"), channel)
		if _, err := os.Stat(filepath.Join(g.tmp, dropFile)); err == nil {
			_ = os.Remove(filepath.Join(g.tmp, dropFile))
			_ = conn.Close()
			return
		}
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(exit)}))
		return
	}
}

// inTmp finds /tmp where it is a path of its own.
var inTmp = regexp.MustCompile(`(^|[\s'"=:&;])/tmp\b`)

func (g *sshGuest) run(line string, channel ssh.Channel) int {
	g.mu.Lock()
	g.journal = append(g.journal, line)
	g.mu.Unlock()
	cmd := exec.Command("/bin/sh", "-c", inTmp.ReplaceAllString(line, "${1}"+g.tmp))
	cmd.Dir = g.tmp
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + g.tmp, "LANG=C"}
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	stdin, err := cmd.StdinPipe() // the command may end before its input does
	if err != nil {
		return 255
	}
	go func() { _, _ = io.Copy(stdin, channel); _ = stdin.Close() }()
	if err := cmd.Run(); cmd.ProcessState == nil || err != nil && cmd.ProcessState.ExitCode() < 0 {
		return 255
	}
	return cmd.ProcessState.ExitCode()
}

var (
	numbered = regexp.MustCompile(`(script_|varfile_)[0-9]+`)
	hashes   = regexp.MustCompile(unique.String())
)

// summary is what the guest was told, and what is in its /tmp.
func (g *sshGuest) summary(t *testing.T, failed string) told {
	t.Helper()
	ids := map[string]string{}
	plain := func(text string) string {
		text = strings.ReplaceAll(text, g.tmp, "/tmp")
		text = hashes.ReplaceAllString(text, "<id>")
		return numbered.ReplaceAllStringFunc(text, func(name string) string {
			kind, _, _ := strings.Cut(name, "_")
			if ids[name] == "" {
				ids[name] = kind + "_" + string(rune('A'+len(ids)))
			}
			return ids[name]
		})
	}
	w := told{Files: map[string]string{}, Error: plain(local.ReplaceAllString(failed, "<temporary file>"))}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.journal {
		w.Commands = append(w.Commands, plain(line))
	}
	err := filepath.WalkDir(g.tmp, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		info, err2 := d.Info()
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		w.Files[plain(path)] = info.Mode().String() + " " + plain(string(content))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
