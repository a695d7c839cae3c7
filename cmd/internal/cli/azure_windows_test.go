package cli

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// windowsMachines are those of an emulated Azure: Windows for tests, whose WinRM is behind one address that is known before they are made.
type windowsMachines struct {
	t     *testing.T
	front net.Listener

	mu      sync.Mutex
	first   azuresim.Machine // whose user is on the disks that others are made of
	servers []*winrmserver.Server
	guests  []*winguest.Machine
}

func newWindowsMachines(t *testing.T) *windowsMachines {
	t.Helper()
	m := &windowsMachines{t: t}
	var err error
	if m.front, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.front.Close() })
	go func() {
		for {
			conn, err := m.front.Accept()
			if err != nil {
				return
			}
			go m.forward(conn)
		}
	}()
	return m
}

// forward connects a client with the latest machine.
func (m *windowsMachines) forward(conn net.Conn) {
	defer conn.Close()
	m.mu.Lock()
	address := m.servers[len(m.servers)-1].Address()
	m.mu.Unlock()
	behind, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer behind.Close()
	go func() {
		_, _ = io.Copy(behind, conn)
		_ = behind.Close()
	}()
	_, _ = io.Copy(conn, behind)
}

// Start implements azuresim.Machines.
func (m *windowsMachines) Start(_ context.Context, about azuresim.Machine) (azuresim.Guest, error) {
	m.mu.Lock()
	if about.Specialized {
		about = m.first
	}
	m.first = about
	m.mu.Unlock()
	machine := winguest.New(about.User, about.Password)
	server, err := winrmserver.Start(machine, winrmserver.Options{User: about.User, Password: about.Password, TLS: true})
	if err != nil {
		return nil, err
	}
	machine.Down = func() func() {
		back := server.Restart(200 * time.Millisecond)
		return func() { _ = back() }
	}
	deprovision, err := os.ReadFile(filepath.Join("..", "..", "..", "translate", "lower", "scripts", "deprovision.ps1"))
	if err != nil {
		return nil, err
	}
	machine.Answers = func(text string) (winguest.Answer, bool) {
		if strings.Contains(text, "Write-VolumeCache") {
			return winguest.Answer{}, true
		}
		if text == string(deprovision) {
			return winguest.Answer{Stdout: ">>> the image is generalized\r\n"}, true
		}
		return winguest.Answer{}, false
	}
	m.t.Cleanup(server.Close)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.servers, m.guests = append(m.servers, server), append(m.guests, machine)
	return m, nil
}

func (*windowsMachines) Addr() netip.Addr               { return netip.MustParseAddr("127.0.0.1") }
func (*windowsMachines) PowerOff(context.Context) error { return nil }
func (*windowsMachines) PowerOn(context.Context) error  { return nil }
func (*windowsMachines) Destroy() error                 { return nil }

// TestAzureWindows builds a Windows over WinRM, with a restart; the plugin makes a key vault for that on the way.
func TestAzureWindows(t *testing.T) {
	t.Parallel()
	m := newWindowsMachines(t)
	w := newAzureWorld(t, azuresim.Options{Machines: m})
	_, port, _ := net.SplitHostPort(m.front.Addr().String())
	w.env = append(w.env, "INGOT_AZURE_WINRM_PORT="+port)
	out := w.build(ExitDone, w.template(
		`{"type": "PlatformImage", "publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2", "version": "latest"}`,
		`{"type": "PowerShell", "name": "hello", "inline": ["Write-Output \"hello from Windows\""]}, {"type": "WindowsRestart", "name": "again"}`,
		managedImage("win"), ""))
	if !strings.Contains(out, "hello from Windows") || !strings.Contains(out, ">>> the image is generalized") {
		t.Errorf("it says:\n%s", out)
	}
	if len(m.guests) != 1 || m.guests[0].Boots() != 2 {
		t.Errorf("there were %d machines", len(m.guests))
	}
	w.left("/images/win")
	image := w.sim.Resource(azureGroups + "images/providers/Microsoft.Compute/images/win")
	if props := image["properties"].(map[string]any); props["hyperVGeneration"] != "V2" {
		t.Errorf("the image is %v", props)
	}
}

// TestAzureCheckpointWindows goes on from a checkpoint of a Windows, whose build user is on its disk.
func TestAzureCheckpointWindows(t *testing.T) {
	t.Parallel()
	m := newWindowsMachines(t)
	w := newAzureWorld(t, azuresim.Options{Machines: m})
	_, port, _ := net.SplitHostPort(m.front.Addr().String())
	w.env = append(w.env, "INGOT_AZURE_WINRM_PORT="+port)
	const source = `{"type": "PlatformImage", "publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2",
      "version": "latest"}`
	const restart = `{"type": "WindowsRestart", "name": "again"}`
	out := w.build(ExitFailed, w.template(source, restart+`, {"type": "PowerShell", "name": "hello", "inline": ["exit 3"]}`,
		managedImage("win"), ""), "--checkpoint", "hello")
	if !strings.Contains(out, "@customize[1] is kept") {
		t.Fatalf("no checkpoint:\n%s", out)
	}
	out = w.build(ExitDone, w.template(source, restart+`, {"type": "PowerShell", "name": "hello", "inline": ["Write-Output \"mended\""]}`,
		managedImage("win"), ""), "--from-checkpoint", "latest")
	if strings.Contains(out, "again: running") || !strings.Contains(out, "customize[1] | mended") || !strings.Contains(out, ">>> the image is generalized") {
		t.Errorf("it says:\n%s", out)
	}
	w.wipe("/images/win")
}
