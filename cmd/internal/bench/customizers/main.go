// Customizers measures what a step costs beside what it does, and how fast files reach a guest: by ingot build, and by stock Packer
// beside it in the same run.
//
//   - A Shell step with an empty script over SSH, beyond one SSH round trip. The guest is an sshd on loopback, as this user, whose shell
//     reads no start-up files.
//   - The File customizer over SSH, against scp to the same sshd.
//   - The File customizer over WinRM. The service is that of plugins/provtest, which is no Windows: there, Packer's way is slower by far,
//     since each of its 6 KB takes a process.
//
// Usage: customizers INGOT
//
// Stock Packer is a tool here, like a stop-watch: .ci/tools/build makes it. What cannot be measured for want of a program is named, with
// the reason; a bound that is missed ends it with exit code 1.
package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/ingot-build/ingot/internal/testtools"
)

// The bounds.
const (
	overheadBound = 50 * time.Millisecond // of an empty step, beyond a round trip
	scpBound      = 0.8                   // of scp's throughput
	winRMBound    = 3.0                   // times as fast as Packer
	memoryBound   = 16 << 20              // bytes that a copy of winRMSize takes beside what a small one does
)

const rounds = 3

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: customizers INGOT")
		os.Exit(2)
	}
	ok, err := run(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(ingot string) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "ingot-bench-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, ok: true, env: append(os.Environ(), "PACKER_PLUGIN_PATH="+filepath.Join(dir, "plugins"),
		"PACKER_CONFIG_DIR="+dir, "CHECKPOINT_DISABLE=1", "XDG_STATE_HOME="+filepath.Join(dir, "state"))}
	if b.ingot, err = filepath.Abs(ingot); err != nil {
		return false, err
	}
	if b.packer, err = testtools.FindPacker(); err != nil {
		fmt.Println("nothing is measured:", err)
		return true, nil
	}
	if err := b.overSSH(); err != nil {
		return false, fmt.Errorf("over SSH: %w", err)
	}
	if err := b.overWinRM(); err != nil {
		return false, fmt.Errorf("over WinRM: %w", err)
	}
	return b.ok, nil
}

// bench is what all measurements share.
type bench struct {
	dir           string // of everything; removed at the end
	ingot, packer string // the programs
	env           []string
	ok            bool // no bound was missed so far
}

// figure prints a figure with its bound.
func (b *bench) figure(met bool, format string, args ...any) {
	verdict := "met"
	if !met {
		verdict, b.ok = "missed", false
	}
	fmt.Printf(format+", "+verdict+")\n", args...)
}

// build runs a Packer template, and gives the most memory the program held, in bytes.
func (b *bench) build(program, folder string) (memory int64, err error) {
	cmd := exec.Command(program, "build", folder)
	cmd.Env = b.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	over, sampled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sampled)
		for every := time.NewTicker(20 * time.Millisecond); ; {
			memory = max(memory, peak(cmd.Process.Pid))
			select {
			case <-over:
				every.Stop()
				return
			case <-every.C:
			}
		}
	}()
	err = cmd.Wait()
	close(over)
	<-sampled
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", cmd, err, out.Bytes()[max(0, out.Len()-3000):])
	}
	return memory, nil
}

// peak is the most memory that a process has held since it began, in bytes; 0 once it has ended. What wait4 tells is not that: it
// begins with what the process had before it became this program, which is ours.
func peak(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// template writes one, in a folder of its own.
func (b *bench) template(name, text string) (folder string, err error) {
	folder = filepath.Join(b.dir, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, "image.pkr.hcl"), []byte(text), 0o600)
}

// noise writes a file that does not compress.
func (b *bench) noise(name string, size int64) (path string, err error) {
	path = filepath.Join(b.dir, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	_, err = io.CopyN(f, rand.Reader, size)
	return path, err
}

// calm is how many measurements in a row make a figure.
const calm = 5

// calmest is the median of those that follow each other in the calmest moment: what else the machine does only adds.
func calmest(all []time.Duration) time.Duration {
	var least time.Duration
	for i := 0; i+calm <= len(all); i++ {
		least = smaller(least, slices.Sorted(slices.Values(all[i : i+calm]))[calm/2])
	}
	return least
}

// smaller is the smaller one; 0 is none yet.
func smaller[T ~int64](a, b T) T {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// rate is a throughput in MiB/s.
func rate(bytes int64, took time.Duration) float64 {
	return float64(bytes) / (1 << 20) / took.Seconds()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
