package build_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"golang.org/x/crypto/ssh"

	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/plugins/qemu"
)

// vm is a build VM of ingot-qemu between its boot and its end: the connection that provisioners get, and a way in as root beside it,
// to put things right again.
type vm struct {
	comm packersdk.Communicator
	port int
	root *ssh.ClientConfig
}

// bootVM boots the tiny guest, and takes it down when the test ends.
func bootVM(t *testing.T) *vm {
	t.Helper()
	if testing.Short() {
		t.Skip("boots a machine; not with -short")
	}
	b := qemu.New()
	if _, _, err := b.Prepare(map[string]any{
		"source_disk": tinyguest.Disk(t), "source_format": "qcow2", "output_directory": filepath.Join(t.TempDir(), "vm"),
		"memory": 512, "ssh_timeout": "4m",
	}); err != nil {
		t.Fatal(err)
	}
	ready, over, ended := make(chan *vm, 1), make(chan struct{}), make(chan error, 1)
	hook := hookFunc(func(comm packersdk.Communicator, data map[string]any) error {
		root, err := letRootIn(comm, data)
		if err != nil {
			return err
		}
		ready <- &vm{comm, data["Port"].(int), root}
		<-over
		return errors.New("that was all")
	})
	go func() {
		_, err := b.Run(context.WithoutCancel(t.Context()), &provtest.UI{}, hook)
		ended <- err
	}()
	select {
	case m := <-ready:
		t.Cleanup(func() {
			close(over)
			<-ended
		})
		return m
	case err := <-ended:
		t.Fatal(err)
		return nil
	}
}

// hookFunc is what a builder calls when the guest is ready.
type hookFunc func(comm packersdk.Communicator, data map[string]any) error

func (f hookFunc) Run(_ context.Context, name string, _ packersdk.Ui, comm packersdk.Communicator, data any) error {
	if name != packersdk.HookProvision {
		return nil
	}
	return f(comm, data.(map[string]any))
}

// letRootIn lets root in by the key of the build.
func letRootIn(comm packersdk.Communicator, data map[string]any) (*ssh.ClientConfig, error) {
	var stderr bytes.Buffer
	cmd := &packersdk.RemoteCmd{Stderr: &stderr,
		Command: "sudo -n sh -c 'mkdir -p /root/.ssh; chmod 700 /root /root/.ssh; cp /home/packer/.ssh/authorized_keys /root/.ssh'"}
	if err := comm.Start(context.Background(), cmd); err != nil {
		return nil, err
	}
	if cmd.Wait() != 0 {
		return nil, fmt.Errorf("let root in: %s", stderr.String())
	}
	key, err := ssh.ParsePrivateKey([]byte(data["SSHPrivateKey"].(string)))
	return &ssh.ClientConfig{
		User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), // of this test's VM
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519}, Timeout: time.Minute,
	}, err
}

// asRoot runs a command beside the build, and gives what it prints. It waits for an sshd that was killed.
func (m *vm) asRoot(t *testing.T, command string) string {
	t.Helper()
	var (
		client *ssh.Client
		err    error
	)
	for range 30 {
		if client, err = ssh.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", m.port), m.root); err == nil {
			break
		}
		time.Sleep(time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	out, err := session.CombinedOutput("export PATH=/usr/sbin:/usr/bin:/sbin:/bin; " + command)
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

// Customizers that break the machine they run in. All run in one boot of a real one, which has neither bash nor systemd, and is put
// right after each.
func TestBrokenMachines(t *testing.T) {
	m := bootVM(t)
	for _, tc := range []struct {
		name, command string
		generalize    bool
		line          int      // of the customizer that fails; 0: the build succeeds
		want          []string // what is said
		repair        string
	}{
		{name: "nothing broken", command: "uname; sudo id -u"},
		{
			name: "the disk is full", command: "echo filling; sudo sh -c 'cat /dev/zero >/fill'",
			line: firstLine, want: []string{`customizer "bad" exited with 1`, "No space left on device"}, repair: "rm /fill",
		},
		{
			name: "the disk is full, and the script does not mind", command: "sudo sh -c 'cat /dev/zero >/fill' || true",
			line: firstLine + 1, want: []string{`customizer "next" failed`, "No space left on device"}, repair: "rm /fill",
		},
		{
			name: "/tmp is gone", command: "sudo rm -rf /tmp",
			line: firstLine + 1, want: []string{`customizer "next" failed`, "/tmp"}, repair: "rm -rf /tmp; mkdir -m 1777 /tmp",
		},
		{
			name: "the session is killed", command: "echo going; sudo sh -c 'kill -9 $(cat /proc/$PPID/status | sed -n s/^PPid://p)'; sleep 60",
			line: firstLine, want: []string{`customizer "bad"`},
		},
		{
			name: "sshd is killed, and all its sessions", command: "echo going; sudo killall -9 dropbear; sleep 60",
			line: firstLine, want: []string{`customizer "bad" failed: the connection to the build VM was lost`, "last line: going"},
		},
		{
			name: "the build user's shell is another", command: "sudo sed -i '/^packer:/s#/bin/sh$#/bin/false#' /etc/passwd",
			repair: "sed -i '/^packer:/s#/bin/false$#/bin/sh#' /etc/passwd",
		},
		{
			name: "sudo is gone", command: "sudo rm /usr/bin/sudo", generalize: true,
			line: generalizes, want: []string{`hidden step "generalize" exited with 127`, "sudo"}, repair: "cp -p /root/sudo /usr/bin/sudo",
		},
		{
			name: "sudo has lost its right", command: "sudo chmod u-s /usr/bin/sudo", generalize: true,
			line: generalizes, want: []string{`hidden step "generalize" exited with`}, repair: "chmod u+s /usr/bin/sudo",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m.asRoot(t, "cp -p /usr/bin/sudo /root/sudo; rm -f /tmp/next")
			r := runBadOn(t, m.comm, fmt.Sprintf(badTemplate, shell(tc.command)), nil, tc.generalize)
			t.Log(r.err)
			r.wentOn = strings.Contains(m.asRoot(t, "ls /tmp/next 2>&1 || true"), "/tmp/next\n")
			if tc.repair != "" {
				m.asRoot(t, tc.repair)
			}
			if tc.line == 0 {
				r.succeeds(t)
			} else {
				r.fails(t, tc.line, tc.want...)
			}
		})
	}
}
