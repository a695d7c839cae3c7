// Faults proves that a build on Azure never leaks, and says why when it fails: on an emulated Azure, with Packer's real plugin and the
// real ingot.
//
//   - The fault table: each call that a healthy build makes (rows) goes wrong once in each way (columns).
//   - Kills: ingot, the plugin or both are killed at random moments.
//   - Interrupts: Ctrl-C at each step.
//
// After each, "ingot clean --on azure --yes", and nothing else, has to leave exactly the images that the build said it made, and what
// was there before. A cell is red where that is not so, where the build hung, or where its failure was not explained: columns.go has
// what is allowed.
//
// Usage: faults [flags] INGOT
//
// It ends with exit code 1 when anything is red.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/proof/apart"
)

// options are what is proved, and how.
type options struct {
	ingot      string
	sample     int // cells; 0 is all
	kills      int
	interrupts int // 0 is none, a number less than the steps a random choice of them
	seed       uint64
	jobs       int
	only       string // cells whose call or fault has it
	notes      string // file for the outcomes, as JSON
	colour     bool
}

func main() {
	var o options
	flag.IntVar(&o.sample, "sample", 0, "try so many `cells` of the table, chosen by the seed; 0 is all, less than 0 none")
	flag.IntVar(&o.kills, "kills", 50, "`times` that something is killed")
	flag.IntVar(&o.interrupts, "interrupts", 1000, "`steps` at which a build is interrupted; no more than there are")
	flag.Uint64Var(&o.seed, "seed", 0, "`number` that chance begins with; 0 is a new one, which is printed")
	flag.IntVar(&o.jobs, "jobs", 2*runtime.NumCPU(), "builds at a time")
	flag.StringVar(&o.only, "only", "", "cells alone whose call or fault has this `text` in it")
	flag.StringVar(&o.notes, "notes", "", "`file` that all outcomes are written to, as JSON")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: faults [flags] INGOT")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	code, over, err := apart.Enter()
	if over {
		os.Exit(code)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "note:", err)
	}
	o.ingot = flag.Arg(0)
	info, err := os.Stdout.Stat()
	o.colour = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	green, err := run(ctx, o, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	if err != nil || !green {
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

// run proves, prints the outcome, and tells whether all of it is green. progress is told of each build.
func run(ctx context.Context, o options, out, progress io.Writer) (green bool, err error) {
	if o.ingot, err = filepath.Abs(o.ingot); err != nil {
		return false, err
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	l, note, err := newLab(o.ingot)
	if err != nil {
		return false, err
	}
	defer l.close()
	if note != "" {
		fmt.Fprintln(out, "note:", note)
	}
	healthy, err := l.record(ctx)
	if err != nil {
		return false, fmt.Errorf("the healthy build: %w", err)
	}
	fmt.Fprintf(out, "a healthy build makes %d calls of %d kinds in %s; seed %d\n", healthy.calls, len(healthy.names),
		healthy.took.Round(time.Millisecond), o.seed)
	p := &prover{lab: l, options: o, healthy: healthy, chance: rand.New(rand.NewPCG(o.seed, 0)), progress: progress}
	p.run(ctx)
	if err := context.Cause(ctx); err != nil {
		return false, err
	}
	p.print(out)
	if o.notes != "" {
		if err := p.write(o.notes); err != nil {
			return false, err
		}
	}
	return p.green(), nil
}
