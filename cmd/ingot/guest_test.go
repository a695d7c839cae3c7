package main_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// guest is a machine booted from a finished image, as somebody who downloads the image would boot it: by firmware, with no
// part of Ingot in between. It is the second witness of what a build says it made.
type guest struct {
	*ssh.Client
	hostKey string // SHA256:… of the key the guest showed
	console string // path of its serial console log
	off     func() // cuts the power; may be called more than once

	exited chan struct{}   // QEMU has ended
	stderr strings.Builder // of QEMU; read it then
}

// bootTimeout bounds a boot under software emulation on a busy machine; 30 s is usual.
const bootTimeout = 6 * time.Minute

// bootVHD starts a throw-away copy of vhd with firmware "bios" or "uefi" and waits for a login as user "tester". The machine
// learns that user from cloud-init's network seed, which only a machine that believes to be new asks for.
func bootVHD(t *testing.T, vhd, firmware string) *guest {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	seed := serveSeed(t, fmt.Sprintf("fresh-%d", time.Now().UnixNano()), string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	port := freePort(t)
	g := startVHD(t, vhd, firmware, fmt.Sprintf("user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:%d-:22", port),
		fmt.Sprintf("ds=nocloud-net;s=http://10.0.2.2:%s/", seed))

	config := &ssh.ClientConfig{
		User: "tester",
		Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			g.hostKey = ssh.FingerprintSHA256(key)
			return nil
		},
		Timeout: 30 * time.Second,
	}
	ctx, cancel := context.WithTimeout(t.Context(), bootTimeout)
	defer cancel()
	for {
		g.Client, err = ssh.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), config)
		if err == nil {
			return g
		}
		select {
		case <-g.exited:
			t.Fatalf("QEMU ended: %s", &g.stderr)
		case <-ctx.Done():
			text, _ := os.ReadFile(g.console)
			t.Fatalf("no login after %s: %v\nconsole ends with:\n%s", bootTimeout, err, lastLines(string(text), 30))
		case <-time.After(time.Second):
		}
	}
}

// startVHD starts a throw-away copy of vhd by firmware, with a network card and a serial number.
func startVHD(t *testing.T, vhd, firmware, card, serial string) *guest {
	t.Helper()
	g := &guest{console: filepath.Join(t.TempDir(), "console.log"), exited: make(chan struct{})}
	args := []string{
		"-name", "fresh", "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=128",
		"-cpu", "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt", "-smp", "2", "-m", "1024",
		"-nodefaults", "-no-user-config", "-display", "none", "-serial", "file:" + g.console,
		"-drive", "file=" + vhd + ",format=vpc,if=virtio,snapshot=on",
		"-nic", card,
		"-device", "virtio-rng-pci",
		"-smbios", "type=1,serial=" + serial,
	}
	if firmware == "uefi" {
		args = append(args, "-bios", "/usr/share/ovmf/OVMF.fd")
	}
	cmd := exec.Command("qemu-system-x86_64", args...)
	// A test binary that is killed takes its machine with it; the goroutine that waits keeps the thread the signal hangs on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = &g.stderr
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(g.exited)
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	g.off = func() {
		_ = cmd.Process.Kill()
		<-g.exited
	}
	t.Cleanup(g.off)
	return g
}

// serveSeed serves a cloud-init NoCloud seed and returns its port.
func serveSeed(t *testing.T, instanceID, authorizedKey string) string {
	t.Helper()
	files := map[string]string{
		"/meta-data": "instance-id: " + instanceID + "\nlocal-hostname: fresh\n",
		"/user-data": "#cloud-config\nusers:\n- name: tester\n  shell: /bin/bash\n  sudo: ALL=(ALL) NOPASSWD:ALL\n" +
			"  ssh_authorized_keys:\n  - " + authorizedKey,
		"/vendor-data": "",
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(srv.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// run gives what a command prints on the guest, and its exit code.
func (g *guest) run(t *testing.T, command string) (string, int) {
	t.Helper()
	session, err := g.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	out, err := session.CombinedOutput(command)
	var exit *ssh.ExitError
	if errors.As(err, &exit) {
		return string(out), exit.ExitStatus()
	}
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return string(out), 0
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

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
