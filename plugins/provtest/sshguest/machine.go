package sshguest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	sshcomm "github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/ssh"
	"golang.org/x/crypto/ssh"
)

const (
	user     = "packer"
	password = "let me in"
)

// DropFile is what a script leaves in /tmp to have the connection cut when it ends.
const DropFile = "drop-the-connection"

// Machine is this host's programs behind SSH, run by an unprivileged user who sees folders of the test's in the places of /tmp and
// of his home, and no processes but his command's. A script cannot harm the host more than that user could.
type Machine struct {
	Tmp  string // the folder that is /tmp there
	Port int
	home string
}

// enter runs $3 as nobody, with $1 as /tmp and $2 as home. The shell in between is what ends when all processes are killed.
const enter = `mount --bind "$2" /mnt && mount --bind "$1" /tmp && mount -t proc proc /proc && cd /mnt || exit 255
setpriv --reuid=65534 --regid=65534 --clear-groups -- env -i PATH=/usr/bin:/bin HOME=/mnt LANG=C.UTF-8 /bin/sh -c "$3"
exit $?`

// New starts a machine, or skips the test where a process cannot have namespaces of its own.
func New(t testing.TB) *Machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root: commands cannot get a /tmp and a user of their own")
	}
	for program, pkg := range map[string]string{"scp": "openssh-client", "setpriv": "util-linux", "unshare": "util-linux"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the guest needs %s: %v\n  fix:  apt-get install %s", program, err, pkg)
		}
	}
	probe := exec.Command("unshare", "--mount", "--pid", "--fork", "--", "mount", "-t", "proc", "proc", "/proc")
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("a command cannot have a /tmp of its own here: %v: %s", err, out)
	}
	dir := t.TempDir()
	m := &Machine{Tmp: filepath.Join(dir, "tmp"), home: filepath.Join(dir, "home")}
	for path, owner := range map[string]int{m.Tmp: 0, m.home: 65534} {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(m.Tmp, os.ModeSticky|0o777); err != nil {
		t.Fatal(err)
	}
	if out, err := m.command("true").CombinedOutput(); err != nil {
		t.Fatalf("the guest runs nothing: %v: %s", err, out)
	}
	m.Port = Serve(t, user, password, m.run)
	return m
}

func (m *Machine) command(line string) *exec.Cmd {
	return exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "--", "/bin/sh", "-c", enter, "sh", m.Tmp, m.home, line)
}

func (m *Machine) run(c Command) (int, error) {
	cmd := m.command(strings.TrimSuffix(c.Line, "\n"))
	cmd.Stdout, cmd.Stderr = c.Stdout, c.Stderr
	stdin, err := cmd.StdinPipe() // the command may end before its input does
	if err != nil {
		return 255, nil
	}
	go func() { _, _ = io.Copy(stdin, c.Stdin); _ = stdin.Close() }()
	_ = cmd.Run()
	drop := filepath.Join(m.Tmp, DropFile)
	if _, err := os.Stat(drop); err == nil {
		_ = os.Remove(drop)
		return 0, ErrDrop
	}
	if cmd.ProcessState == nil {
		return 255, nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// Communicator is Packer's own for SSH, connected to the machine.
func (m *Machine) Communicator(t testing.TB) packersdk.Communicator {
	t.Helper()
	address := net.JoinHostPort("127.0.0.1", fmt.Sprint(m.Port))
	comm, err := sshcomm.New(address, &sshcomm.Config{
		Connection: sshcomm.ConnectFunc("tcp", address), DisableAgentForwarding: true,
		SSHConfig: &ssh.ClientConfig{
			User: user, Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), // of this process
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return comm
}
