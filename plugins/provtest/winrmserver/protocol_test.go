package winrmserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/masterzen/winrm"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// Much output comes in many replies, none larger than the client allows, and none of it is lost.
func TestMuchOutput(t *testing.T) {
	s, m := start(t, winrmserver.Options{})
	want := strings.Repeat("0123456789abcdef\r\n", 200_000) // 3.6 MB
	m.Programs["flood"] = winguest.Answer{Stdout: want, Stderr: "end", Exit: 9}
	got, err := execute(t, client(t, s, false, nil), "flood", "")
	if err != nil || got.Stdout != want || got.Stderr != "end" || got.Exit != 9 {
		t.Errorf("got %d bytes, want %d; %q, %d, %v", len(got.Stdout), len(want), got.Stderr, got.Exit, err)
	}
}

// A command that is silent for longer than the client waits is asked again and again, with a fault each time.
func TestOperationTimeout(t *testing.T) {
	var mu sync.Mutex
	receives := 0
	s, m := start(t, winrmserver.Options{Fault: func(r winrmserver.Request) winrmserver.Fault {
		mu.Lock()
		defer mu.Unlock()
		if r.Action == "Receive" {
			receives++
		}
		return winrmserver.NoFault
	}})
	m.Programs["slow"] = winguest.Answer{Stdout: "at last", Delay: 300 * time.Millisecond}
	c := client(t, s, false, func(_ *winrm.Endpoint, p *winrm.Parameters, _ *string) { p.Timeout = "PT0.05S" })
	got, err := execute(t, c, "slow", "")
	if err != nil || got.Stdout != "at last" || receives < 3 {
		t.Errorf("got %+v, %v after %d receives", got, err, receives)
	}
}

// Ending a command, closing its shell and leaving the shell alone all end what runs.
func TestEnds(t *testing.T) {
	hangs := winguest.Answer{Delay: time.Hour}
	t.Run("signal", func(t *testing.T) {
		s, m := start(t, winrmserver.Options{})
		m.Programs["hang"] = hangs
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		// The client looks at its context between two receives.
		c := client(t, s, false, func(_ *winrm.Endpoint, p *winrm.Parameters, _ *string) { p.Timeout = "PT0.05S" })
		_, err := c.RunWithContext(ctx, "hang", io.Discard, io.Discard)
		if !errors.Is(err, context.DeadlineExceeded) && err != nil {
			t.Errorf("got %v", err)
		}
		if n := s.Shells(); n != 0 {
			t.Errorf("%d shells are left", n)
		}
	})
	t.Run("idle", func(t *testing.T) {
		s, _ := start(t, winrmserver.Options{IdleTimeout: 50 * time.Millisecond})
		sh, err := client(t, s, false, nil).CreateShell()
		if err != nil {
			t.Fatal(err)
		}
		for s.Shells() > 0 {
			time.Sleep(5 * time.Millisecond)
		}
		if _, err := sh.ExecuteWithContext(t.Context(), "echo"); !refused(err, "shell was not found") {
			t.Errorf("got %v", err)
		}
	})
}

func TestShellLimit(t *testing.T) {
	s, _ := start(t, winrmserver.Options{MaxShells: 2})
	c := client(t, s, false, nil)
	var open []*winrm.Shell
	for range 2 {
		sh, err := c.CreateShell()
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, sh)
	}
	if _, err := c.CreateShell(); !refused(err, "maximum number of concurrent shells") {
		t.Errorf("a third shell: %v", err)
	}
	if err := open[0].Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.CreateShell(); err != nil {
		t.Error(err)
	}
	if _, err := open[0].ExecuteWithContext(t.Context(), "echo"); !refused(err, "shell was not found") {
		t.Errorf("a closed shell: %v", err)
	}
}

// Commands run at once, each in its own shell or several in one.
func TestConcurrent(t *testing.T) {
	s, _ := start(t, winrmserver.Options{})
	var group sync.WaitGroup
	for i := range 20 {
		// Each with connections of its own: this client's NTLM gets them mixed up when requests go out at once.
		c := client(t, s, true, nil)
		group.Go(func() {
			want := fmt.Sprintf("%d\r\n", i)
			if got, err := execute(t, c, fmt.Sprintf("echo %d", i), ""); err != nil || got.Stdout != want {
				t.Errorf("got %q, %v, want %q", got.Stdout, err, want)
			}
		})
	}
	group.Wait()
}

// A restart cuts what runs, refuses connections for a while, and forgets the shells; the file system stays.
func TestRestart(t *testing.T) {
	s, m := start(t, winrmserver.Options{})
	m.Late = 1
	m.SetKey(`HKLM:\Pending`, 1)
	c := client(t, s, false, nil)
	old, err := c.CreateShell()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		line string
		exit int
	}{
		{"echo x > keep", 0}, {"shutdown /a", 1116}, {"shutdown /r /t 60", 0}, {"shutdown /r /t 60", 1190}, {"shutdown /a", 0},
		{"shutdown /r /f /t 0", 0}, {"shutdown /r /f /t 60", 1115},
	} {
		if got, err := execute(t, c, tc.line, ""); err != nil || got.Exit != tc.exit {
			t.Fatalf("%s: got %d, %v, want %d", tc.line, got.Exit, err, tc.exit)
		}
	}
	if _, err := c.CreateShell(); err == nil {
		t.Error("a shell was opened on a machine that goes down")
	}
	for s.Boots() < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	if got, err := execute(t, c, "type keep", ""); err != nil || got.Stdout != "x \r\n" {
		t.Errorf("after the restart: got %+v, %v", got, err)
	}
	if _, err := old.ExecuteWithContext(t.Context(), "echo"); !refused(err, "shell was not found") {
		t.Errorf("a shell from before: %v", err)
	}
	for m.Boots() < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	if m.HasKey("hklm:pending") {
		t.Error("what waited for a restart still does")
	}
}

// Each fault reaches the client as an error, and the next request is none the worse for it.
func TestFaults(t *testing.T) {
	for _, fault := range []winrmserver.Fault{
		winrmserver.Dropped, winrmserver.LostReply, winrmserver.HalfReply, winrmserver.Garbage, winrmserver.WrongEnd,
		winrmserver.Unauthorized, winrmserver.Unavailable,
	} {
		for _, action := range []string{"Create", "Command", "Receive"} {
			if fault == winrmserver.Garbage && action == "Receive" {
				continue // this client panics, in a goroutine of its own
			}
			t.Run(fmt.Sprint(fault, " ", action), func(t *testing.T) {
				t.Parallel()
				var once sync.Once
				s, _ := start(t, winrmserver.Options{Fault: func(r winrmserver.Request) (f winrmserver.Fault) {
					if r.Action == action {
						once.Do(func() { f = fault })
					}
					return f
				}})
				c := client(t, s, false, nil)
				if got, err := execute(t, c, "echo hello", ""); err == nil && got.Stdout != "hello\r\n" {
					t.Errorf("the loss of output is not noticed: %+v", got)
				} else if err == nil && action != "Receive" {
					t.Errorf("got no error: %+v", got)
				}
				if got, err := execute(t, c, "echo hello", ""); err != nil || got.Stdout != "hello\r\n" {
					t.Errorf("afterwards: %+v, %v", got, err)
				}
			})
		}
	}
}

// What comes in may be anything.
func TestHostile(t *testing.T) {
	s, _ := start(t, winrmserver.Options{MaxEnvelope: 10_000})
	envelope := func(header, body string) string {
		return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>` + header + `</s:Header>` +
			`<s:Body>` + body + `</s:Body></s:Envelope>`
	}
	const identify = `<i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/>`
	for _, tc := range []struct {
		name, method, path, auth, body string
		status                         int
		says                           string
	}{
		{"no login", "POST", "/wsman", "", "<x/>", 401, ""},
		{"half a login", "POST", "/wsman", "Basic x", "<x/>", 401, ""},
		{"NTLM out of order", "POST", "/wsman", "NTLM TlRMTVNTUAADAAAA", "<x/>", 401, ""},
		{"NTLM that is none", "POST", "/wsman", "Negotiate YII=", "<x/>", 401, ""},
		{"elsewhere", "POST", "/", "right", "", 404, ""},
		{"get", "GET", "/wsman", "right", "", 405, ""},
		{"nothing", "POST", "/wsman", "right", "", 200, ""},
		{"no XML", "POST", "/wsman", "right", "\x00\xff", 500, "SchemaValidationError"},
		{"half", "POST", "/wsman", "right", "<s:Envelope", 500, "SchemaValidationError"},
		{"two", "POST", "/wsman", "right", envelope("", "") + "<a/>", 500, "SchemaValidationError"},
		{"other XML", "POST", "/wsman", "right", "<html/>", 500, "SchemaValidationError"},
		{"entities", "POST", "/wsman", "right", `<!DOCTYPE x [<!ENTITY a "b">]>` + envelope("", "&a;"), 500, "SchemaValidationError"},
		{"deep", "POST", "/wsman", "right", strings.Repeat("<a>", 3000), 500, "SchemaValidationError"},
		{"large", "POST", "/wsman", "right", strings.Repeat(" ", 10_001), 500, "EncodingLimit"},
		{"nothing asked", "POST", "/wsman", "right", envelope("", ""), 500, "DestinationUnreachable"},
		{"identify", "POST", "/wsman", "right", envelope("", identify), 200, "ProductVendor"},
		{"identify, by nobody", "POST", "/wsman", "nobody", envelope("", identify), 200, "ProductVendor"},
		{"more, by nobody", "POST", "/wsman", "nobody", envelope("", ""), 401, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := http.NewRequest(tc.method, "http://"+s.Address()+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			switch tc.auth {
			case "right":
				r.SetBasicAuth(user, password)
			case "nobody":
				r.Header.Set("WSMANIDENTIFY", "unauthenticated")
			default:
				r.Header.Set("Authorization", tc.auth)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tc.status || !bytes.Contains(body, []byte(tc.says)) {
				t.Errorf("got %s, %v, want %d with %q:\n%s", resp.Status, err, tc.status, tc.says, body)
			}
			if tc.status == 401 && len(resp.Header.Values("WWW-Authenticate")) != 2 {
				t.Errorf("logins on offer: %q", resp.Header.Values("WWW-Authenticate"))
			}
		})
	}
}
