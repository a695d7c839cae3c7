// Ingot builds machine images from Azure VM Image Builder templates, on this machine.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/ingot-build/ingot/cmd/internal/cli"
	"github.com/ingot-build/ingot/plugins/nspawn/container"
)

func main() {
	container.RunIfSupervisor() // the first process of a container is this program again
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), cli.EndSignals()...)
	defer stop()
	context.AfterFunc(ctx, func() {
		stop() // the first signal cancels and cleans up; a second one ends the process
		// But for a terminal that is closed: the kernel and the shell each send this one, and cleaning up goes on without both.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	})
	return cli.Main(ctx, cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}, os.Args[1:])
}
