// Package cli is the command line of Ingot: one file per command, each with its options, its flags and a function that runs it.
//
// A command is a function of an environment and arguments. It prints results to stdout and everything else to stderr, and
// returns an error; Main alone shows errors and turns them into exit codes.
package cli

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ingot-build/ingot/cmd/internal/view"
)

// Env is the world as a command sees it.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string

	noColor bool // --no-color
}

// EndSignals lists the signals that end a command in an orderly way. A hang-up is one of them unless it is ignored already, as
// under nohup.
func EndSignals() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// Main runs one command line and returns its exit code. When ctx ends, the command cleans up and Main returns ExitCancelled.
func Main(ctx context.Context, env Env, args []string) int {
	// With a handler, writing to a pipe that nobody reads is an error like any other, not the end of the process: a build whose
	// output goes to "head" still cleans up. Ignoring the signal would pass that on to every program Ingot starts.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	defer signal.Stop(pipe)

	// Packer's packages tell their inner life to the standard logger, which nothing else here uses. What a person needs of it
	// comes as events.
	log.SetOutput(io.Discard)

	root := newRoot(&env)
	root.SetArgs(packerStyle(args))
	err := root.ExecuteContext(ctx)
	return env.report(ctx, err)
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "ingot",
		Short: "build machine images from Azure VM Image Builder templates, on this machine",
		Long: `Ingot builds machine images from Azure VM Image Builder templates, on this machine.

It reads an image template (JSON), translates it to a Packer template, boots the source image in a local
QEMU VM, runs the customizers there, and puts the result into a gallery on disk.

` + exitCodeHelp(),
		Example: `  ingot doctor                        # is this machine ready?
  ingot validate web.json             # check an image template
  ingot expand azuredeploy.json       # see what a deployment template comes to
  ingot translate web.json -o out     # see the Packer template it becomes
  ingot build web.json                # build the image`,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().BoolVar(&env.noColor, "no-color", false, "no colours, as with NO_COLOR=1 in the environment")
	root.AddGroup(
		&cobra.Group{ID: "template", Title: "Image templates:"},
		&cobra.Group{ID: "run", Title: "Runs:"},
		&cobra.Group{ID: "image", Title: "Images:"},
		&cobra.Group{ID: "host", Title: "This machine:"},
	)
	root.SetHelpCommandGroupID("host")
	root.SetCompletionCommandGroupID("host")
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("template", newExpand(env), newValidate(env), newRules(env), newExplain(env), newMigrate(env), newImport(env), newLSP(env), newDAP(env), newTranslate(env), newPreflight(env), newFidelity(env), newBuild(env), newDebug(env))
	add("run", newRuns(env), newLogs(env), newCancel(env), newShell(env), newCp(env), newResume(env), newDistribute(env), newClean(env))
	root.AddCommand(newMetadataRelay(env))
	add("image", newImage(env), newGallery(env), newDiff(env), newLayers(env))
	add("host", newPlugins(env), newDoctor(env), newAzureSim(env), newVersion(env))

	// Cobra's own two commands, in the same voice as the others.
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Short, c.Example = "explain a command", "  ingot help build"
		case "completion":
			c.Short, c.Example = "print the completion script of a shell", "  ingot completion bash > /etc/bash_completion.d/ingot"
		}
	}
	return root
}

// palette gives the colours for w: none unless w is a terminal that takes them and nobody said no.
// Reference: https://no-color.org
func (env *Env) palette(w io.Writer) view.Palette {
	color := !env.noColor && env.Getenv("NO_COLOR") == "" && env.Getenv("TERM") != "dumb" && isTerminal(w)
	return view.Palette{Color: color}
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// say writes a line for the person at the screen. It is no result, so it goes to stderr.
func (env *Env) say(text string) error {
	_, err := fmt.Fprintln(env.Stderr, text)
	return err
}
