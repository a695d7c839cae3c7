// Validate measures ingot validate as whole processes: until the first finding of one template, and over a folder of templates in one
// process; then, file by file in the same run, beside packer validate of what each image template corresponds to.
// Ingot's own checks are measured; what shellcheck adds, where it is installed, is said apart. Packer does not ask it either.
//
// Usage: validate INGOT FOLDER
//
// Packer is a tool here, like a stop-watch: .ci/tools/build makes it. Where it was not, that part is left out, and the reason is printed.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/internal/testtools"
)

// The bounds.
const (
	firstBound  = 60 * time.Millisecond
	folderBound = time.Second
	memoryBound = 150 // MiB
	packerBound = 50  // times faster
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: validate INGOT FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ingot, folder string) error {
	dir, err := os.MkdirTemp("", "ingot-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	if err := first(ingot, dir); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		fmt.Printf("no templates in %s: nothing to measure over many files\n", folder)
		return err
	}
	if err := whole(ingot, folder, len(files)); err != nil {
		return err
	}
	packer, err := testtools.FindPacker()
	if err != nil {
		fmt.Printf("packer validate is left out: %v\n", err)
		return nil
	}
	return beside(ingot, packer, files, dir)
}

// wrong is a template with one mistake, at its end.
const wrong = `{"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": "web", "location": "westeurope",
  "properties": {"source": {"type": "PlatformImage"}, "customize": [{"type": "Shel"}], "distribute": []}}`

// first measures until the first byte about what is wrong with a template.
func first(ingot, dir string) error {
	const runs = 20
	file := filepath.Join(dir, "wrong.json")
	if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
		return err
	}
	var times []time.Duration
	for range runs {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		cmd := exec.Command(ingot, "validate", "--shellcheck=off", file)
		cmd.Stderr = w
		start := time.Now()
		if err := cmd.Start(); err != nil {
			return err
		}
		w.Close()
		_, err = io.ReadFull(r, make([]byte, 1))
		times = append(times, time.Since(start))
		_, _ = io.Copy(io.Discard, r)
		r.Close()
		var exit *exec.ExitError
		if werr := cmd.Wait(); err != nil || !errors.As(werr, &exit) || exit.ExitCode() != 3 {
			return fmt.Errorf("a template with a mistake passed: %w", errors.Join(err, werr))
		}
	}
	slices.Sort(times)
	fmt.Printf("first finding of one template: %d ms median, %d ms at best of %d processes (wanted: under %d ms, %s)\n",
		times[runs/2].Milliseconds(), times[0].Milliseconds(), runs, firstBound.Milliseconds(), verdict(times[0] < firstBound))
	return nil
}

// whole measures a folder in one process.
func whole(ingot, folder string, files int) error {
	const runs = 5
	for _, shellcheck := range []string{"off", "auto"} {
		best, cpu, peak := time.Hour, time.Hour, int64(0)
		for range runs {
			cmd := exec.Command(ingot, "validate", "--shellcheck="+shellcheck, folder, "--format", "json")
			start := time.Now()
			if err := finished(cmd, 0, 3); err != nil {
				return err
			}
			best = min(best, time.Since(start))
			state := cmd.ProcessState
			cpu = min(cpu, state.UserTime()+state.SystemTime())
			peak = max(peak, state.SysUsage().(*syscall.Rusage).Maxrss>>10) // Linux counts KiB
		}
		fmt.Printf("%d files in one process, --shellcheck=%s: %.2f s at best of %d, %.2f s of processor time (wanted: under %.0f s, %s); "+
			"%d MiB (wanted: under %d, %s)\n", files, shellcheck, best.Seconds(), runs, cpu.Seconds(), folderBound.Seconds(),
			verdict(best < folderBound), peak, memoryBound, verdict(peak < memoryBound))
	}
	return nil
}

// beside measures both programs, in turns, each a process for each file; and Ingot once for all files.
func beside(ingot, packer string, files []string, dir string) error {
	var one, other time.Duration
	var compared []string
	for _, file := range files {
		hcl := filepath.Join(dir, filepath.Base(file)+".pkr.hcl")
		if ok, err := correspond(file, hcl); err != nil {
			return err
		} else if !ok {
			continue
		}
		took, err := timed(exec.Command(ingot, "validate", "--shellcheck=off", file, "--skip-other"), 0, 3)
		if err != nil {
			return err
		}
		one += took
		if took, err = timed(exec.Command(packer, "validate", hcl), 0); err != nil {
			return err
		}
		other += took
		compared = append(compared, file)
	}
	if len(compared) == 0 {
		return errors.New("no file has an image template with customizers")
	}
	all, err := timed(exec.Command(ingot, append([]string{"validate", "--shellcheck=off", "--skip-other", "--format", "json"}, compared...)...), 0, 3)
	if err != nil {
		return err
	}
	ratio := float64(other) / float64(all)
	fmt.Printf("%d files: packer validate takes %.1f s, a process for each; ingot validate %.2f s in one process, 1/%.0f of it (wanted: at most 1/%d, %s), "+
		"and %.1f s with a process for each, 1/%.0f of it\n", len(compared), other.Seconds(), all.Seconds(), ratio, packerBound,
		verdict(ratio >= packerBound), one.Seconds(), float64(other)/float64(one))
	return nil
}

func timed(cmd *exec.Cmd, codes ...int) (time.Duration, error) {
	start := time.Now()
	err := finished(cmd, codes...)
	return time.Since(start), err
}

// finished runs a program that may end with some exit codes.
func finished(cmd *exec.Cmd, codes ...int) error {
	var out bytes.Buffer
	cmd.Stderr = &out
	if cmd.Args[1] == "validate" && filepath.Ext(cmd.Args[len(cmd.Args)-1]) == ".hcl" {
		cmd.Stdout = &out
		cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1") // no question to its maker's server
	}
	err := cmd.Run()
	if cmd.ProcessState == nil || !slices.Contains(codes, cmd.ProcessState.ExitCode()) {
		return fmt.Errorf("%s: %w: %.2000s", cmd, err, out.String())
	}
	return nil
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}
