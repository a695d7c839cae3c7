package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/service"
)

type shellOptions struct {
	run      string   // RUN or RUN@STEP
	command  []string // none: a shell
	root     bool
	terminal bool
}

func newShell(env *Env) *cobra.Command {
	var o shellOptions
	cmd := &cobra.Command{
		Use:   "shell RUN[@STEP] [-- COMMAND [ARGUMENT...]]",
		Short: "open a shell in the build VM of a run, or in the one it had before a step",
		Long: `Open a shell in the build VM of a run: one that goes on, or one that was kept after a failure. For RUN@STEP the machine is brought
back as it stood before that step, beside whatever else runs, and RUN@STEP+ is it after the step; it is removed when the shell ends, and
what was done in it is in no layer. That needs the layers of the run: see docs/layers.md. Without a machine that is up, RUN is the
one before the step that failed, or as it stood last.

RUN is the id of a run or the first digits of it, or latest. STEP is a step's id, such as customize[2], its name, or its number in
customize.

With a COMMAND, that is run instead of a shell: its arguments stay what they are, and its input and output are those of this command. The
exit code is that of COMMAND. Where it could not be run, it is one of Ingot's own, and a line that begins with "error:" says why. Without a
terminal, and without a COMMAND, standard input is run by sh.`,
		Example: `  ingot shell latest
  ingot shell 3f2a@installNginx
  ingot shell latest@generalize -- systemctl --failed
  ingot shell latest --root -- tail -n 50 /var/log/cloud-init.log
  ingot shell latest < look.sh`,
		ValidArgsFunction: completeRuns(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.take(cmd, args); err != nil {
				return err
			}
			return shell(cmd.Context(), env, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.root, "root", false, "be root, by sudo")
	f.BoolVarP(&o.terminal, "tty", "t", false, "give COMMAND the terminal, as programs with a screen of their own need it")
	return cmd
}

// take reads the arguments.
func (o *shellOptions) take(cmd *cobra.Command, given []string) error {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 {
		dash = len(given)
		if dash > 1 {
			return &usageError{what: fmt.Sprintf("%s takes one run, and %q was given as well", cmd.CommandPath(), given[1]),
				fix: fmt.Sprintf("a command comes after two dashes: %s %s -- %s", cmd.CommandPath(), given[0], given[1])}
		}
	}
	if err := args("RUN")(cmd, given[:dash]); err != nil {
		return err
	}
	o.run, o.command = given[0], slices.Clone(given[dash:])
	if cmd.ArgsLenAtDash() >= 0 && len(o.command) == 0 {
		return &usageError{what: "there is no command after the two dashes", fix: "leave them out for a shell"}
	}
	if o.terminal && len(o.command) == 0 {
		return &usageError{what: "--tty has no meaning without a command", why: "a shell has the terminal", fix: "leave it out"}
	}
	return nil
}

func shell(ctx context.Context, env *Env, o shellOptions) error {
	in, _ := env.Stdin.(*os.File)
	person := in != nil && isTerminal(in)
	if o.terminal && !person {
		return &usageError{what: "--tty needs a terminal", why: "standard input is none", fix: "leave it out"}
	}
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	p, err := findPlace(ctx, svc, o.run)
	if err != nil {
		return err
	}
	alone := len(o.command) == 0 && person
	if p.about != "" {
		if err := env.say(p.about); err != nil {
			return err
		}
	}
	if alone && p.at != nil {
		if err := env.say(fmt.Sprintf("bringing back %s; what is done in it is gone when the shell ends", p.at)); err != nil {
			return err
		}
	}
	exit := 0
	err = p.visit(ctx, svc, func(ctx context.Context, way service.Way) error {
		guest, err := sshto.Dial(ctx, way)
		if err != nil {
			return err
		}
		defer guest.Close()
		exit, err = o.attach(ctx, env, guest, in, person)
		return err
	})
	if err == nil && exit != 0 && !alone { // of a shell it is how its last command ended: not our affair
		err = &shownError{exit}
	}
	return err
}

// attach runs what is wanted in a guest, and gives the exit code.
func (o *shellOptions) attach(ctx context.Context, env *Env, guest *sshto.Guest, in *os.File, person bool) (int, error) {
	line := o.line(person)
	if person && (len(o.command) == 0 || o.terminal) {
		return guest.Shell(ctx, env.terminal(in, newKeyboard(in)), line)
	}
	return guest.Run(ctx, line, env.Stdin, env.Stdout, env.Stderr)
}

// line is what the guest's shell is told to run; "" is itself.
func (o *shellOptions) line(person bool) string {
	switch {
	case len(o.command) > 0 && o.root:
		return "sudo " + commandLine(o.command)
	case len(o.command) > 0:
		return commandLine(o.command)
	case o.root && person:
		return "sudo -i"
	case o.root:
		return "sudo sh"
	case !person:
		return "sh"
	}
	return ""
}
