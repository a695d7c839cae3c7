package lightguest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// Machines makes guests. The zero Machines listens on port 22, and keeps disks in the folder for temporary files.
type Machines struct {
	Dir  string // of the disks; "" is os.TempDir
	Port int    // 0 is 22, which needs the right to; give ssh_port in the Packer template otherwise

	// Log is told of every command, as it came over SSH; nil is nobody.
	Log func(machine, command string)
}

// Start makes a guest.
func (m *Machines) Start(_ context.Context, about azuresim.Machine) (azuresim.Guest, error) {
	if about.Windows {
		return nil, errors.New("a light guest is a Linux machine: it has no WinRM and no PowerShell")
	}
	dir, err := m.makeDisk(about.Disk)
	if err != nil {
		return nil, err
	}
	g := &guest{about: about, dir: dir, port: m.Port, log: m.Log, conns: map[net.Conn]bool{}}
	if g.port == 0 {
		g.port = 22
	}
	if err := g.install(); err != nil {
		_ = g.removeDisk()
		return nil, err
	}
	if err := g.PowerOn(context.Background()); err != nil {
		_ = g.Destroy()
		return nil, err
	}
	return g, nil
}

// guest is one machine.
type guest struct {
	about azuresim.Machine
	dir   string
	root  *os.Root
	port  int
	log   func(machine, command string)
	host  ssh.Signer

	mu       sync.Mutex
	listener net.Listener // nil when it is off
	conns    map[net.Conn]bool
	serving  sync.WaitGroup
	ctx      context.Context // of commands; ends when it is turned off
	stop     context.CancelFunc
}

// install lays out the disk. What a first boot does, a disk that had one has behind it.
func (g *guest) install() error {
	var err error
	if g.root, err = os.OpenRoot(g.dir); err != nil {
		return err
	}
	if g.host, err = hostKey(); err != nil {
		return err
	}
	if g.about.Specialized {
		return g.takeUser()
	}
	home := "home/" + g.about.User
	for _, dir := range []string{"tmp", "etc", "usr/sbin", "usr/bin", "var/log", "var/lib/waagent", "root", "opt", home, home + "/.ssh"} {
		if err := g.root.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("lay out the disk of %s: %w", g.about.Name, err)
		}
	}
	files := map[string]string{
		"etc/hostname":                 g.about.Name + "\n",
		"etc/os-release":               "ID=lightguest\nNAME=\"light guest\"\nPRETTY_NAME=\"light guest of an emulated Azure\"\n",
		"etc/passwd":                   "root:x:0:0::/root:/bin/sh\n" + g.about.User + ":x:1000:1000::/" + home + ":/bin/sh\n",
		home + "/.ssh/authorized_keys": strings.Join(g.about.Keys, "\n") + "\n",
		"var/lib/waagent/ovf-env.xml":  "<Environment/>\n",
		"var/lib/waagent/CustomData":   string(g.about.CustomData),
		"usr/sbin/waagent":             "#!/bin/sh\n", // so that it is found there; the command is in commands.go
	}
	for name, text := range files {
		if err := g.root.WriteFile(name, []byte(text), 0o755); err != nil {
			return fmt.Errorf("lay out the disk of %s: %w", g.about.Name, err)
		}
	}
	return nil
}

// takeUser finds on a disk who may sign in, and with which keys. As a true guest does when it boots, it has nothing in /tmp any more.
func (g *guest) takeUser() error {
	passwd, err := g.root.ReadFile("etc/passwd")
	if err != nil {
		return fmt.Errorf("find the user on the disk of %s: %w", g.about.Name, err)
	}
	for line := range strings.Lines(string(passwd)) {
		if field := strings.Split(line, ":"); len(field) > 2 && field[2] == "1000" {
			g.about.User = field[0]
		}
	}
	if g.about.User == "" {
		return nil // it was generalized: nobody may
	}
	keys, err := g.root.ReadFile("home/" + g.about.User + "/.ssh/authorized_keys")
	if err != nil {
		return fmt.Errorf("find the keys on the disk of %s: %w", g.about.Name, err)
	}
	g.about.Keys = strings.Split(strings.TrimSpace(string(keys)), "\n")
	if err := g.root.RemoveAll("tmp"); err != nil {
		return err
	}
	return g.root.Mkdir("tmp", 0o755)
}

func (g *guest) Addr() netip.Addr { return g.about.Addr }

// PowerOn listens for SSH.
func (g *guest) PowerOn(context.Context) error {
	l, err := net.Listen("tcp", netip.AddrPortFrom(g.about.Addr, uint16(g.port)).String())
	if err != nil {
		return fmt.Errorf("turn on %s: %w", g.about.Name, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listener = l
	g.ctx, g.stop = context.WithCancel(context.Background())
	ctx := g.ctx
	g.serving.Go(func() { g.accept(ctx, l) })
	return nil
}

// PowerOff cuts all connections.
func (g *guest) PowerOff(context.Context) error {
	g.mu.Lock()
	if g.listener != nil {
		g.stop()
		_ = g.listener.Close()
		g.listener = nil
	}
	for conn := range g.conns {
		_ = conn.Close()
	}
	g.mu.Unlock()
	g.serving.Wait()
	return nil
}

// Destroy turns it off and removes its disk.
func (g *guest) Destroy() error {
	return errors.Join(g.PowerOff(context.Background()), g.root.Close(), g.removeDisk())
}
