package qemuguest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/internal/testtools/tinyguest"
	"github.com/ingot-build/ingot/plugins/qemu"
)

// dirVariable has this test program be one that starts a guest in the folder, and is killed.
const dirVariable = "INGOT_TEST_QEMU_GUEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		machines := &Machines{Disk: os.Args[1], Format: "qcow2", Dir: dir, Port: port, Memory: 256}
		_, _ = machines.Start(context.Background(), about("127.99.1.2"))
		select {}
	}
	os.Exit(m.Run())
}

// key is one that nobody has the other half of.
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGHsoVQcPsDbTHXvJ6zZCzwYfGdUzPLBsvgUQYg0NhQ8 nobody"

func about(addr string) azuresim.Machine {
	return azuresim.Machine{Name: "build", User: "packer", Keys: []string{key}, Addr: netip.MustParseAddr(addr)}
}

// TestPower turns a machine off and on again: it is off when it is said to be, and is reached at its address else.
func TestPower(t *testing.T) {
	t.Parallel()
	machines := &Machines{Disk: tinyguest.Disk(t), Format: "qcow2", Dir: t.TempDir(), Port: port, Memory: 256}
	m := about("127.99.1.1")
	m.Disk = "os"
	guest, err := machines.Start(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	reached := func() bool {
		conn, err := net.Dial("tcp", netip.AddrPortFrom(m.Addr, port).String())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}
	if !reached() {
		t.Error("a machine that is on is not reached")
	}
	second := m
	second.Disk = "second"
	if _, err := machines.Start(t.Context(), second); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("another one at its address: %v", err)
	}
	if err := machines.CopyDisk(t.Context(), "os", "image"); err == nil {
		t.Error("the disk of a machine that is on was copied")
	}
	if err := guest.PowerOff(t.Context()); err != nil || reached() {
		t.Errorf("a machine that was turned off: %v, or it is reached", err)
	}
	if err := machines.CopyDisk(t.Context(), "os", "image"); err != nil {
		t.Error(err)
	}
	if err := machines.CopyDisk(t.Context(), "nobody's", "other"); err != nil {
		t.Error(err)
	}
	if a, b := bytesOf(t, machines, "os"), bytesOf(t, machines, "image"); len(a) < 100<<10 || !bytes.Equal(a, b) {
		t.Errorf("the disk has %d bytes, and its copy %d others", len(a), len(b))
	}
	if err := guest.PowerOn(t.Context()); err != nil || !reached() {
		t.Errorf("turned on again: %v, or it is not reached", err)
	}
	if err := guest.Destroy(); err != nil || reached() {
		t.Errorf("a machine that is gone: %v, or it is reached", err)
	}
	if left := belowDir(t, machines.Dir); left != nil {
		t.Errorf("processes that are left: %v", left)
	}
	if err := errors.Join(machines.DropDisk("os"), machines.DropDisk("image"), machines.DropDisk("second")); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(machines.Dir); err != nil || len(entries) != 0 {
		t.Errorf("left in the folder of disks: %v, %v", entries, err)
	}
}

// TestKilled kills the program that has a guest: no machine outlives it.
func TestKilled(t *testing.T) {
	disk := tinyguest.Disk(t)
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], disk)
	cmd.Env = append(os.Environ(), dirVariable+"="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	for t.Context().Err() == nil && belowDir(t, dir) == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for left := belowDir(t, dir); left != nil; left = belowDir(t, dir) { // the kernel takes a moment; the test has an end
		time.Sleep(10 * time.Millisecond)
	}
}

// TestRefused has machines that cannot be made be refused for a reason.
func TestRefused(t *testing.T) {
	disk := tinyguest.Disk(t)
	for name, tt := range map[string]struct {
		change func(*Machines, *azuresim.Machine)
		want   string
	}{
		"Windows":   {func(_ *Machines, a *azuresim.Machine) { a.Windows = true }, "is a Linux machine"},
		"no key":    {func(_ *Machines, a *azuresim.Machine) { a.Keys = nil }, "has no SSH key in its osProfile"},
		"no disk":   {func(m *Machines, _ *azuresim.Machine) { m.Disk = "/nowhere/disk" }, "/nowhere/disk"},
		"no memory": {func(m *Machines, _ *azuresim.Machine) { m.Memory = 1 << 40 }, "QEMU ended"},
	} {
		t.Run(name, func(t *testing.T) {
			m, a := &Machines{Disk: disk, Format: "qcow2", Dir: t.TempDir(), Port: port}, about("127.99.1.3")
			tt.change(m, &a)
			if _, err := m.Start(t.Context(), a); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if entries, err := os.ReadDir(m.Dir); err != nil || len(entries) != 0 {
				t.Errorf("left: %v, %v", entries, err)
			}
		})
	}
}

func bytesOf(t *testing.T, m *Machines, disk string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(m.diskDir(disk), qemu.GuestDisk))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// belowDir are the numbers of processes that work in a folder below dir.
func belowDir(t *testing.T, dir string) (found []int) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, dir+"/") {
			n, _ := strconv.Atoi(strings.Split(link, "/")[2])
			found = append(found, n)
		}
	}
	return found
}

func testToken(t *testing.T, sim *azuresim.Sim) string {
	t.Helper()
	resp, err := sim.Client().PostForm(sim.URL()+"/"+azuresim.DefaultTenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"me"}, "client_secret": {"secret"}, "scope": {"x/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Token
}
