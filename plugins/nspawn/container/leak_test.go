package container

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// leftPatience is for the kernel to end what was killed; unmounting is part of that.
const leftPatience = 10 * time.Second

// nothingLeft checks that of a container there is no process, cgroup or loop device any more; mounts go with the processes.
func nothingLeft(t testing.TB, name string) {
	t.Helper()
	for deadline := time.Now().Add(leftPatience); ; time.Sleep(10 * time.Millisecond) {
		left := leftOf(t, name)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left of %s: %q", name, left)
		}
	}
}

func leftOf(t testing.TB, name string) (left []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if text, _ := os.ReadFile(path); bytes.Contains(text, []byte(name+"\x00")) && bytes.HasPrefix(text, []byte(supervisorName)) {
			left = append(left, filepath.Dir(path))
		}
	}
	for _, group := range Cgroups(name) {
		if _, err := os.Stat(group); err == nil {
			left = append(left, group)
		}
	}
	loops, err := loopsOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return append(left, loops...)
}

// checkDisk reads the finished disk's root file system with e2fsck, which must find nothing to do, and a file in /etc with a word in it.
func checkDisk(t testing.TB, disk, word string) {
	t.Helper()
	raw := showRaw(t, disk)
	f, err := os.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := regions(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.kind != "ext4" {
			continue
		}
		at := fmt.Sprintf("%s?offset=%d", raw, r.start)
		if out, err := exec.Command("e2fsck", "-f", "-n", at).CombinedOutput(); err != nil {
			t.Errorf("e2fsck: %v: %s", err, out)
		}
		out, err := exec.Command("debugfs", "-R", "cat /etc/"+word, at).Output()
		if err != nil || strings.TrimSpace(string(out)) != word {
			t.Errorf("/etc/%s on the disk has %q, %v", word, out, err)
		}
		return
	}
	t.Errorf("no ext4 in %+v", all)
}

// showRaw has a storage daemon show a disk as bytes, to read.
func showRaw(t testing.TB, disk string) string {
	t.Helper()
	dir := t.TempDir()
	raw := filepath.Join(dir, "raw")
	if err := os.WriteFile(raw, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(storageProgram, "--blockdev", "driver=file,node-name=f,filename="+disk+",read-only=on",
		"--blockdev", "driver=qcow2,node-name=d,file=f,read-only=on", "--export", "type=fuse,id=e,node-name=d,mountpoint="+raw,
		"--pidfile", filepath.Join(dir, "pid"))
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it unmounts
		_ = cmd.Wait()
	})
	for {
		if info, err := os.Stat(raw); err == nil && info.Size() > 0 {
			return raw
		}
		if err := t.Context().Err(); err != nil {
			t.Fatalf("%v: %s", err, said.Bytes())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

const makerVariable = "INGOT_TEST_CONTAINER_MAKER"

// maker is a process that makes a container and does not end: its folder and name come by the environment.
func maker() {
	name, dir, _ := strings.Cut(os.Getenv(makerVariable), ":")
	dir, stays := strings.CutSuffix(dir, ":stays")
	c, err := Start(context.Background(), Spec{Name: name, Dir: dir, Disk: "disk.qcow2", Parameters: []string{"cloud-init=disabled"}, Tasks: 1000, Stays: stays})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println("up", c.PID())
	if err := c.Freeze(context.Background()); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println("frozen")
	select {}
}

// TestKilled kills the maker of a container, or its supervisor, at several moments of its life. Nothing may be left but what Remove removes.
func TestKilled(t *testing.T) {
	for _, c := range []struct {
		name       string
		supervisor bool // it is killed, and the maker goes on
		both       bool
		after      string
		pause      time.Duration
	}{
		{"maker at once", false, false, "", 0},
		{"maker while the disk is opened", false, false, "", 25 * time.Millisecond},
		{"maker while it mounts", false, false, "", 50 * time.Millisecond},
		{"maker while nspawn starts", false, false, "", 90 * time.Millisecond},
		{"maker of a guest that runs", false, false, "up", 300 * time.Millisecond},
		{"maker of a guest that is frozen", false, false, "frozen", 0},
		{"supervisor of a guest that boots", true, false, "up", 0},
		{"supervisor of a guest that is frozen", true, false, "frozen", 50 * time.Millisecond},
		{"both of a guest that is frozen", false, true, "frozen", 300 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSpec(t, "killed")
			t.Cleanup(func() { _ = Remove(s.Name) })
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), makerVariable+"="+s.Name+":"+s.Dir)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Kill()
			pid := readUntil(t, out, c.after)
			time.Sleep(c.pause)
			if c.supervisor {
				p, _ := os.FindProcess(pid)
				if err := p.Kill(); err != nil {
					t.Fatal(err)
				}
				nothingLeft(t, s.Name) // its maker sees to it
				return
			}
			if c.both {
				for _, kill := range []func() error{ // the maker does not learn of it
					func() error { return cmd.Process.Signal(syscall.SIGSTOP) }, func() error { return syscall.Kill(pid, syscall.SIGKILL) }} {
					if err := kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(leftPatience); ; time.Sleep(10 * time.Millisecond) {
				err := Remove(s.Name)
				if left := leftOf(t, s.Name); err == nil && len(left) == 0 {
					return
				} else if time.Now().After(deadline) {
					t.Fatalf("left: %q; %v", left, err)
				}
			}
		})
	}
}

// A container that stays outlives its maker, and ends when it is told to.
func TestStays(t *testing.T) {
	t.Parallel()
	s := newSpec(t, "stays")
	t.Cleanup(func() { _ = Remove(s.Name) })
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), makerVariable+"="+s.Name+":"+s.Dir+":stays")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := readUntil(t, out, "up")
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	time.Sleep(200 * time.Millisecond) // it would be dead in a tenth of that
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Errorf("it did not stay: %v", err)
	}
	for deadline := time.Now().Add(leftPatience); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not end by SIGTERM")
		}
	}
	if err := Remove(s.Name); err != nil {
		t.Error(err)
	}
	nothingLeft(t, s.Name)
}

// readUntil reads what a maker says until the word; it gives the supervisor's number if that was told.
func readUntil(t *testing.T, out interface{ Read([]byte) (int, error) }, word string) (pid int) {
	t.Helper()
	if word == "" {
		return 0
	}
	var all strings.Builder
	for text := make([]byte, 256); ; {
		n, err := out.Read(text)
		all.Write(text[:n])
		if err != nil {
			t.Fatalf("%v: %s", err, all.String())
		}
		for line := range strings.Lines(all.String()) {
			if number, ok := strings.CutPrefix(strings.TrimSpace(line), "up "); ok {
				pid, _ = strconv.Atoi(number)
			}
			if strings.HasPrefix(line, word) {
				return pid
			}
		}
	}
}
