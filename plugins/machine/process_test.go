package machine

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// parentEnv makes the test binary a program that starts a process and waits, to be killed.
const parentEnv = "INGOT_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentEnv) != "" {
		actAsParent()
	}
	os.Exit(m.Run())
}

// actAsParent starts a process that would live for long, and says its number.
func actAsParent() {
	p, err := Start(Bound(os.Getenv(parentEnv) == "bound"), "sleep", "/bin/sleep", "/", []string{"300"})
	if err != nil {
		panic(err)
	}
	fmt.Println(p.PID)
	select {}
}

// When the program dies without a chance to clean up, QEMU goes with it.
func TestProcessDiesWithParent(t *testing.T) {
	child := orphan(t, "bound")
	for deadline := time.Now().Add(time.Minute); runs(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the process outlived its parent")
		}
	}
}

// A QEMU that may be looked into stays, in a session of its own: what ends the terminal does not end it.
func TestProcessOutlivesParent(t *testing.T) {
	child := orphan(t, "free")
	if session, err := unix.Getsid(child); err != nil || session != child {
		t.Errorf("it is in session %d, %v", session, err)
	}
	// The kernel sends the signal of a parent's death before anybody can wait for that death.
	if !runs(child) {
		t.Error("the process died with its parent")
	}
}

// orphan gives the number of a process whose parent has died.
func orphan(t *testing.T, how string) int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self)
	parent.Env = append(os.Environ(), parentEnv+"="+how)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if !runs(child) {
		t.Fatal("the process did not run")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGKILL) })
	return child
}

// runs tells whether a process is there and no zombie: an orphan's is whoever adopts it to reap.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

func TestProcessEnds(t *testing.T) {
	for _, tc := range []struct{ name, script, want string }{
		{"in good order", "exit 0", "QEMU ended by itself, with exit code 0\n  why:  the guest powered itself off"},
		{"with an error", "echo could not open disk >&2; exit 3", "QEMU ended with exit code 3: could not open disk"},
		{"crashed", "kill -SEGV $$", "QEMU ended by signal 11 (segmentation fault)"},
		{"killed", "kill -9 $$", "see dmesg"},
		{"leaves its stderr to a child", "sleep 30 & exit 4", "QEMU ended with exit code 4"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := Start(ToUs, "QEMU", "/bin/sh", t.TempDir(), []string{"-c", tc.script})
			if err != nil {
				t.Fatal(err)
			}
			<-p.Done()
			if got := p.EndError().Error(); !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q in it", got, tc.want)
			}
			p.Stop(func() error { return errors.New("asked to quit after its end") })
			_ = syscall.Kill(-p.PID, syscall.SIGKILL) // the child that stayed
		})
	}
	if _, err := Start(ToUs, "nothing", "/no/such/program", "/", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v for a program that is not there", err)
	}
}

func TestTail(t *testing.T) {
	last := &tail{limit: 10}
	for range 3 {
		fmt.Fprint(last, "0123456789")
	}
	fmt.Fprint(last, " end\n")
	if got, want := last.String(), "56789 end"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
