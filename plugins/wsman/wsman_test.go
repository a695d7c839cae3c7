package wsman

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdk "github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"
	"github.com/masterzen/winrm"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

const (
	user     = "packer"
	password = "s3cret Pä$$"
)

// rig is a machine behind WinRM, and a connection to it.
type rig struct {
	*winguest.Machine
	*winrmserver.Server
	*Communicator
	notes []string
}

func connect(t *testing.T, opts winrmserver.Options, ntlm bool) *rig {
	t.Helper()
	r := &rig{Machine: winguest.New(user, password)}
	opts.User, opts.Password = user, password
	var err error
	if r.Server, err = winrmserver.Start(r.Machine, opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Server.Close)
	config := &sdk.Config{Host: "127.0.0.1", Port: r.Port(), Username: user, Password: password, Timeout: time.Minute,
		Https: opts.TLS, Insecure: true}
	if ntlm {
		config.TransportDecorator = func() winrm.Transporter { return &winrm.ClientNTLM{} }
	}
	if r.Communicator, err = New(config, func(text string) { r.notes = append(r.notes, text) }); err != nil {
		t.Fatal(err)
	}
	return r
}

// noise is content that does not compress, the same each time; text is some that does.
func noise(size int) []byte {
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	return content
}

func text(size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "line %d of a log\r\n", i)
	}
	return b.Bytes()[:size]
}

// pieces counts the lines that Packer's way of copying took.
func (r *rig) pieces() int {
	n := 0
	for _, line := range r.Journal() {
		if strings.HasPrefix(line, "echo ") {
			n++
		}
	}
	return n
}

func TestUpload(t *testing.T) {
	for _, tt := range []struct {
		name    string
		content []byte
		fast    bool
	}{
		{"nothing", nil, false},
		{"small", noise(1000), false},
		{"the largest small one", noise(small), false},
		{"the smallest large one", noise(small + 1), true},
		{"whole pieces", noise(5 * piece), true},
		{"noise", noise(3<<20 + 7), true},
		{"text", text(3<<20 + 7), true},
		{"text, then noise", append(text(100_001), noise(100_001)...), true},
		{"several parts", bytes.Repeat(noise(1<<20), part>>20+1), true},
	} {
		for _, way := range []struct {
			name      string
			tls, ntlm bool
		}{{"HTTP", false, false}, {"HTTPS, NTLM", true, true}} {
			t.Run(tt.name+" by "+way.name, func(t *testing.T) {
				if len(tt.content) > part && way.tls {
					t.Skip("seconds, for nothing that the other way does not show")
				}
				t.Parallel()
				r := connect(t, winrmserver.Options{TLS: way.tls}, way.ntlm)
				if err := r.Upload("C:/new folder/file.bin", bytes.NewReader(tt.content), nil); err != nil {
					t.Fatal(err)
				}
				got, err := r.ReadFile(`C:\new folder\file.bin`)
				if len(tt.content) == 0 {
					tt.content = []byte("\xff\xfe") // as Packer's client leaves it
				}
				if err != nil || !bytes.Equal(got, tt.content) {
					t.Errorf("got %d bytes, want %d (%v)", len(got), len(tt.content), err)
				}
				if fast := r.pieces() == 0 && len(tt.content) > 2; fast != tt.fast {
					t.Errorf("%d small pieces; want it fast: %v", r.pieces(), tt.fast)
				}
				if len(r.notes)+len(r.Unknown())+r.Shells() > 0 {
					t.Errorf("notes %q, not understood %.300q, %d shells left open", r.notes, r.Unknown(), r.Shells())
				}
			})
		}
	}
}

// The same file to the same place leaves the same behind as with the SDK's communicator, which is Packer's, and fails where that does.
func TestDestination(t *testing.T) {
	content := noise(2 * small)
	name := filepath.Join(t.TempDir(), "name.bin")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path, want string // want: the path on the machine; "": it fails
		info             *os.FileInfo
		prepare          func(*winguest.Machine) error
	}{
		{name: "new folders", path: "C:/a/b c/d.bin", want: `C:\a\b c\d.bin`},
		{name: "a relative path", path: "a.bin", want: `C:\Users\packer\a.bin`},
		{name: "a longer file is there", path: `C:\a.bin`, want: `C:\a.bin`,
			prepare: func(m *winguest.Machine) error { return m.WriteFile(`C:\a.bin`, noise(3*small)) }},
		{name: "a folder is there", path: `C:\a.bin`,
			prepare: func(m *winguest.Machine) error { return m.Mkdir(`C:\a.bin`) }},
		{name: "a folder", path: `C:\to\`, want: `C:\to\name.bin`, info: &info},
		{name: "a folder, for a file without a name", path: `C:\to\`},
		{name: "a variable", path: `$env:TEMP\a.bin`, want: `C:\Users\packer\AppData\Local\Temp\a.bin`},
		{name: "quoted", path: `'C:\with quotes.bin'`, want: `C:\with quotes.bin`},
		{name: "no path", path: `C:\a|b.bin`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			own, theirs := connect(t, winrmserver.Options{}, false), connect(t, winrmserver.Options{}, false)
			for _, r := range []*rig{own, theirs} {
				if tt.prepare != nil {
					if err := tt.prepare(r.Machine); err != nil {
						t.Fatal(err)
					}
				}
			}
			err := own.Upload(tt.path, bytes.NewReader(content), tt.info)
			theirErr := theirs.Communicator.Communicator.Upload(tt.path, bytes.NewReader(content), tt.info)
			if (err == nil) != (theirErr == nil) || (err == nil) != (tt.want != "") {
				t.Fatalf("got %v, the SDK's %v", err, theirErr)
			}
			if diff := cmp.Diff(theirs.Files(), own.Files()); diff != "" && tt.want != "" {
				t.Errorf("files (-SDK +own):\n%s", diff)
			}
			if tt.want == "" {
				return
			}
			for _, r := range []*rig{own, theirs} {
				if got, err := r.ReadFile(tt.want); err != nil || !bytes.Equal(got, content) {
					t.Errorf("got %d bytes, want %d (%v)", len(got), len(content), err)
				}
			}
			if own.pieces() > 0 || theirs.pieces() == 0 {
				t.Errorf("%d small pieces, and the SDK's %d", own.pieces(), theirs.pieces())
			}
		})
	}
}

// A guest that does not take large pieces gets small ones, and only the first file finds that out.
func TestCannot(t *testing.T) {
	content := noise(2 * small)
	for _, tt := range []struct {
		name, want string
		answer     winguest.Answer
	}{
		{"PowerShell is too old", "exit code 1: Unexpected token", winguest.Answer{Stderr: "Unexpected token\r\n", Exit: 1}},
		{"ends at once", "exit code 0", winguest.Answer{}},
		{"says something else", "something else", winguest.Answer{Stdout: strings.Repeat("x", 2*complaint), Delay: time.Millisecond}},
		{"does not read", "exit code 0", winguest.Answer{Stdout: "ready 500\r\n"}},
		{"has no number", "largest envelope", winguest.Answer{Stdout: "ready soon\r\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := connect(t, winrmserver.Options{}, false)
			asked := 0
			r.Answers = func(text string) (winguest.Answer, bool) {
				if !strings.Contains(text, "ready $limit") {
					return winguest.Answer{}, false
				}
				asked++
				return tt.answer, true
			}
			for _, path := range []string{`C:\a.bin`, `C:\b.bin`} {
				if err := r.Upload(path, bytes.NewReader(content), nil); err != nil {
					t.Fatal(err)
				}
				if got, err := r.ReadFile(path); err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s: got %d bytes, want %d (%v)", path, len(got), len(content), err)
				}
			}
			if asked != 1 || len(r.notes) != 1 || !strings.Contains(r.notes[0], tt.want) {
				t.Errorf("asked %d times, notes %q; want one of each, with %q", asked, r.notes, tt.want)
			}
		})
	}
}

// A service that takes smaller envelopes than usual gets smaller ones.
func TestSmallEnvelopes(t *testing.T) {
	r := connect(t, winrmserver.Options{MaxEnvelope: smallestEnvelope << 10}, false)
	r.MaxEnvelope = smallestEnvelope
	content := noise(1 << 20)
	if err := r.Upload(`C:\a.bin`, bytes.NewReader(content), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := r.ReadFile(`C:\a.bin`); err != nil || !bytes.Equal(got, content) || r.pieces() > 0 {
		t.Errorf("got %d bytes, want %d (%v); %d small pieces", len(got), len(content), err, r.pieces())
	}
}

// What goes wrong once the file is under way is an error, and what goes wrong before is no reason to be slow from then on.
func TestFaults(t *testing.T) {
	content := noise(2 << 20)
	for _, tt := range []struct {
		name  string
		fault winrmserver.Fault
		at    int // the Send that meets it
		fails bool
	}{
		{"the first is cut", winrmserver.Dropped, 1, false},
		{"the first is garbage", winrmserver.Garbage, 1, false},
		{"one is cut", winrmserver.Dropped, 3, true},
		{"one is refused", winrmserver.Unavailable, 3, true},
		{"one has no reply", winrmserver.LostReply, 3, true},
		{"one has no end", winrmserver.WrongEnd, 3, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sends := 0
			opts := winrmserver.Options{NoNTLM: true, Fault: func(about winrmserver.Request) winrmserver.Fault {
				if about.Action != "Send" {
					return winrmserver.NoFault
				}
				if sends++; sends == tt.at {
					return tt.fault
				}
				return winrmserver.NoFault
			}}
			r := connect(t, opts, false)
			err := r.Upload(`C:\a.bin`, bytes.NewReader(content), nil)
			if (err != nil) != tt.fails || err != nil && !strings.Contains(err.Error(), `copy to C:\a.bin`) {
				t.Fatalf("got %v; want an error: %v", err, tt.fails)
			}
			before := r.pieces()
			if err := r.Upload(`C:\a.bin`, bytes.NewReader(content), nil); err != nil {
				t.Fatal(err)
			}
			if got, err := r.ReadFile(`C:\a.bin`); err != nil || !bytes.Equal(got, content) || r.pieces() > before {
				t.Errorf("then: got %d bytes, want %d (%v); %d small pieces", len(got), len(content), err, r.pieces()-before)
			}
		})
	}
}

// A source that fails ends the copy, and the guest's PowerShell with it: that is how a build is cancelled.
func TestSourceFails(t *testing.T) {
	r := connect(t, winrmserver.Options{}, false)
	cancelled := errors.New("cancelled")
	for _, size := range []int{10, 2 * small, 2 << 20} {
		src := &cut{noise(size), cancelled}
		if err := r.Upload(`C:\a.bin`, src, nil); !errors.Is(err, cancelled) {
			t.Errorf("after %d bytes: got %v", size, err)
		}
		if n := r.Shells(); n > 0 {
			t.Errorf("after %d bytes: %d shells are open", size, n)
		}
	}
}

// cut is a source that fails after its content.
type cut struct {
	content []byte
	err     error
}

func (c *cut) Read(p []byte) (int, error) {
	if len(c.content) == 0 {
		return 0, c.err
	}
	n := copy(p, c.content)
	c.content = c.content[n:]
	return n, nil
}

// A source may give a byte at a time.
func TestOneByte(t *testing.T) {
	r := connect(t, winrmserver.Options{}, false)
	content := noise(2 * small)
	if err := r.Upload(`C:\a.bin`, iotest.OneByteReader(bytes.NewReader(content)), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := r.ReadFile(`C:\a.bin`); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, want %d (%v)", len(got), len(content), err)
	}
}
