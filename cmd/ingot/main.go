// Ingot builds machine images from Azure VM Image Builder templates, on this machine.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/ingot-build/ingot/cmd/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), cli.EndSignals()...)
	defer stop()
	context.AfterFunc(ctx, stop) // the first signal cancels and cleans up; a second one ends the process
	return cli.Main(ctx, cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}, os.Args[1:])
}
