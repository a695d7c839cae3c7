package pluginhost

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/plugin"
	"github.com/hashicorp/packer-plugin-sdk/version"
	"github.com/zclconf/go-cty/cty"
)

// The test binary is the plugins of the tests as well: with this variable in its environment it behaves as the variable
// says.
const modeVariable = "INGOT_TEST_PLUGIN_MODE"

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // the SDK talks to itself
	mode := os.Getenv(modeVariable)
	if mode == "" {
		os.Exit(m.Run())
	}
	log.SetOutput(os.Stderr)
	run := pretend
	if mode == hostMode {
		run = pretendHost
	}
	if err := run(mode, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// hostMode is the mode of a process that is no plugin, but the host of one.
const hostMode = "a host"

// pretendHost starts a component, says the number of its process, and waits to be killed.
func pretendHost(string, []string) error {
	h := New(context.Background(), Options{Environ: func() []string { return append(os.Environ(), modeVariable+"=good") }})
	path, err := os.Executable()
	if err != nil {
		return err
	}
	p, err := h.Open("test", path)
	if err != nil {
		return err
	}
	b := p.Components().Builders["test"]().(*builder)
	if err := b.Start(); err != nil {
		return err
	}
	fmt.Println(b.proc.pid, b.proc.temp)
	sleepForever()
	return nil
}

// secret is what no plugin gets out.
const secret = "correct-horse-battery"

// pretend is the main function of a plugin that behaves as mode says.
func pretend(mode string, args []string) error {
	if args[0] == "describe" {
		return pretendDescribe(mode, args)
	}
	listen := func() net.Conn {
		path := filepath.Join(os.TempDir(), "socket")
		l, err := net.Listen("unix", path)
		if err != nil {
			panic(err)
		}
		fmt.Printf("5|0|unix|%s\n", path)
		c, err := l.Accept()
		if err != nil {
			panic(err)
		}
		return c
	}
	switch mode {
	case "garbage":
		fmt.Println("Hello, I am a plugin. " + secret)
		sleepForever()
	case "garbage before the handshake":
		fmt.Println("[INFO] starting")
		return goodSet(mode).RunCommand(args...)
	case "one endless line":
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "silent":
		sleepForever()
	case "exits at once":
	case "exits with an error":
		fmt.Fprintln(os.Stderr, "cannot log in with "+secret)
		os.Exit(3)
	case "kills itself":
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		sleepForever()
	case "protocol 4":
		fmt.Println("4|unix|/tmp/x")
		sleepForever()
	case "protocol 6":
		fmt.Println("6|0|unix|/tmp/x")
		sleepForever()
	case "protocol 5.1":
		fmt.Println("5|1|unix|/tmp/x")
		sleepForever()
	case "listens elsewhere":
		fmt.Println("5|0|tcp|192.0.2.7:4444")
		sleepForever()
	case "does not listen":
		fmt.Println("5|0|unix|/nonexistent/socket")
		sleepForever()
	case "mute on the socket":
		listen()
		sleepForever()
	case "garbage on the socket":
		fmt.Fprint(listen(), "HTTP/1.1 400 Bad Request\r\n\r\n")
		sleepForever()
	case "garbage in a frame":
		// The multiplexer's own greeting is answered, and what follows is no RPC.
		c := listen()
		frame := make([]byte, 16)
		if _, err := c.Read(frame); err != nil {
			return err
		}
		ack := make([]byte, 16)
		binary.BigEndian.PutUint16(ack[2:], 2)
		binary.BigEndian.PutUint32(ack[4:], 1)
		binary.BigEndian.PutUint32(ack[8:], 4)
		_, _ = c.Write(ack)
		junk := make([]byte, 12, 32)
		binary.BigEndian.PutUint32(junk[4:], 1)
		binary.BigEndian.PutUint32(junk[8:], 20)
		_, _ = c.Write(append(junk, strings.Repeat("\xc1", 20)...))
		sleepForever()
	case "closes the socket":
		listen().Close()
		sleepForever()
	case "leaves a child":
		child := exec.Command("sleep", "1000")
		if err := child.Start(); err != nil {
			return err
		}
		os.Exit(4)
	default:
		return goodSet(mode).RunCommand(args...)
	}
	return nil
}

func pretendDescribe(mode string, args []string) error {
	switch mode {
	case "describes itself never":
		sleepForever()
	case "describes itself as garbage":
		fmt.Println("usage: " + secret)
	case "describes itself endlessly":
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "describes itself without a version":
		fmt.Println("{}")
	case "cannot describe itself":
		fmt.Fprintln(os.Stderr, "no such command; "+secret)
		os.Exit(2)
	default:
		return goodSet(mode).RunCommand(args...)
	}
	return nil
}

func sleepForever() { time.Sleep(time.Hour) }

// goodSet is a plugin made as all of them are. Its components look at mode for where to go wrong.
func goodSet(mode string) *plugin.Set {
	s := plugin.NewSet()
	s.SetVersion(version.NewPluginVersion("1.2.3", "", ""))
	s.RegisterBuilder(plugin.DEFAULT_NAME, &testBuilder{mode})
	s.RegisterProvisioner("step", &testProvisioner{mode})
	s.RegisterPostProcessor("after", &testPostProcessor{mode})
	s.RegisterDatasource("data", &testDatasource{mode})
	return s
}

var testSpec = hcldec.ObjectSpec{
	"size":  &hcldec.AttrSpec{Name: "size", Type: cty.Number, Required: true},
	"names": &hcldec.AttrSpec{Name: "names", Type: cty.List(cty.String)},
	"disk": &hcldec.BlockListSpec{TypeName: "disk", Nested: hcldec.ObjectSpec{
		"path": &hcldec.AttrSpec{Name: "path", Type: cty.String},
	}},
}

type testBuilder struct{ mode string }

func (b *testBuilder) ConfigSpec() hcldec.ObjectSpec {
	switch b.mode {
	case "panics in ConfigSpec":
		panic("no specification, " + secret)
	case "hangs in ConfigSpec":
		sleepForever()
	}
	return testSpec
}

// accept refuses a configuration that has an attribute which none of the components knows.
func accept(configs []any) error {
	if strings.Contains(fmt.Sprint(configs...), "no_such_attribute") {
		return errors.New("unknown attribute, " + secret)
	}
	return nil
}

func (b *testBuilder) Prepare(configs ...any) ([]string, []string, error) {
	if err := accept(configs); err != nil {
		return nil, nil, err
	}
	switch b.mode {
	case "hangs in Prepare":
		sleepForever()
	case "crashes in Prepare":
		fmt.Fprintln(os.Stderr, "about to crash")
		panic("boom " + secret)
	case "refuses its configuration":
		return nil, nil, errors.New("the key " + secret + " is not valid")
	case "warns":
		return []string{"ImageID"}, []string{"the key " + secret + " is old"}, nil
	}
	return []string{"ImageID"}, nil, nil
}

func (b *testBuilder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	switch b.mode {
	case "crashes in the build":
		os.Exit(7)
	case "fails in the build":
		return nil, errors.New("quota exceeded for " + secret)
	case "closes its connection in the build":
		for fd := 3; fd < 64; fd++ {
			_ = syscall.Shutdown(fd, syscall.SHUT_RDWR)
		}
		sleepForever()
	case "never stops":
		ui.Say("building")
		sleepForever()
	case "stops when told":
		ui.Say("building")
		<-ctx.Done()
		ui.Say("deleting what was made")
		return nil, ctx.Err()
	case "fills stderr":
		line := []byte(strings.Repeat("e", 1023) + "\n")
		for range 64 << 10 { // 64 MiB
			_, _ = os.Stderr.Write(line)
		}
		for range 16 << 10 {
			_, _ = os.Stdout.Write(line)
		}
	case "stops without an artifact":
		return nil, nil
	}
	ui.Sayf("the run is %s", os.Getenv(runUUID))
	err := hook.Run(ctx, packersdk.HookProvision, ui, &packersdk.MockCommunicator{StartStdout: "hello from the guest\n"},
		map[string]any{"ID": "vm-1", "Port": 22, "Password": secret})
	if err != nil {
		return nil, err
	}
	return &packersdk.MockArtifact{
		BuilderIdValue: "test.builder", IdValue: "image-1", FilesValue: []string{"/tmp/disk"},
		StateValues: map[string]any{"size": 42},
	}, nil
}

type testProvisioner struct{ mode string }

func (p *testProvisioner) ConfigSpec() hcldec.ObjectSpec { return testSpec }
func (p *testProvisioner) Prepare(configs ...any) error  { return accept(configs) }

func (p *testProvisioner) Provision(
	ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, data map[string]any,
) error {
	if p.mode == "crashes in the provisioning" {
		os.Exit(9)
	}
	cmd := &packersdk.RemoteCmd{Command: "true"}
	if err := cmd.RunWithUi(ctx, comm, ui); err != nil {
		return err
	}
	return comm.Upload("/tmp/x", strings.NewReader(fmt.Sprint(data["ID"])), nil)
}

type testPostProcessor struct{ mode string }

func (p *testPostProcessor) ConfigSpec() hcldec.ObjectSpec { return testSpec }
func (p *testPostProcessor) Configure(c ...any) error      { return accept(c) }

func (p *testPostProcessor) PostProcess(
	_ context.Context, ui packersdk.Ui, a packersdk.Artifact,
) (packersdk.Artifact, bool, bool, error) {
	ui.Say("post-processing " + a.Id())
	return &packersdk.MockArtifact{IdValue: a.Id() + "-packed"}, true, false, nil
}

type testDatasource struct{ mode string }

func (d *testDatasource) ConfigSpec() hcldec.ObjectSpec { return testSpec }
func (d *testDatasource) OutputSpec() hcldec.ObjectSpec { return testSpec }
func (d *testDatasource) Configure(c ...any) error      { return accept(c) }

func (d *testDatasource) Execute() (cty.Value, error) {
	if d.mode == "has no data" {
		return cty.EmptyObjectVal, errors.New("no data for " + secret)
	}
	return cty.ObjectVal(map[string]cty.Value{"size": cty.NumberIntVal(3)}), nil
}
