package qemu

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
	gossh "golang.org/x/crypto/ssh"

	"github.com/ingot-build/ingot/plugins/machine"
)

// The test binary is its own fake of QEMU: linked to by QEMU's name, it acts as that. The fake speaks QMP, has a
// console and an SSH server that lets in the key of the seed disk; a kind of guest, given by an environment variable,
// decides what goes wrong.
const (
	guestEnv   = "INGOT_FAKE_GUEST"
	guestPID   = "INGOT_FAKE_PID_FILE" // where the fake leaves its process id
	systemName = "qemu-system-x86_64"
	imgName    = "qemu-img"
)

// The kinds of guest.
const (
	goodGuest     = "good"
	refused       = "refused"       // QEMU does not like its arguments
	mute          = "mute"          // the firmware says nothing
	deaf          = "deaf"          // the port accepts, and nothing greets
	locked        = "locked"        // no login is accepted
	panicking     = "panicking"     // the kernel gives up
	hangsOnce     = "hangs-once"    // the kernel hangs while it boots, but not when it is started again
	hangs         = "hangs"         // it does so each time
	starvesOnce   = "starves-once"  // the kernel's clock does not tick, but does when it is started again
	killed        = "killed"        // QEMU is killed while the guest boots
	unmanageable  = "unmanageable"  // QEMU never opens its control socket
	stubborn      = "stubborn"      // the guest ignores its power button
	hung          = "hung"          // QEMU ignores everything but SIGKILL
	uncleanCloud  = "unclean-cloud" // cloud-init had errors
	crashAtTheEnd = "crash-at-the-end"
	wedged        = "wedged"         // the control socket falls silent when the guest is to power off
	windows       = "windows"        // WinRM answers, and lets in user packer with windowsPassword
	windowsSSH    = "windows-ssh"    // so does OpenSSH
	winSilent     = "windows-silent" // neither answers: no Windows, or none with drivers
)

// The kinds that go wrong where a layer is taken, or gone on from; each is well when it boots.
const (
	badState     = "bad-state"     // QEMU ends when it reads memory
	failedState  = "failed-state"  // QEMU says that memory is no good
	deadState    = "dead-state"    // what was restored gives up
	killedState  = "killed-state"  // QEMU is killed once the guest runs
	endlessState = "endless-state" // memory is written, and read, for ever
	noOverlay    = "no-overlay"    // QEMU opens no other disk
	noSwitch     = "no-switch"     // it does not have the guest write there
	noRoom       = "no-room"       // memory cannot be written
)

const stall = "[   21.000001] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\r\n"

const windowsPassword = "a word"

// forwarded finds in QEMU's arguments which port of the guest can be reached.
var forwarded = regexp.MustCompile(`hostfwd=tcp:127\.0\.0\.1:0-:(\d+)`)

func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case systemName:
		os.Exit(fakeQEMU(os.Getenv(guestEnv)))
	case imgName:
		os.Exit(fakeImg(os.Args[1:]))
	}
	log.SetOutput(io.Discard) // the SDK logs each SSH session
	os.Exit(m.Run())
}

// useFakes puts the fakes on PATH and returns the file that will hold the fake QEMU's process id.
func useFakes(t *testing.T, guest string) (pidFile string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for _, name := range []string{systemName, imgName} {
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	pidFile = filepath.Join(bin, "pid")
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv(guestEnv, guest)
	t.Setenv(guestPID, pidFile)
	return pidFile
}

// fakeImg knows the two commands of qemu-img that a build uses.
func fakeImg(args []string) int {
	switch args[0] {
	case "info":
		fmt.Printf(`{"virtual-size": %d}`, 64*machine.MiB)
		return 0
	case "create":
		if err := os.WriteFile(args[len(args)-2], []byte("QFI\xfb"), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	return 2
}

type fakeGuest struct {
	kind      string
	incoming  bool   // it goes on from memory
	migration string // its status
	console   *os.File
	ssh       net.Listener
	config    *gossh.ServerConfig

	down    atomic.Bool // rebooting: connections are accepted and nothing greets
	mu      sync.Mutex
	conns   []net.Conn
	monitor net.Conn
}

func fakeQEMU(kind string) int {
	if slices.Contains(os.Args, "--version") {
		fmt.Println("QEMU emulator version 7.2.0")
		return 0
	}
	if kind == refused {
		fmt.Fprintln(os.Stderr, "qemu-system-x86_64: failed to initialize kvm: Permission denied")
		return 1
	}
	incoming := slices.Contains(os.Args, "-incoming")
	if !incoming && slices.Contains([]string{badState, failedState, deadState, killedState}, kind) {
		kind = goodGuest
	}
	if kind == hung {
		signal.Ignore(syscall.SIGTERM)
	}
	if kind == hangsOnce || kind == starvesOnce {
		if _, err := os.Stat(os.Getenv(guestPID)); err == nil {
			kind = goodGuest
		}
	}
	if err := os.WriteFile(os.Getenv(guestPID), fmt.Append(nil, os.Getpid()), 0o600); err != nil {
		panic(err)
	}
	if kind == unmanageable {
		select {}
	}
	g := &fakeGuest{kind: kind, incoming: incoming}
	if err := g.start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	monitor, err := net.Listen("unix", monitorFile)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for {
		conn, err := monitor.Accept()
		if err != nil {
			panic(err)
		}
		go g.manage(conn)
	}
}

func (g *fakeGuest) start() (err error) {
	if g.console, err = os.Create(machine.ConsoleFile); err != nil {
		return err
	}
	if g.ssh, err = net.Listen("tcp", machine.Loopback+":0"); err != nil {
		return err
	}
	if g.kind == windows {
		f := &fakeWinRM{user: "packer", password: windowsPassword, off: func() { time.AfterFunc(100*time.Millisecond, func() { os.Exit(0) }) }}
		go func() { panic(http.Serve(g.ssh, f)) }()
	} else if g.kind == winSilent {
		go g.listen()
	} else if g.kind == windowsSSH {
		if err := g.trustWord(); err != nil {
			return err
		}
		go g.listen()
	} else {
		if err := g.trust(); err != nil {
			return fmt.Errorf("seed disk: %w", err)
		}
		go g.listen()
	}
	switch g.kind {
	case mute:
	case hangs, hangsOnce:
		fmt.Fprint(g.console, "SeaBIOS (version 1.16)\r\n", strings.Repeat(stall, hangReports))
	case starvesOnce:
		fmt.Fprint(g.console, "SeaBIOS (version 1.16)\r\n")
		time.AfterFunc(300*time.Millisecond, func() { // a kernel comes to speak long after QEMU is up
			fmt.Fprintf(g.console, "Kernel panic - not syncing: %s!\r\n", starvedText)
		})
	case panicking:
		fmt.Fprint(g.console, "SeaBIOS (version 1.16)\r\n\x1b[0;31mKernel panic - not syncing: VFS: Unable to mount root fs\x1b[0m\r\n")
	default:
		fmt.Fprint(g.console, "SeaBIOS (version 1.16)\r\n[    0.000000] Linux version 6.1\r\n")
	}
	return nil
}

// trustWord lets in user packer with windowsPassword.
func (g *fakeGuest) trustWord() error {
	g.config = &gossh.ServerConfig{PasswordCallback: func(c gossh.ConnMetadata, password []byte) (*gossh.Permissions, error) {
		if c.User() != "packer" || string(password) != windowsPassword {
			return nil, errors.New("no")
		}
		return nil, nil
	}}
	return g.makeHostKey()
}

// trust reads the seed disk as cloud-init would, and lets in whom it names.
func (g *fakeGuest) trust() error {
	disk, err := os.Open(machine.SeedFile)
	if err != nil {
		return err
	}
	defer disk.Close()
	info, err := disk.Stat()
	if err != nil {
		return err
	}
	fs, err := iso9660.Read(file.New(disk, true), info.Size(), 0, 2048)
	if err != nil {
		return err
	}
	in, err := fs.OpenFile("/user-data", os.O_RDONLY)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var orders struct {
		Users []struct {
			Name string
			Keys []string `json:"ssh_authorized_keys"`
		}
	}
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("#cloud-config\n")), &orders); err != nil {
		return err
	}
	user := orders.Users[0]
	key, _, _, _, err := gossh.ParseAuthorizedKey([]byte(user.Keys[0]))
	if err != nil {
		return err
	}
	g.config = &gossh.ServerConfig{
		PublicKeyCallback: func(c gossh.ConnMetadata, got gossh.PublicKey) (*gossh.Permissions, error) {
			if g.kind == locked || c.User() != user.Name || !bytes.Equal(got.Marshal(), key.Marshal()) {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	return g.makeHostKey()
}

func (g *fakeGuest) makeHostKey() error {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	host, err := gossh.NewSignerFromKey(private)
	if err != nil {
		return err
	}
	g.config.AddHostKey(host)
	return nil
}

// tell sends an event.
func (g *fakeGuest) tell(event, data string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fmt.Fprintf(g.monitor, `{"timestamp": {"seconds": 1, "microseconds": 2}, "event": %q, "data": %s}`+"\n", event, data)
}

// manage serves one QMP connection.
func (g *fakeGuest) manage(conn net.Conn) {
	g.mu.Lock()
	g.monitor = conn
	g.mu.Unlock()
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\n", args...) }
	say(`{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}`)
	for lines := json.NewDecoder(bufio.NewReader(conn)); ; {
		var command struct {
			Execute   string
			Arguments struct{ URI string }
		}
		if lines.Decode(&command) != nil {
			return
		}
		switch command.Execute {
		case "query-status":
			say(`{"return": {"running": true, "status": "running"}}`)
		case "human-monitor-command":
			say(`{"return": "Hub -1 (net):\r\n  TCP[HOST_FORWARD]   8       127.0.0.1 %d       10.0.2.15    %s     0     0\r\n"}`,
				g.ssh.Addr().(*net.TCPAddr).Port, forwarded.FindStringSubmatch(strings.Join(os.Args, " "))[1])
		case "migrate", "migrate-incoming", "query-migrate", "migrate_cancel", "cont", "query-machines", "query-version",
			"query-migrate-capabilities", "blockdev-add", "blockdev-snapshot":
			say("%s", g.keep(command.Execute, command.Arguments.URI))
		case "system_powerdown":
			if g.kind == wedged {
				select {}
			}
			say(`{"return": {}}`)
			switch g.kind {
			case stubborn, hung:
			case crashAtTheEnd:
				fmt.Fprintln(os.Stderr, "qemu-system-x86_64: disk.qcow2: No space left on device")
				os.Exit(1)
			default:
				fmt.Fprint(g.console, "reboot: Power down\r\n")
				os.Exit(0)
			}
		case "quit":
			if g.kind == hung {
				continue
			}
			say(`{"return": {}}`)
			os.Exit(0)
		default:
			say(`{"return": {}}`)
		}
	}
}

// keep answers what QEMU is told about layers.
func (g *fakeGuest) keep(command, uri string) string {
	refused := func(kind string) string {
		if g.kind == kind {
			return `{"error": {"class": "GenericError", "desc": "no"}}`
		}
		return `{"return": {}}`
	}
	switch command {
	case "query-machines":
		return `{"return": [{"name": "pc-i440fx-7.2", "alias": "pc"}, {"name": "pc-q35-7.2", "alias": "q35"}]}`
	case "query-version":
		return `{"return": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}}`
	case "query-migrate-capabilities":
		return `{"return": [{"capability": "events", "state": false}]}`
	case "blockdev-add":
		return refused(noOverlay)
	case "blockdev-snapshot":
		return refused(noSwitch)
	case "query-migrate":
		return fmt.Sprintf(`{"return": {"status": %q, "error-desc": "torn"}}`, g.migration)
	case "migrate_cancel":
		g.migration = "cancelled"
	case "migrate", "migrate-incoming":
		g.migrate(strings.TrimPrefix(uri, "exec:"))
	case "cont":
		switch {
		case g.kind == deadState:
			fmt.Fprint(g.console, "Kernel panic - not syncing: Attempted to kill init!\r\n")
			g.down.Store(true)
		case g.kind == killedState:
			time.AfterFunc(50*time.Millisecond, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) })
			g.down.Store(true)
		}
	}
	return `{"return": {}}`
}

// migrate writes memory by the command, or reads it.
func (g *fakeGuest) migrate(command string) {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Stdin = strings.NewReader("memory")
	g.migration = "completed"
	switch {
	case g.kind == endlessState:
		g.migration = "active"
	case g.kind == noRoom, g.kind == failedState:
		g.migration = "failed"
	case g.kind == badState:
		fmt.Fprintln(os.Stderr, "qemu-system-x86_64: load of migration failed: Input/output error")
		os.Exit(1)
	default:
		if err := cmd.Run(); err != nil {
			g.migration = "failed"
		}
	}
}

// listen is the guest's port 22.
func (g *fakeGuest) listen() {
	for {
		conn, err := g.ssh.Accept()
		if err != nil {
			panic(err)
		}
		switch {
		case g.kind == killed:
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		case g.kind == winSilent, g.kind == deaf, g.kind == mute, g.kind == hangs, g.kind == hangsOnce, g.kind == starvesOnce, g.kind == panicking, g.down.Load():
			go io.Copy(io.Discard, conn)
		default:
			g.mu.Lock()
			g.conns = append(g.conns, conn)
			g.mu.Unlock()
			go g.serve(conn)
		}
	}
}

func (g *fakeGuest) serve(conn net.Conn) {
	_, channels, requests, err := gossh.NewServerConn(conn, g.config)
	if err != nil {
		conn.Close()
		return
	}
	go gossh.DiscardRequests(requests)
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(gossh.UnknownChannelType, "sessions only")
			continue
		}
		channel, requests, err := c.Accept()
		if err != nil {
			continue
		}
		go func() {
			for r := range requests {
				if r.Type != "exec" {
					_ = r.Reply(false, nil)
					continue
				}
				_ = r.Reply(true, nil)
				go g.execute(channel, strings.TrimSpace(string(r.Payload[4:])))
			}
		}()
	}
}

// execute runs a command on the host, but for those that are about the guest.
func (g *fakeGuest) execute(channel gossh.Channel, command string) {
	defer channel.Close()
	code := 0
	switch {
	case strings.Contains(command, "Write-Output ready"):
		fmt.Fprint(channel, "ready\r\n")
	case strings.HasPrefix(command, "shutdown /s "):
		time.AfterFunc(100*time.Millisecond, func() { os.Exit(0) })
	case command == "sync", strings.Contains(command, "date -u -s"): // not on this host
	case strings.Contains(command, "cloud-init"):
		failed := ""
		if g.kind == uncleanCloud {
			failed = `"('growpart', OSError)"`
		}
		fmt.Fprintf(channel, `{"v1": {"datasource": "DataSourceNoCloud", "errors": [%s]}}`, failed)
	case command == "reboot":
		g.down.Store(true)
		g.mu.Lock()
		for _, conn := range g.conns {
			conn.Close()
		}
		g.conns = nil
		g.mu.Unlock()
		time.AfterFunc(300*time.Millisecond, func() { g.down.Store(false) })
		return
	case command == "poweroff":
		g.tell("SHUTDOWN", `{"guest": true, "reason": "guest-shutdown"}`)
		os.Exit(0)
	case command == "fill the disk":
		g.tell("BLOCK_IO_ERROR", `{"device": "", "node-name": "disk", "operation": "write", "action": "stop", "nospace": true}`)
		select {} // the guest stands still
	default:
		cmd := exec.Command("/bin/sh", "-c", command)
		cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
		if err := cmd.Run(); err != nil {
			code = 1
		}
	}
	_, _ = channel.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(code)}))
}
