package lightguest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/lightguest"
)

const password = "Pa$$w0rd"

// start starts a guest, and gives what its address is.
func start(t *testing.T) (azuresim.Guest, string) {
	t.Helper()
	port := freePort(t)
	m := &lightguest.Machines{Dir: t.TempDir(), Port: port}
	g, err := m.Start(t.Context(), azuresim.Machine{ID: "/x", Name: "web", Addr: netip.MustParseAddr("127.0.0.1"),
		User:     "packer",
		Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Destroy(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(m.Dir); err != nil || len(left) != 0 {
			t.Errorf("left of the disk: %v, %v", left, err)
		}
	})
	return g, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func dial(address, user, word string) (*ssh.Client, error) {
	return ssh.Dial("tcp", address, &ssh.ClientConfig{User: user, Auth: []ssh.AuthMethod{ssh.Password(word)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey()})
}

// run runs a command, and gives what it wrote and its exit code, or -1 if the connection was lost.
func run(t *testing.T, c *ssh.Client, command, stdin string) (out, errs string, code int) {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var stdout, stderr bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err = s.Run(command)
	var exit *ssh.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitStatus()
	case err != nil:
		code = -1
	}
	return stdout.String(), stderr.String(), code
}

func TestCommands(t *testing.T) {
	_, address := start(t)
	c, err := dial(address, "packer", password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, tt := range []struct {
		name, command, stdin string
		out, errs            string
		code                 int
	}{
		{"echo", "echo hello", "", "hello\n", "", 0},
		{"exit code", "exit 3", "", "", "", 3},
		{"not found", "apt-get install nginx", "", "", "sh: 1: apt-get: not found\n", 127},
		{"the host's programs are not there", "/usr/bin/perl -e 1", "", "", "sh: 1: /usr/bin/perl: not found\n", 127},
		{"a file", "echo a > /tmp/x && cat /tmp/x && rm /tmp/x && cat /tmp/x", "", "a\n",
			"cat: /tmp/x: No such file or directory\n", 1},
		{"what is there", "command -v waagent; command -v cd; command -v python3 || echo no", "", "waagent\ncd\nno\n", "", 0},
		{"a script", "printf '#!/bin/sh -e\\nfalse\\necho no\\n' > /tmp/s; chmod +x /tmp/s; A=1 /tmp/s", "", "", "", 1},
		{"a script with variables", "printf 'echo $A $1\\n' > /tmp/s; chmod 0755 /tmp/s; A=one /tmp/s two", "", "one two\n",
			"", 0},
		{"no right to run it", "echo true > /tmp/t; chmod 644 /tmp/t; /tmp/t", "", "", "sh: 1: /tmp/t: Permission denied\n",
			126},
		{"as root", "sudo -S env B=2 sh -c 'echo $B; id -u'", "", "2\n0\n", "", 0},
		{"Packer's way to be root", "chmod +x /tmp/s; sudo -n -E sh -ec 'A=x /tmp/s y'", "", "x y\n", "", 0},
		{"a pipe", "echo one | tee /tmp/p | cat; cat < /tmp/p", "", "one\none\n", "", 0},
		{"input", "cat", "typed", "typed", "", 0},
		{"tests of files", "test -d /tmp && [ -x /tmp/s ] && [ ! -e /tmp/nothing ] && echo yes", "", "yes\n", "", 0},
		{"folders", "mkdir -p /a/b && cp /tmp/s /a/b/ && cp -r /a /c && mv /c/b/s /c/n && ls /a/b /c", "", "s\nb\nn\n", "",
			0},
		{"patterns", "touch /a/1.txt /a/2.txt; echo /a/*.txt", "", "/a/1.txt /a/2.txt\n", "", 0},
		{"nothing outside", "cat /tmp/../../../../../../etc/hostname", "", "web\n", "", 0},
		{"the root stays", "sudo rm -rf /", "", "", "rm: it is dangerous to operate recursively on '/'\n", 1},
		{"no syntax", "if", "", "", "sh: sh:1:1: `if` must be followed by a statement list\n", 2},
		{"nowhere", "echo x > /dev/null; echo $?", "", "0\n", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, code := run(t, c, tt.command, tt.stdin)
			if out != tt.out || errs != tt.errs || code != tt.code {
				t.Errorf("got %q, %q, %d; want %q, %q, %d", out, errs, code, tt.out, tt.errs, tt.code)
			}
		})
	}
}

// TestLinksLeadNowhere keeps a link on the disk from leading to the host.
func TestLinksLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	m := &lightguest.Machines{Dir: dir, Port: freePort(t)}
	g, err := m.Start(t.Context(), azuresim.Machine{Name: "web", Addr: netip.MustParseAddr("127.0.0.1"), User: "packer",
		Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Destroy() })
	disks, err := os.ReadDir(dir)
	if err != nil || len(disks) != 1 {
		t.Fatal(disks, err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, disks[0].Name(), "tmp", "link")); err != nil {
		t.Fatal(err)
	}
	c, err := dial(net.JoinHostPort("127.0.0.1", strconv.Itoa(m.Port)), "packer", password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if out, _, code := run(t, c, "cat /tmp/link; cat < /tmp/link; echo overwritten > /tmp/link", ""); code == 0 ||
		strings.Contains(out, "secret") {
		t.Errorf("a link led out: %q, %d", out, code)
	}
	if text, err := os.ReadFile(secret); err != nil || string(text) != "secret" {
		t.Errorf("a link was written through: %q, %v", text, err)
	}
}

// TestPowerAndSignIn lets in the administrator with the right password, while the machine is on and has the account.
func TestPowerAndSignIn(t *testing.T) {
	g, address := start(t)
	if _, err := dial(address, "packer", "wrong"); err == nil {
		t.Error("a wrong password is taken")
	}
	if _, err := dial(address, "root", password); err == nil {
		t.Error("another user is taken")
	}
	c, err := dial(address, "packer", password)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, code := run(t, c, "echo kept > /opt/x; sudo reboot", ""); code != -1 {
		t.Errorf("a restart ends with %d, want a lost connection", code)
	}
	if c, err = dial(address, "packer", password); err != nil {
		t.Fatal(err)
	}
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("echo begun; sleep 600"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("begun\n"))); err != nil {
		t.Fatal(err)
	}
	if err := g.PowerOff(context.Background()); err != nil {
		t.Fatal(err)
	}
	var exit *ssh.ExitError
	if err := session.Wait(); err == nil || errors.As(err, &exit) {
		t.Errorf("a command of a machine that was turned off ends with %v", err)
	}
	if _, err := dial(address, "packer", password); err == nil {
		t.Error("a machine that is off lets somebody in")
	}
	if err := g.PowerOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err = dial(address, "packer", password); err != nil {
		t.Fatal(err)
	}
	if out, _, _ := run(t, c, "cat /opt/x; sudo waagent -force -deprovision+user", ""); !strings.HasPrefix(out,
		"kept\nWARNING!") {
		t.Errorf("after a restart: %q", out)
	}
	if _, err := dial(address, "packer", password); err == nil {
		t.Error("an account that is gone lets somebody in")
	}
}
