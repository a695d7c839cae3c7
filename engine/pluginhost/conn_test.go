package pluginhost

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// pair gives a connection and the plugin's end of it.
func pair(t *testing.T) (*conn, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	c := newConn(ours)
	t.Cleanup(func() { c.Close(); theirs.Close() })
	return c, theirs
}

// frame makes a frame of the multiplexer.
func frame(kind, flags byte, length byte) []byte {
	return []byte{0, kind, 0, flags, 0, 0, 0, 1, 0, 0, 0, length}
}

func TestConnLooksAtFrames(t *testing.T) {
	const sound = "the test is over" // and the connection was not
	data := append(frame(frameData, 0, 3), "\xff\xff\xff"...)
	for _, tt := range []struct {
		name string
		sent []byte
		want string // why it is over then: the beginning of it
	}{
		{"data", data, sound},
		{"many frames", bytes.Repeat(append(data, frame(framePing, flagSyn, 9)...), 3), sound},
		{"another version", []byte{1}, `sent "\x01" where a frame of its protocol must begin`},
		{"another kind", []byte{0, 4}, `sent "\x00\x04" where a frame of its protocol must begin`},
		{"text after data", append(bytes.Clone(data), "panic: oh"...), `sent "p`},
		{"a goodbye", frame(frameGoAway, 0, 0), "closed its connection"},
	} {
		for _, size := range []int{1, 5, 1 << 10} { // of the pieces in which it comes
			c, theirs := pair(t)
			go func() {
				for rest := tt.sent; len(rest) > 0; rest = rest[min(size, len(rest)):] {
					if _, err := theirs.Write(rest[:min(size, len(rest))]); err != nil {
						return
					}
				}
				if tt.want == sound {
					c.fail(errors.New(sound))
				}
			}()
			_, err := io.ReadAll(c)
			if why := c.why(); err != nil || !strings.HasPrefix(why.Error(), tt.want) {
				t.Errorf("%s, in pieces of %d: %v, %v; want %s", tt.name, size, why, err, tt.want)
			}
		}
	}
}

// TestConnNoticesSilence lets a plugin answer one ping and not the next.
func TestConnNoticesSilence(t *testing.T) {
	c, theirs := pair(t)
	c.patience = 50 * time.Millisecond
	go func() {
		got := make([]byte, frameHeader)
		for range 2 {
			if _, err := io.ReadFull(theirs, got); err != nil {
				return
			}
			if got[11] == 1 {
				_, _ = theirs.Write(frame(framePing, 2, 1))
			}
		}
	}()
	go io.Copy(io.Discard, c)
	for n := range 2 {
		if _, err := c.Write(frame(framePing, flagSyn, byte(n+1))); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			for answered := false; !answered; {
				time.Sleep(time.Millisecond)
				c.mu.Lock()
				answered = c.silent == nil
				c.mu.Unlock()
			}
		}
	}
	select {
	case <-c.broken:
	case <-time.After(10 * time.Second):
		t.Fatal("the silence was not noticed")
	}
	if got := c.why().Error(); got != "did not answer for 50ms" {
		t.Errorf("the connection ended because it %s", got)
	}
	if n, err := c.Write([]byte("x")); n != 1 || err != nil {
		t.Errorf("a write after the end: %d, %v", n, err)
	}
}

// FuzzHandshake reads what a plugin may print first. There is an address, of this machine, or a reason.
func FuzzHandshake(f *testing.F) {
	for _, line := range []string{
		"5|0|unix|/tmp/packer-plugin1", "5|0|tcp|127.0.0.1:10000", "4|unix|/x", "6|0|unix|/x", "5|1|unix|/x", "|||", "", "5|0|unix|x",
		"5|0|udp|1.1.1.1:1", "5|0|tcp|[::1]:80", "5|0|tcp|localhost:80", "5|-1|unix|/x", "5|0|unix|/a|b",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		a, err := parseHandshake(line)
		if (err == nil) != (a != address{}) {
			t.Fatalf("%q gave %v and %v", line, a, err)
		}
		if err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q gave a long reason: %v", line, err)
		}
		if err == nil && a.network == "unix" && !strings.HasPrefix(a.name, "/") {
			t.Errorf("%q gave %v", line, a)
		}
	})
}

// FuzzFrames sends a plugin's bytes in two pieces: where they are cut makes no difference, and nothing panics.
func FuzzFrames(f *testing.F) {
	f.Add(append(frame(frameData, 0, 3), "abc"...), 5)
	f.Add([]byte("garbage"), 1)
	f.Fuzz(func(t *testing.T, sent []byte, cut int) {
		cut = max(0, min(cut, len(sent)))
		whole, pieces := newConn(nil), newConn(nil)
		want := whole.look(sent)
		got := pieces.look(sent[:cut])
		if got == nil {
			got = pieces.look(sent[cut:])
		}
		if (got == nil) != (want == nil) || got == nil && (whole.have != pieces.have || whole.body != pieces.body) {
			t.Errorf("cut at %d: %v, whole: %v", cut, got, want)
		}
	})
}

// TestOutput cuts a long line with a secret in it at every place near the cut.
func TestOutput(t *testing.T) {
	mask := func(s string) string { return strings.ReplaceAll(s, secret, "***") }
	for at := lineShown - 2*len(secret); at <= lineRead+1; at++ {
		var got []string
		o := &output{mask: mask, emit: func(s string) { got = append(got, s) }}
		line := strings.Repeat("x", at) + secret + strings.Repeat("y", 100) + "\n"
		for _, part := range []string{line[:at/2], line[at/2 : at+3], line[at+3:]} { // as a pipe may deliver it
			_, _ = o.Write([]byte(part))
		}
		_, _ = o.Write([]byte("panic: " + secret + "\n"))
		if len(got) != 2 || strings.Contains(got[0], secret[:6]) || len(got[0]) > lineShown+10 || got[1] != "panic: ***" {
			t.Fatalf("secret at %d: %d lines, %.40q…", at, len(got), got)
		}
		if o.last() != "panic: ***" {
			t.Fatalf("the last line is %q", o.last())
		}
	}
}
