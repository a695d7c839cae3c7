package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/store"
)

func TestBearsName(t *testing.T) {
	const name = "ingot-3f2a9c1e"
	for _, tt := range []struct {
		line string
		want bool
	}{
		{"qemu-system-x86_64 -name ingot-3f2a9c1e -nodefaults", true},
		{"qemu-system-x86_64 -name guest=ingot-3f2a9c1e,debug-threads=on", true},
		{"qemu-system-x86_64 -name ingot-3f2a9c1e,process=x", true},
		{"ingot-3f2a9c1e 1000", true},
		{"ingot-container ingot-3f2a9c1e", true},
		{"ingot-container ingot-3f2a9c1e0", false},
		{"ingot-container -x ingot-3f2a9c1e", false},
		{"sudo -n -- /usr/bin/ingot ingot-container ingot-3f2a9c1e", true},
		{"/usr/bin/ingot ingot-container ingot-3f2a9c1e", true},
		{"grep -r -- ingot-container ingot-3f2a9c1e", false},
		{"qemu-system-x86_64 -name ingot-3f2a9c1e0", false},
		{"qemu-system-x86_64 -name xingot-3f2a9c1e", false},
		{"grep ingot-3f2a9c1e", false},
		{"less /var/log/ingot-3f2a9c1e.log", false},
		{"qemu-system-x86_64 -name", false},
		{"", false}, // a kernel thread, or one that ended and was not reaped
	} {
		t.Run(tt.line, func(t *testing.T) {
			var args [][]byte
			for _, a := range strings.Split(tt.line, " ") {
				args = append(args, []byte(a))
			}
			if got := bearsName(args, name) || isContainer(args, name); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEndProcesses(t *testing.T) {
	defer func(was time.Duration) { termWait = was }(termWait)
	termWait = 200 * time.Millisecond // the stubborn one ignores it anyway
	dirs := testDirs(t)
	name := fmt.Sprintf("ingot-test-%d", os.Getpid())
	for _, role := range []string{"vm", "stubborn"} { // the second one ignores SIGTERM, and a child of it bears the name too
		t.Run(role, func(t *testing.T) {
			_, lines := other(t, role, dirs, "-name", name)
			lines()
			_, bystander := other(t, "vm", dirs, "-name", name+"0")
			bystander()
			if err := endProcesses(t.Context(), name); err != nil {
				t.Error(err)
			}
			if left, err := processes(name); err != nil || len(left) > 0 {
				t.Errorf("left %v, %v", left, err)
			}
			if left, err := processes(name + "0"); err != nil || len(left) != 1 {
				t.Errorf("bystander: %v, %v", left, err)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		if err := endProcesses(t.Context(), name); err != nil {
			t.Error(err)
		}
	})
	t.Run("by program name", func(t *testing.T) {
		sleep, err := exec.LookPath("sleep")
		if err != nil {
			t.Skip("no sleep on PATH")
		}
		cmd := exec.Command(sleep, "1000")
		cmd.Args[0] = name
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Process.Kill() //nolint:errcheck // only if the test fails
		if err := endProcesses(t.Context(), name); err != nil {
			t.Error(err)
		}
		if left, err := processes(name); err != nil || len(left) > 0 {
			t.Fatalf("left %v, %v", left, err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
			t.Errorf("ended with %v, want SIGTERM", err)
		}
	})
}

// roleStubborn ignores SIGTERM, as does its child, which bears the same name.
func roleStubborn(base string) error {
	signal.Ignore(syscall.SIGTERM)
	if !slices.Contains(os.Args, "child") {
		child := selfCommand("stubborn", slices.Concat([]string{"child"}, os.Args[1:])...)
		child.Stdout = os.Stdout // it says when it is up
		if err := child.Start(); err != nil {
			return err
		}
		sleepForEver()
	}
	fmt.Println("up")
	sleepForEver()
	return nil
}

func sleepForEver() {
	for {
		time.Sleep(time.Hour)
	}
}

// Permissions do not bind root, so what a user meets is tried as nobody.
func TestReadOnlyDirectoriesGo(t *testing.T) {
	dirs := testDirs(t)
	if os.Geteuid() != 0 {
		if err := roleReadOnly(filepath.Dir(dirs.State)); err != nil {
			t.Error(err)
		}
		return
	}
	home, err := os.MkdirTemp("", "ingot-ledger-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(home)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	program, base := filepath.Join(home, "test"), filepath.Join(home, "base")
	err = errors.Join(os.Chmod(home, 0o755), os.WriteFile(program, self, 0o755), os.Mkdir(base, 0o700), os.Chown(base, 65534, 65534))
	if err != nil {
		t.Fatal(err)
	}
	cmd := selfCommand("readonly", base)
	cmd.Path, cmd.Dir = program, base
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func roleReadOnly(base string) error {
	dirs := dirsUnder(base)
	path := filepath.Join(dirs.Staging(), "0badcafe")
	deep := filepath.Join(path, "a", "b")
	err := errors.Join(os.MkdirAll(deep, 0o700), os.WriteFile(filepath.Join(deep, "f"), nil, 0o400),
		os.Chmod(deep, 0o500), os.Chmod(filepath.Dir(deep), 0o000), os.Chmod(path, 0o500))
	if err != nil {
		return err
	}
	if err := removePath(context.Background(), dirs, store.Directory, path); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is still there: %v", path, err)
	}

	// What cannot be removed is an error: the folder around it is not ours to change.
	if err := errors.Join(os.Mkdir(path, 0o700), os.Chmod(dirs.Staging(), 0o500)); err != nil {
		return err
	}
	if err := removePath(context.Background(), dirs, store.Directory, path); !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("in a read-only folder: got %v, want a permission error", err)
	}
	return os.Chmod(dirs.Staging(), 0o700)
}

// A container that runs as somebody else is ended too: sudo may have started it. A VM of somebody else is nobody's business here.
func TestContainersOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root starts processes of others")
	}
	name := fmt.Sprintf("ingot-test-%d-other", os.Getpid())
	dir, err := os.MkdirTemp("", "ingot-ledger-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := errors.Join(os.Chmod(dir, 0o755), syscall.Mkfifo(filepath.Join(dir, name), 0o644)); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) *exec.Cmd {
		cmd := &exec.Cmd{Path: "/bin/cat", Args: args, Dir: dir} // which waits for what nobody writes
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		in, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = errors.Join(in.Close(), cmd.Process.Kill()) })
		return cmd
	}
	vm, container := run(name), run(containerProgram, name)
	if left, err := processes(name); err != nil || !slices.Equal(left, []int{container.Process.Pid}) {
		t.Errorf("found %v, %v; the container is %d", left, err, container.Process.Pid)
	}
	ended := make(chan error, 1)
	go func() { ended <- container.Wait() }()
	if err := endProcesses(t.Context(), name); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("the container ended with %v, want SIGTERM", err)
	}
	if err := vm.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the VM of somebody else was ended: %v", err)
	}
}
