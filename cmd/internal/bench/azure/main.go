// Azure measures builds on an emulated Azure twice, side by side: by stock Packer with HashiCorp's plugin, and by ingot build, which runs
// the same plugin. The Azure answers at once, and its machines are there at once, so that all the time that is measured is the
// programs' own: what they wait for, and how often they ask.
//
//   - One build of Linux to a managed image. Stock Packer is measured twice: as it comes; and as it is fastest, which is to delete the
//     resource group without waiting, for a plugin from 2.0 on to poll without a delay, and on an Azure that waits a little before it
//     refuses to delete what is in use. Azure itself does not, and Packer, which deletes all at once, sleeps for 10 s then, and 20.
//     Ingot is held against the faster one, on that same Azure.
//   - Fifty at once: by one "ingot build" of fifty image templates, and by fifty Packers. A limit for calls to Azure is kept.
//
// Usage: azure [-builds N] INGOT
//
// Stock Packer and the plugin are tools here, like a stop-watch: .ci/tools/build makes them. Where it did not, nothing is measured, and
// the reason is printed. A bound that is missed ends it with exit code 1.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/proof/apart"
	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/internal/testtools"
)

const (
	rounds     = 3
	wallBound  = 1.1  // of Packer's wall time, as it is fastest
	armRate    = 1200 // calls in a minute that --arm-rate allows the many builds
	deleteWait = 10 * time.Second
)

func main() {
	builds := flag.Int("builds", 50, "how many builds run at once")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: azure [-builds N] INGOT")
		os.Exit(2)
	}
	code, over, err := apart.Enter()
	if over {
		os.Exit(code)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "note:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, flag.Arg(0), *builds)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// bench is what all measurements share.
type bench struct {
	ingot, packer string // programs
	plugin        testtools.Plugin
	plugins       string // folder
	ok            bool   // no bound was missed so far
}

func run(ctx context.Context, ingot string, builds int) (ok bool, err error) {
	b := &bench{ok: true}
	if b.ingot, err = filepath.Abs(ingot); err != nil {
		return false, err
	}
	if b.packer, err = testtools.FindPacker(); err == nil {
		b.plugin, err = testtools.FindAzurePlugin()
	}
	if err != nil {
		fmt.Println("nothing is measured:", err)
		return true, nil
	}
	if b.plugins, err = os.MkdirTemp("", "ingot-bench-plugins-"); err != nil {
		return false, err
	}
	defer os.RemoveAll(b.plugins)
	if err := b.plugin.Install(b.plugins); err != nil {
		return false, err
	}
	fmt.Printf("Packer %s and %s\n", testtools.PackerVersion, b.plugin)
	if err := b.one(ctx); err != nil {
		return false, err
	}
	if builds > 0 {
		if err := b.many(ctx, builds); err != nil {
			return false, err
		}
	}
	return b.ok, nil
}

// rig makes an Azure. A patient one waits a little before it refuses to delete what is in use.
func (b *bench) rig(ctx context.Context, patient bool) (*rig.Rig, error) {
	o := azuresim.Options{}
	if patient {
		o.DeleteWait = deleteWait
	}
	return rig.New(ctx, rig.Options{Ingot: b.ingot, Plugins: b.plugins, Sim: o})
}

// figure prints a figure with its bound.
func (b *bench) figure(met bool, format string, args ...any) {
	verdict := "met"
	if !met {
		verdict, b.ok = "missed", false
	}
	fmt.Printf(format+", "+verdict+")\n", args...)
}

// one measures a single build, in turns, so that a change in what else the machine does is felt by all.
func (b *bench) one(ctx context.Context) error {
	var plain, best, own measured
	for i := range rounds {
		for _, m := range []struct {
			to    *measured
			build func(context.Context) (measured, error)
		}{
			{&plain, func(ctx context.Context) (measured, error) { // it sleeps, and one round shows that
				if i > 0 {
					return plain, nil
				}
				return b.byPacker(ctx, 1, false)
			}},
			{&best, func(ctx context.Context) (measured, error) { return b.byPacker(ctx, 1, true) }},
			{&own, func(ctx context.Context) (measured, error) { return b.byIngot(ctx, 1) }},
		} {
			got, err := m.build(ctx)
			if err != nil {
				return err
			}
			if m.to.wall == 0 || got.wall < m.to.wall {
				*m.to = got
			}
		}
	}
	fmt.Printf("one build: packer build as it comes: %s\n           packer build as it is fastest: %s\n           ingot build: %s\n",
		plain, best, own)
	ratio := own.wall.Seconds() / min(best.wall, plain.wall).Seconds()
	b.figure(ratio <= wallBound, "ingot build takes %.2f of the time of the faster Packer (wanted: at most %.1f", ratio, wallBound)
	return nil
}

// many measures many builds at once.
func (b *bench) many(ctx context.Context, n int) error {
	theirs, err := b.byPacker(ctx, n, true)
	if err != nil {
		return err
	}
	free, err := b.byIngot(ctx, n, "--parallel", strconv.Itoa(n))
	if err != nil {
		return err
	}
	own, err := b.byIngot(ctx, n, "--arm-rate", strconv.Itoa(armRate))
	if err != nil {
		return err
	}
	fmt.Printf("%d builds at once: %d Packers as they are fastest: %s\n                   one ingot build: %s\n"+
		"                   one ingot build --arm-rate %d: %s\n", n, n, theirs, free, armRate, own)
	fmt.Printf("without a rate ingot build takes %.2f of Packer's time\n", free.wall.Seconds()/theirs.wall.Seconds())
	fmt.Printf("for each build: %.0f MiB against Packer's %.0f MiB, %.2f of it; %.1f calls to Azure against %.1f\n",
		own.each(n), theirs.each(n), own.each(n)/theirs.each(n), float64(own.calls)/float64(n), float64(theirs.calls)/float64(n))
	b.figure(own.rate <= armRate, "ingot build --arm-rate %d: at most %d calls in a minute (wanted: at most %d", armRate, own.rate, armRate)
	return nil
}
