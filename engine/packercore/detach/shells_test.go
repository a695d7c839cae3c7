package detach

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// local is a communicator to this host, without a connection: what /bin/sh is on the guest is up to the test.
type local struct {
	packersdk.Communicator
	shell string // a program with its arguments
	env   []string
}

func (l local) Start(_ context.Context, cmd *packersdk.RemoteCmd) error {
	script, err := io.ReadAll(cmd.Stdin)
	if err != nil {
		return err
	}
	args := strings.Fields(l.shell)
	p := exec.Command(args[0], args[1:]...)
	p.Stdin = strings.NewReader(strings.ReplaceAll(string(script), "setsid /bin/sh", "setsid "+l.shell))
	p.Stdout, p.Stderr, p.Env = cmd.Stdout, cmd.Stderr, l.env
	if err := p.Start(); err != nil {
		return err
	}
	go func() {
		_ = p.Wait()
		cmd.SetExited(p.ProcessState.ExitCode())
	}()
	return nil
}

// TestShells runs the guest's half by the shells that are /bin/sh somewhere, with the tools that are beside them.
func TestShells(t *testing.T) {
	path := "/usr/bin:/bin"
	busybox, err := exec.LookPath("busybox")
	if err == nil {
		path = t.TempDir()
		if out, err := exec.Command(busybox, "--install", "-s", path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	t.Run("each", func(t *testing.T) { shells(t, busybox, path) })
	nothingLeft(t)
}

func shells(t *testing.T, busybox, path string) {
	for _, guest := range []struct{ name, shell, path string }{
		{"dash", "dash", "/usr/bin:/bin"},
		{"bash", "bash --posix", "/usr/bin:/bin"},
		{"busybox", busybox + " sh", path},
	} {
		t.Run(guest.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(strings.Fields(guest.shell)[0]); err != nil {
				t.Skipf("%s is not here: apt-get install %[1]s", guest.name)
			}
			c, told := detached(t.Context(), local{
				shell: guest.shell, env: []string{"PATH=" + guest.path, "HOME=" + t.TempDir(), "SHELL=/bin/sh"},
			}, Shell, 0)
			for line, want := range map[string]ran{
				"exit 7":                                         {Exit: 7},
				"printf 'a\\000b'; echo e >&2; exit 1":           {"a\x00b", "e\n", 1},
				"echo x >/dev/stderr; echo y >/dev/stderr":       {"", "x\ny\n", 0},
				"kill -9 $$":                                     {Exit: 137},
				`cat; (sleep 3 &) ; echo "it's $#"`:              {"it's 0\n", "", 0},
				"dd if=/dev/zero bs=1000000 count=3 2>/dev/null": {strings.Repeat("\x00", 3000000), "", 0},
			} {
				if diff := cmp.Diff(want, execute(t, c, line)); diff != "" {
					t.Errorf("%s (-want +got):\n%.1000s", line, diff)
				}
			}
			c.Close()
			if told.String() != "" {
				t.Errorf("noted %s", told)
			}
		})
	}
}

// TestOffsets has the guest's half begin anywhere in what there is.
func TestOffsets(t *testing.T) {
	content := make([]byte, 200_000)
	for i := range content {
		content[i] = byte(i * 7 / 3)
	}
	file := filepath.Join(t.TempDir(), "content")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := detached(t.Context(), local{shell: "/bin/sh", env: os.Environ()}, Shell, 0)
	var out, errs strings.Builder
	s := newStep(c, &packersdk.RemoteCmd{Stdout: &out, Stderr: &errs})
	defer c.Close()
	if err := s.converse(t.Context(), order{mode: start, id: s.id, line: "cat " + file + "; tail -c 70000 " + file + " >&2; exit 5"}); err != nil {
		t.Fatal(err)
	}
	c.giveOld(s.id)
	for _, from := range []int{0, 1, 65535, 65536, 65537, 131072, 199_999, 200_000} {
		out.Reset()
		errs.Reset()
		o := order{mode: follow, id: s.id, out: int64(from), err: int64(from * 70_000 / 200_000), boot: s.boot}
		if err := s.converse(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if out.String() != string(content[from:]) || errs.String() != string(content[130_000+from*70_000/200_000:]) {
			t.Errorf("from %d: %d bytes of standard output and %d of standard error, or others than they were", from, out.Len(), errs.Len())
		}
		if diff := cmp.Diff(ending{'x', "5"}, *s.end, cmp.AllowUnexported(ending{})); diff != "" {
			t.Errorf("from %d (-want +got):\n%s", from, diff)
		}
	}
}
