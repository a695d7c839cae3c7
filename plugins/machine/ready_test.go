package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestReady(t *testing.T) {
	pass := Check{What: "passes", Probe: func(context.Context) error { return nil }}
	never := Check{What: "never", Hint: "look there", Probe: func(ctx context.Context) error {
		<-ctx.Done()
		return errors.New("what a probe says when it is stopped")
	}}
	broken := Check{What: "broken", Probe: func(context.Context) error { return errors.New("no such thing") }}
	lines := func() string { return "\n  console" }

	for _, tc := range []struct {
		name   string
		checks []Check
		told   []string
		want   string
	}{
		{"all pass", []Check{pass, pass}, []string{"0 passes", "1 passes", "2 ready"}, ""},
		{"no time left", []Check{pass, never, pass}, []string{"0 passes", "1 never"},
			"build VM was not ready within 1ms: check 2 of 3, \"never\", did not pass\n  fix:  look there\n  console"},
		{"a failure of its own", []Check{broken, pass}, []string{"0 broken"},
			"build VM is not ready: check 1 of 2, \"broken\": no such thing\n  console"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			limit := time.Minute
			if strings.HasPrefix(tc.name, "no time") {
				limit = time.Millisecond
			}
			got := ""
			var told []string
			progress := func(what string, done int) { told = append(told, fmt.Sprint(done, " ", what)) }
			if err := Ready(t.Context(), "build VM", limit, tc.checks, progress, lines); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.told, told); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		why := errors.New("QEMU ended")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if err := Ready(ctx, "build VM", time.Minute, []Check{never}, func(string, int) {}, lines); !errors.Is(err, why) {
			t.Errorf("got %v, want %v", err, why)
		}
	})
}

// A port may refuse, accept and hang up, accept and say nothing, or be another server's, before sshd greets.
func TestDialBanner(t *testing.T) {
	server, err := net.Listen("tcp", Loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var n atomic.Int32
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			switch n.Add(1) {
			case 1, 2:
				conn.Close()
			case 3:
				defer conn.Close() // says nothing, for as long as the test runs
			case 4:
				io.WriteString(conn, "220 mail.example.com ESMTP\r\n")
			default:
				io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n")
			}
		}
	}()
	conn, err := DialBanner(t.Context(), server.Addr().String(), KnockPause)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got := make([]byte, 4)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "SSH-" {
		t.Errorf("got %q, %v: the greeting is for who uses the connection", got, err)
	}
	rest := make([]byte, 17)
	if _, err := io.ReadFull(conn, rest); err != nil || string(rest) != "2.0-OpenSSH_9.2\r\n" {
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestDialBannerCancelled(t *testing.T) {
	server, err := net.Listen("tcp", Loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close() // accepts by its backlog alone, as QEMU does for a guest that is not up
	why := errors.New("QEMU ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(why) })
	if _, err := DialBanner(ctx, server.Addr().String(), KnockPause); !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
}

func TestCloudInitErrors(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{"no cloud-init", "", nil},
		{"clean", `{"v1": {"datasource": "DataSourceNoCloud [seed=/dev/vdb]", "errors": []}}`, nil},
		{"errors", `{"v1": {"datasource": null, "errors": ["a", "b"]}}`, []string{"a", "b"}},
		{"newer, with more in it", `{"v1": {"errors": [], "recoverable_errors": {"WARNING": ["x"]}}}`, nil},
		{"not JSON", "oops", []string{"its result cannot be read: invalid character 'o' looking for beginning of value"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, cloudInitErrors([]byte(tc.text)), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
