package tinyguest_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
	"github.com/ingot-build/ingot/plugins/machine/seed"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

func TestMain(m *testing.M) {
	container.RunIfSupervisor()
	os.Exit(m.Run())
}

// TestContainer runs the guest in a container: it comes up with its user, goes down when told, and comes up again from its disk.
func TestContainer(t *testing.T) {
	disk := tinyguest.Disk(t)
	if lacks := container.Check(t.Context()); len(lacks) > 0 {
		t.Skipf("no containers here: %v", lacks)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir, orders := t.TempDir(), t.TempDir()
	for _, f := range (seed.Seed{User: "packer", PublicKey: string(ssh.MarshalAuthorizedKey(signer.PublicKey())), InstanceID: "one"}).Files() {
		if err := os.WriteFile(filepath.Join(orders, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay := exec.Command("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", disk, filepath.Join(dir, "disk.qcow2"))
	if out, err := overlay.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, command := range []string{"echo made | sudo tee /etc/made", "cat /etc/made"} {
		c, err := container.Start(t.Context(), container.Spec{Name: fmt.Sprintf("ingot-tiny-%d", i), Dir: dir, Disk: "disk.qcow2", Seed: orders})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Kill() })
		client := dial(t, c, signer)
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := session.CombinedOutput(command); err != nil || string(out) != "made\n" {
			t.Errorf("%s: %q, %v", command, out, err)
		}
		_ = client.Close()
		if err := c.PowerOff(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// dial logs in as the guest's user, as soon as the guest lets it in.
func dial(t *testing.T, c *container.Container, key ssh.Signer) *ssh.Client {
	t.Helper()
	for {
		client, err := ssh.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", c.Port()), &ssh.ClientConfig{
			User: "packer", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		})
		if err == nil {
			return client
		}
		select {
		case <-c.Done():
			text, _ := os.ReadFile(c.Console())
			t.Fatalf("the guest is gone: %v\n%s", c.Err(), text)
		case <-t.Context().Done():
			t.Fatal(err)
		default:
		}
	}
}
