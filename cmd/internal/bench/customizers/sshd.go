package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// sshGuest is this machine behind an sshd of its own, on loopback, as this user.
type sshGuest struct {
	user, key, dir string
	port           int
	sshd           *exec.Cmd
	log            *bytes.Buffer
}

// sshdConfig lets the user's shell read no start-up files: bash reads them in a shell that sshd starts, unless SHLVL says otherwise.
const sshdConfig = `ListenAddress 127.0.0.1
Port %d
HostKey %[2]s/host
AuthorizedKeysFile %[2]s/user.pub
StrictModes no
UsePAM no
PidFile none
SetEnv SHLVL=2
Subsystem sftp internal-sftp
`

// startSSHD starts one. An *exec.Error tells that a program for it is missing.
func startSSHD(dir string) (g *sshGuest, err error) {
	program, err := exec.LookPath("sshd")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/sshd"); err != nil { // which is on the PATH of few
			return nil, err
		}
	}
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	g = &sshGuest{user: me.Username, key: filepath.Join(dir, "user"), dir: dir, log: new(bytes.Buffer)}
	for _, name := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("make a key: %w: %s", err, out)
		}
	}
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // where sshd locks up what it does not trust
			return nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "sshd_config")
	if err := os.WriteFile(config, fmt.Appendf(nil, sshdConfig, g.port, dir), 0o600); err != nil {
		return nil, err
	}
	g.sshd = exec.Command(program, "-D", "-e", "-f", config)
	g.sshd.Stderr = g.log
	g.sshd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := g.sshd.Start(); err != nil {
		return nil, err
	}
	for wait := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", g.port))
		if err == nil {
			return g, conn.Close()
		}
		if time.Now().After(wait) {
			g.close()
			return nil, fmt.Errorf("sshd does not listen: %w: %s", err, g.log)
		}
	}
}

func (g *sshGuest) close() {
	_ = g.sshd.Process.Kill()
	_ = g.sshd.Wait() // it was killed
}

// roundTrip is how long a command that does nothing takes on a connection that is open.
func (g *sshGuest) roundTrip() (time.Duration, error) {
	text, err := os.ReadFile(g.key)
	if err != nil {
		return 0, err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return 0, err
	}
	client, err := ssh.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", g.port), &ssh.ClientConfig{
		User: g.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), // loopback
	})
	if err != nil {
		return 0, err
	}
	defer client.Close()
	var took []time.Duration
	for range emptySteps {
		began := time.Now()
		session, err := client.NewSession()
		if err != nil {
			return 0, err
		}
		if err := session.Run("true"); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	return calmest(took), nil
}

// scp is how long scp copies a file, without the time that ssh takes to log in.
func (g *sshGuest) scp(from, to string) (time.Duration, error) {
	options := []string{"-q", "-F", "none", "-i", g.key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"-o", "LogLevel=ERROR"}
	port, at := fmt.Sprint(g.port), g.user+"@127.0.0.1"
	login, err := clock(exec.Command("ssh", append(options, "-p", port, at, "true")...))
	if err != nil {
		return 0, err
	}
	all, err := clock(exec.Command("scp", append(options, "-P", port, from, at+":"+to)...))
	return max(all-login, time.Millisecond), err
}

func clock(cmd *exec.Cmd) (time.Duration, error) {
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", cmd, err, out)
	}
	return time.Since(began), nil
}
