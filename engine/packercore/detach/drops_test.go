package detach

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// drops is how often the session-drop tests cut the connection.
const drops = 50

// dice are the same for the same seed, which is told.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("INGOT_TEST_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("INGOT_TEST_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// blob is random bytes of a random length, small ones more often than large ones.
func blob(r *rand.Rand, most int) []byte {
	b := make([]byte, r.IntN(1+r.IntN(1+r.IntN(most))))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// underCuts runs commands, each with what it must come to, while the connection is cut at random moments, until it was
// cut as often as it has to be. cut reports whether there was something to cut.
func underCuts(
	t *testing.T, r *rand.Rand, c *Communicator, told *notes, cut func() bool, command func(n int) (line string, want ran),
) {
	t.Helper()
	cuts, stop, stopped := 0, make(chan struct{}), make(chan struct{})
	moments := rand.New(rand.NewPCG(r.Uint64(), 0))
	enough := make(chan struct{})
	go func() {
		defer close(stopped)
		for cuts < drops {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(moments.IntN(300)) * time.Millisecond):
			}
			if cut() {
				cuts++
			}
		}
		close(enough)
	}()
	for n, done := 0, false; !done && !t.Failed(); n++ {
		select {
		case <-enough:
			done = true // one more, in peace
		default:
		}
		line, want := command(n)
		var stdout, stderr bytes.Buffer
		cmd := &packersdk.RemoteCmd{Command: line, Stdout: &stdout, Stderr: &stderr}
		if err := c.Start(t.Context(), cmd); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		got := ran{Exit: cmd.Wait()} // before the output is looked at
		got.Stdout, got.Stderr = stdout.String(), stderr.String()
		if got != want {
			same := func(a, b string) int {
				n := 0
				for n < min(len(a), len(b)) && a[n] == b[n] {
					n++
				}
				return n
			}
			t.Errorf("step %d: exit code %d, want %d; %d bytes of standard output, want %d, the first %d right; %d of standard error, "+
				"want %d, the first %d right\n%s", n, got.Exit, want.Exit, len(got.Stdout), len(want.Stdout), same(got.Stdout, want.Stdout),
				len(got.Stderr), len(want.Stderr), same(got.Stderr, want.Stderr), told)
		}
	}
	close(stop)
	<-stopped
	c.Close()
	t.Logf("%d cuts", cuts)
	if diff := cmp.Diff(drops, cuts); diff != "" {
		t.Errorf("cuts (-want +got):\n%s", diff)
	}
}

// TestDropsSSH cuts a connection to a real sshd.
func TestDropsSSH(t *testing.T) {
	address, key := sshd(t)
	p := newProxy(t, address)
	c, told := detached(t.Context(), overSSH(t, p.listener.Addr().String(), key), Shell, time.Minute)
	r := dice(t)
	dir := t.TempDir()
	underCuts(t, r, c, told, p.cut, func(n int) (string, ran) {
		out, errs := blob(r, 4<<20), blob(r, 1<<20)
		for name, content := range map[string][]byte{"out": out, "err": errs} {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(name, n)), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		exit := r.IntN(129)
		return fmt.Sprintf(`cd %s || exit 200
n=0
while [ $n -lt 4 ]; do
	dd if=out%d bs=%d skip=$n count=1 2>/dev/null
	{ dd if=err%d bs=%d skip=$n count=1 2>/dev/null; } >&2
	sleep 0.0%d
	n=$((n + 1))
done
exit %d`, dir, n, len(out)/4+1, n, len(errs)/4+1, r.IntN(10), exit), ran{string(out), string(errs), exit}
	})
	nothingLeft(t)
}
