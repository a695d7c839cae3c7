// Vhd measures how long writing a fixed VHD takes, beside the other ways to do it, in one run:
//
//	go run ./cmd/internal/bench/vhd [-dir D] [-rounds N] [-quick]
//
// Sources are chains of four qcow2 layers: a sparse one (30 GiB virtual, 0.5 GiB of data) and a dense one (4 GiB). Each way is a
// process of its own, so that its peak memory can be told. The ways take turns, in another random order each round; before each, dirty
// pages are written back and its sources read into memory. The shortest time of all rounds counts. Take many rounds in a VM: where
// its host takes free memory back, one and the same command needs 1.2 s or 4.4 s for the dense disk, as its pages happen to be
// there or not, and only the shortest times compare. cp starts from a flat raw copy
// of the chain, made beforehand: what it is given for free. The result is compared with the source once. It needs qemu-utils and,
// without -quick, 14 GiB below D.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/vhd"
)

// target is how much slower than the best other way Ingot may be.
const target = 1.1

const mib = 1 << 20

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir := flag.String("dir", os.TempDir(), "where the disks go")
	rounds := flag.Int("rounds", 12, "how often each way is measured")
	quick := flag.Bool("quick", false, "an eighth of the data")
	only := flag.String("write", "", "write one VHD from this qcow2 to the argument and exit; the program calls itself so")
	flag.Parse()

	var err error
	switch {
	case *only != "":
		_, err = vhd.Write(ctx, runcmd.Host{}, vhd.Disk{Path: *only, Format: "qcow2"}, flag.Arg(0), nil)
	default:
		err = bench(ctx, *dir, *rounds, *quick)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}

func bench(ctx context.Context, dir string, rounds int, quick bool) (err error) {
	dir, err = os.MkdirTemp(dir, "ingot-bench-vhd-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	part := int64(1)
	if quick {
		part = 8
	}
	cases := []disk{
		{name: "sparse, 30 GiB virtual", size: 30 << 30, data: (512 << 20) / part, pieces: 8},
		{name: "dense", size: (4 << 30) / part, data: (4 << 30) / part, pieces: 4},
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "disk\tdata MiB\tway\tbest s\tmedian s\tCPU s\tpeak MiB\t")
	var verdicts []string
	for _, c := range cases {
		if err := c.make(ctx, dir); err != nil {
			return err
		}
		results, err := c.measure(ctx, rounds)
		if err != nil {
			return err
		}
		verdicts = append(verdicts, report(table, c, results))
		if err := errors.Join(removeAll(filepath.Join(dir, "*")), table.Flush()); err != nil {
			return err
		}
	}
	fmt.Println()
	fmt.Println(strings.Join(verdicts, "\n"))
	return nil
}

// report adds the lines of one disk to the table and returns how Ingot compares with the best other way.
func report(table io.Writer, c disk, results []result) string {
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%d\t%s\t%.2f\t%.2f\t%.2f\t%d\t\n", c.name, c.data/mib, r.way,
			r.best().Seconds(), r.median().Seconds(), slices.Min(r.cpu).Seconds(), r.peak/mib)
	}
	// The raw way is what Ingot itself runs, without its checks: a floor, and not what anybody would pick instead.
	own, floor, others := results[0], results[1], results[2:]
	rival := slices.MinFunc(others, func(a, b result) int { return cmp.Compare(a.best(), b.best()) })
	ratio := own.best().Seconds() / rival.best().Seconds()
	verdict := "met"
	if ratio > target {
		verdict = "missed"
	}
	leanest := slices.MinFunc(others, func(a, b result) int { return cmp.Compare(slices.Min(a.cpu), slices.Min(b.cpu)) })
	return fmt.Sprintf("%s: ingot takes %.2f of the time of %s (wanted: at most %.2f, %s), %.2f of that of %s, which is what it runs, "+
		"and %.2f of the processor time of %s; content equal",
		c.name, ratio, rival.way, target, verdict, own.best().Seconds()/floor.best().Seconds(), floor.way, slices.Min(own.cpu).Seconds()/slices.Min(leanest.cpu).Seconds(), leanest.way)
}

// disk is a source to measure with. Sizes are bytes.
type disk struct {
	name       string
	size, data int64
	pieces     int64    // stretches of data in each layer
	chain      []string // layers, the top one last
	raw        string   // its flat copy
}

func (d *disk) top() string { return d.chain[len(d.chain)-1] }

const layers = 4

// make writes the chain: every layer holds an equal share of the data, in turns over the whole disk.
func (d *disk) make(ctx context.Context, dir string) error {
	share := d.data / layers
	noise := filepath.Join(dir, "noise")
	if err := writeNoise(noise, share); err != nil {
		return err
	}
	piece, stride := share/d.pieces, d.size/d.pieces
	d.chain = nil
	for i := range int64(layers) {
		path := filepath.Join(dir, fmt.Sprintf("layer%d.qcow2", i))
		args := []string{"create", "-q", "-f", "qcow2"}
		if i > 0 {
			args = append(args, "-b", d.top(), "-F", "qcow2")
		}
		if err := command(ctx, "qemu-img", append(args, path, fmt.Sprint(d.size))...); err != nil {
			return err
		}
		args = []string{"-f", "qcow2"}
		for p := range d.pieces {
			args = append(args, "-c", fmt.Sprintf("write -q -s %s %d %d", noise, p*stride+i*stride/layers, piece))
		}
		if err := command(ctx, "qemu-io", append(args, path)...); err != nil {
			return err
		}
		d.chain = append(d.chain, path)
	}
	d.raw = filepath.Join(dir, "flat.raw")
	return command(ctx, "qemu-img", "convert", "-f", "qcow2", "-O", "raw", d.top(), d.raw)
}

// writeNoise makes a file of bytes that no converter can take for zeros; the same ones on every machine.
func writeNoise(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{}), size); err != nil {
		return err
	}
	return f.Close()
}

// result is what one way took.
type result struct {
	way   string
	times []time.Duration
	cpu   []time.Duration // of the processor, in the program and what it started
	peak  int64           // bytes of memory, of the largest process
}

func (r result) best() time.Duration { return slices.Min(r.times) }

func (r result) median() time.Duration {
	sorted := slices.Sorted(slices.Values(r.times))
	return sorted[len(sorted)/2]
}

// measure returns one result for each way, Ingot's first.
func (d *disk) measure(ctx context.Context, rounds int) ([]result, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	out := filepath.Join(filepath.Dir(d.raw), "out.vhd")
	convert := func(args ...string) []string {
		return append(append([]string{"qemu-img", "convert", "-f", "qcow2", "-O"}, args...), d.top(), out)
	}
	ways := []way{
		{"ingot", []string{self, "-write", d.top(), out}, d.chain, false},
		{"qemu-img -O raw -W -m 8, footer", convert("raw", "-W", "-m", "8"), d.chain, true},
		{"qemu-img -O vpc", convert("vpc", "-o", "subformat=fixed,force_size"), d.chain, false},
		{"cp --sparse=always of a flat copy, footer", []string{"cp", "--sparse=always", d.raw, out}, []string{d.raw}, true},
	}
	results := make([]result, len(ways))
	for round := range rounds {
		for _, i := range rand.Perm(len(ways)) {
			one, err := ways[i].run(ctx, out, d)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", ways[i].name, err)
			}
			r := &results[i]
			r.way, r.times, r.cpu = ways[i].name, append(r.times, one.took), append(r.cpu, one.cpu)
			r.peak = max(r.peak, one.peak)
			if i == 0 && round == 0 {
				if err := command(ctx, "qemu-img", "compare", "-q", "-f", "qcow2", "-F", "vpc", d.top(), out); err != nil {
					return nil, fmt.Errorf("the VHD is not the disk it was made from: %w", err)
				}
			}
		}
	}
	return results, os.Remove(out)
}

// way is one way to write a VHD.
type way struct {
	name    string
	args    []string
	sources []string
	footer  bool // the program writes none: it is added, and counted
}

// usage is what one run of a way took.
type usage struct {
	took, cpu time.Duration
	peak      int64 // bytes of memory, of the program or of the largest it started
}

func (w way) run(ctx context.Context, out string, d *disk) (usage, error) {
	unix.Sync()
	for _, path := range w.sources {
		if err := warm(path); err != nil {
			return usage{}, err
		}
	}
	// Only now, so that the memory of the last VHD is still there for this one; see above.
	if err := os.Remove(out); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage{}, err
	}
	cmd := exec.CommandContext(ctx, w.args[0], w.args[1:]...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, err
	}
	if w.footer {
		if err := appendFooter(out, d.size); err != nil {
			return usage{}, err
		}
	}
	took := time.Since(start)
	state := cmd.ProcessState
	return usage{took, state.UserTime() + state.SystemTime(), state.SysUsage().(*syscall.Rusage).Maxrss << 10}, nil
}

// warm reads what of a file lies on disk, so that no way pays for another's pages having been dropped.
func warm(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for end := int64(0); ; {
		start, err := f.Seek(end, unix.SEEK_DATA)
		if errors.Is(err, syscall.ENXIO) {
			return nil
		}
		if err != nil {
			return err
		}
		if end, err = f.Seek(start, unix.SEEK_HOLE); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(f, start, end-start)); err != nil {
			return err
		}
	}
}

// appendFooter makes a raw disk a fixed VHD.
func appendFooter(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	footer := vhd.Footer{Type: vhd.Fixed, Size: size, Original: size, Created: time.Now()}
	if _, err := f.WriteAt(footer.Encode(), size); err != nil {
		return err
	}
	return f.Close()
}

func command(ctx context.Context, name string, args ...string) error {
	_, err := runcmd.Host{}.Run(ctx, runcmd.Cmd{Path: name, Args: args})
	return err
}

func removeAll(pattern string) error {
	paths, err := filepath.Glob(pattern)
	for _, path := range paths {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
