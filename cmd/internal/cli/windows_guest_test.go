package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// The test binary is its own fake of QEMU: linked to by QEMU's name, it acts as that, with the Windows for tests inside of it, behind
// the port that QEMU would forward. There is no Windows that could be had for a test.
const (
	guestNotes  = "INGOT_FAKE_NOTES"  // folder in which each guest leaves a guestNote when it is off
	guestSource = "INGOT_FAKE_SOURCE" // of this repository
	guestUser   = "INGOT_FAKE_USER"   // user:password of the disk's own; without it the seed disk makes one
	actAsIngot  = "INGOT_TEST_MAIN"   // the test binary is ingot itself, to be killed
	sleeps      = "Start-Sleep -Seconds 3600"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "qemu-system-x86_64" {
		if err := newFakeWindows().run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv(actAsIngot) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), EndSignals()...)
		defer stop() // which os.Exit leaves out, and does not need
		os.Exit(Main(ctx, Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}, os.Args[1:]))
	}
	if _, set := os.LookupEnv(layersEnv); !set {
		_ = os.Setenv(layersEnv, "off") // nobody builds the same twice here; it fails for no such name
	}
	os.Exit(m.Run())
}

// guestNote is what a guest was, and what was done to it.
type guestNote struct {
	Args     []string
	Seed     string // the answer file
	Journal  []string
	Tasks    []winguest.Task
	Unknown  []string
	Files    map[string]string
	Boots    int
	Basic    bool // logins by Basic are let in
	PowerOff string
}

type fakeWindows struct {
	note    guestNote
	machine *winguest.Machine
	server  *winrmserver.Server
	passes  []int // exit codes of the passes of windows-update that are left
	off     sync.Once
}

func newFakeWindows() *fakeWindows { return &fakeWindows{passes: []int{101, 0}} }

func (g *fakeWindows) run() error {
	g.note.Args = os.Args[1:]
	user, password, err := g.whoIsLetIn()
	if err != nil {
		return err
	}
	g.machine = winguest.New(user, password)
	g.machine.Answers = g.answer
	g.machine.Programs[`shutdown /s /f /t 2 /d p:4:1 /c "the image is done"`] = winguest.Answer{Do: func(*winguest.Machine) {
		time.AfterFunc(300*time.Millisecond, func() { g.powerOff("told to") })
	}}
	line := strings.Join(os.Args, " ")
	g.server, err = winrmserver.Start(g.machine, winrmserver.Options{User: user, Password: password,
		TLS: strings.Contains(line, "-:5986"), NoBasic: true})
	if err != nil {
		return err
	}
	g.machine.Down = func() func() {
		back := g.server.Restart(2 * time.Second)
		return func() { _ = back() } // without a service the build fails
	}
	if err := os.WriteFile("console.log", []byte("SeaBIOS (version 1.16)\r\nBooting from Hard Disk...\r\n"), 0o600); err != nil {
		return err
	}
	monitor, err := net.Listen("unix", "qmp.sock")
	if err != nil {
		return err
	}
	for {
		conn, err := monitor.Accept()
		if err != nil {
			return err
		}
		go g.manage(conn)
	}
}

// whoIsLetIn is the user whom the disk brings, or whom the seed disk makes.
func (g *fakeWindows) whoIsLetIn() (user, password string, err error) {
	if own, ok := os.LookupEnv(guestUser); ok {
		user, password, _ = strings.Cut(own, ":")
		if _, err := os.Stat("seed.iso"); !errors.Is(err, fs.ErrNotExist) {
			return "", "", fmt.Errorf("there is a seed disk: %v", err)
		}
		return user, password, nil
	}
	answers, err := readSeed("unattend.xml")
	if err != nil {
		return "", "", fmt.Errorf("seed disk: %w", err)
	}
	script, err := readSeed("ingot-winrm.ps1")
	if err != nil || !strings.Contains(string(script), "$port = 5986\r\n") {
		return "", "", fmt.Errorf("the script on the seed disk does not let in anybody: %v\n%s", err, script)
	}
	g.note.Seed = string(answers)
	var a struct {
		Users []struct {
			Name     string
			Password string `xml:"Password>Value"`
			Group    string
		} `xml:"settings>component>UserAccounts>LocalAccounts>LocalAccount"`
	}
	if err := xml.Unmarshal(answers, &a); err != nil || len(a.Users) != 1 || a.Users[0].Group != "Administrators" {
		return "", "", fmt.Errorf("the answer file makes no administrator: %v\n%s", err, answers)
	}
	return a.Users[0].Name, a.Users[0].Password, nil
}

// readSeed reads a file of the seed disk by the name that Windows sees.
func readSeed(name string) ([]byte, error) {
	info, err := os.Stat("seed.iso")
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm() != 0o600 {
		return nil, fmt.Errorf("it has mode %v", info.Mode())
	}
	disk, err := os.Open("seed.iso")
	if err != nil {
		return nil, err
	}
	defer disk.Close()
	volume, err := iso9660.Read(file.New(disk, true), info.Size(), 0, 2048)
	if err != nil {
		return nil, err
	}
	in, err := volume.OpenFile("/"+name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}

// answer knows the scripts that need a Windows: the one that generalizes, and the passes of windows-update.
func (g *fakeWindows) answer(text string) (winguest.Answer, bool) {
	deprovision, err := os.ReadFile(filepath.Join(os.Getenv(guestSource), "translate", "lower", "scripts", "deprovision.ps1"))
	switch {
	case strings.Contains(text, sleeps):
		return winguest.Answer{Delay: time.Hour}, true
	case err == nil && text == string(deprovision):
		return winguest.Answer{Stdout: ">>> the image is generalized\r\n"}, true
	case strings.HasPrefix(text, "$orders = '") && len(g.passes) > 0:
		exit := g.passes[0]
		g.passes = g.passes[1:]
		return winguest.Answer{Stdout: "Searching for updates\r\n", Exit: exit}, true
	}
	return winguest.Answer{}, false
}

// powerOff leaves the note and ends QEMU.
func (g *fakeWindows) powerOff(why string) {
	g.off.Do(func() {
		n := &g.note
		n.PowerOff, n.Journal, n.Tasks, n.Unknown, n.Boots = why, g.machine.Journal(), g.machine.Tasks(), g.machine.Unknown(), g.server.Boots()
		n.Files = map[string]string{}
		for _, path := range g.machine.Files() {
			if text, err := g.machine.ReadFile(path); err == nil && strings.HasPrefix(strings.ToLower(path), `c:\site`) {
				n.Files[path] = string(text)
			}
		}
		text, err := json.Marshal(n)
		if err == nil {
			err = os.WriteFile(filepath.Join(os.Getenv(guestNotes), fmt.Sprintf("%d.json", time.Now().UnixNano())), text, 0o600)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	})
}

var forwardedPort = regexp.MustCompile(`hostfwd=tcp:127\.0\.0\.1:0-:(\d+)`)

// manage serves one QMP connection.
func (g *fakeWindows) manage(conn net.Conn) {
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\n", args...) }
	say(`{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}`)
	for lines := json.NewDecoder(bufio.NewReader(conn)); ; {
		var command struct{ Execute string }
		if lines.Decode(&command) != nil {
			return
		}
		switch command.Execute {
		case "query-status":
			say(`{"return": {"running": true, "status": "running"}}`)
		case "human-monitor-command":
			say(`{"return": "Hub -1 (net):\r\n  TCP[HOST_FORWARD]   8       127.0.0.1 %d       10.0.2.15    %s     0     0\r\n"}`,
				g.server.Port(), forwardedPort.FindStringSubmatch(strings.Join(os.Args, " "))[1])
		case "system_powerdown":
			say(`{"return": {}}`)
			g.powerOff("power button")
		case "quit":
			say(`{"return": {}}`)
			g.powerOff("quit")
		default:
			say(`{"return": {}}`)
		}
	}
}
