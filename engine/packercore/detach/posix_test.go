package detach

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	sshcomm "github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/ssh"
	"golang.org/x/crypto/ssh"
)

// sshd starts the real one, for the user that runs the tests, and gives its address and the key that it lets in.
func sshd(t testing.TB) (address string, key ssh.Signer) {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		t.Skip("no sshd here: apt-get install openssh-server")
	}
	dir := t.TempDir()
	newKey := func(name string) ssh.Signer {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		block, err := ssh.MarshalPrivateKey(private, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.NewSignerFromKey(private)
		if err != nil {
			t.Fatal(err)
		}
		return signer
	}
	newKey("host")
	key = newKey("user")
	if err := os.WriteFile(filepath.Join(dir, "authorized"), ssh.MarshalAuthorizedKey(key.PublicKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	_ = listener.Close()
	_, port, _ := net.SplitHostPort(address)
	if os.Getuid() == 0 {
		_ = os.MkdirAll("/run/sshd", 0o755) // where sshd shuts itself in; on a Debian without systemd nobody makes it
	}
	log := filepath.Join(dir, "log")
	cmd := exec.Command(program, "-D", "-E", log, "-f", "/dev/null", "-p", port, "-h", filepath.Join(dir, "host"),
		"-o", "AuthorizedKeysFile="+filepath.Join(dir, "authorized"), "-o", "StrictModes=no", "-o", "UsePAM=no",
		"-o", "PidFile=none", "-o", "ListenAddress=127.0.0.1", "-o", "MaxStartups=100", "-o", "SetEnv=HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-exited })
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return address, key
		}
		select {
		case <-exited:
			said, _ := os.ReadFile(log)
			t.Skipf("sshd does not run here: %s", said)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// overSSH is Packer's communicator to an sshd.
func overSSH(t testing.TB, address string, key ssh.Signer) packersdk.Communicator {
	t.Helper()
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	comm, err := sshcomm.New(address, &sshcomm.Config{
		Connection: sshcomm.ConnectFunc("tcp", address), DisableAgentForwarding: true,
		SSHConfig: &ssh.ClientConfig{
			User: who.Username, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return comm
}

// fast are times for tests, in which nothing has to be waited for.
var fast = times{
	retry: time.Millisecond, retryMost: 20 * time.Millisecond, beat: 100 * time.Millisecond,
	dead: time.Minute, slow: time.Minute, look: 10 * time.Millisecond, silence: time.Minute, farewell: 5 * time.Second,
}

// notes collects what a person is told.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, text)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.list, "\n")
}

// detached wraps a communicator for a test.
func detached(ctx context.Context, inner packersdk.Communicator, d Dialect, patience time.Duration) (*Communicator, *notes) {
	n := &notes{}
	c := New(ctx, inner, Options{Dialect: d, Patience: patience, Note: n.add})
	c.times = fast
	return c, n
}

// ran is what a command came to.
type ran struct {
	Stdout, Stderr string
	Exit           int
}

func execute(t *testing.T, comm packersdk.Communicator, line string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := &packersdk.RemoteCmd{Command: line, Stdout: &stdout, Stderr: &stderr}
	if err := comm.Start(t.Context(), cmd); err != nil {
		t.Fatalf("%.100s: %v", line, err)
	}
	exit := cmd.Wait()
	return ran{stdout.String(), stderr.String(), exit}
}

// nothingLeft fails when there are files of commands on this host, which is the guest.
func nothingLeft(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"/var/tmp", "/tmp"} {
		left, err := filepath.Glob(filepath.Join(dir, ".ingot-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %q, %v", left, err)
		}
	}
}

// TestAsDirectly runs command lines with and without the wrapper: they must not notice it.
func TestAsDirectly(t *testing.T) {
	address, key := sshd(t)
	direct := overSSH(t, address, key)
	c, told := detached(t.Context(), overSSH(t, address, key), Shell, 0)
	t.Run("each", func(t *testing.T) { asDirectly(t, direct, c) })
	if told.String() != "" {
		t.Errorf("noted %s", told)
	}
	c.Close()
	nothingLeft(t)
}

func asDirectly(t *testing.T, direct, c packersdk.Communicator) {
	for _, line := range []string{
		`true`,
		`false`,
		`exit 255`,
		`echo out; echo err >&2; exit 3`,
		`printf 'no end of line'`,
		`printf '\000\001\377\r\n\r'`,
		`echo "it's" "a \"quote\" and a \$ and \\" '%d' '*' ~`,
		`echo one
echo two`,
		"echo 'a line with \t tab, é, and \x01'",
		`pwd; id; umask; ulimit -a`,
		`env | grep -v -e ^SSH_ -e ^_= -e ^SHLVL | sort`,
		`echo "$-" "$0" "$#"`,
		`kill -9 $$`,
		`kill -TERM $$; echo not reached`,
		`sh -c 'kill -INT $$; echo not reached'`,
		`trap 'echo trapped; exit 4' INT; kill -INT $$; sleep 5`,
		`read line; echo "read $? [$line]"`,
		`cat; echo end`,
		`no-such-program-anywhere`,
		`if then`,
		`exec true`,
		`seq 1 100000`,
		`head -c 3000000 /dev/zero; head -c 300000 /dev/zero >&2`,
		`echo to stdout >/dev/stdout; echo to stderr >/dev/stderr; echo more >/dev/stderr; echo again`,
		`chmod 0755 /etc/passwd-no; echo $?`,
	} {
		name := strings.ReplaceAll(line, "\n", ";")
		t.Run(name[:min(len(name), 40)], func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(execute(t, direct, line), execute(t, c, line)); diff != "" {
				t.Errorf("-directly +detached:\n%.2000s", diff)
			}
		})
	}
}
