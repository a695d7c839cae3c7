package container

import (
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestTalkativeGuest holds that a guest which tells more than a socket keeps does not wait for somebody to listen.
func TestTalkativeGuest(t *testing.T) {
	address := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"}
	notify, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	guest, err := start("sleep", exec.Command("sleep", "600"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guest.stop)
	ended := make(chan struct{})
	go func() {
		awaitEnd(guest, notify)
		close(ended)
	}()
	out, err := net.DialUnix("unixgram", nil, address)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := out.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for range 2000 { // net.unix.max_dgram_qlen is 10 or 512
		if _, err := out.Write([]byte("STATUS=Container running: starting up.")); err != nil {
			t.Fatalf("nobody listens: %v", err)
		}
	}
	guest.stop()
	<-ended
	if err := notify.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	// The next start of the guest is told by the same socket.
	if _, err := out.Write([]byte("X_NSPAWN_LEADER_PID=42\n")); err != nil {
		t.Fatal(err)
	}
	again, err := start("sleep", exec.Command("sleep", "600"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.stop)
	if pid, err := waitLeader(again, notify); pid != 42 || err != nil {
		t.Errorf("leader = %d, %v", pid, err)
	}
}
