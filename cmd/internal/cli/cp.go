package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/service"
)

type cpOptions struct {
	from, to cpSide
	root     bool
	output   string
}

// cpSide is one argument: a path here, or RUN[@STEP]:PATH.
type cpSide struct {
	run  string // RUN or RUN@STEP; "" here
	path string // "-" here is standard input or output
}

func newCp(env *Env) *cobra.Command {
	var o cpOptions
	cmd := &cobra.Command{
		Use:   "cp SOURCE DESTINATION",
		Short: "copy files to and from the build VM of a run, or from the one it had before a step",
		Long: `Copy a file, or a folder with all that is in it, to or from the build VM of a run, which is written RUN:PATH. A relative PATH begins at
the home folder of the build user.

RUN@STEP:PATH is a file as it was on the machine before that step, and RUN@STEP+:PATH after it: it is read from the layer that is kept,
and no machine is started unless the disk cannot be read here. Nothing is written there. When the VM of RUN is not up any more, RUN:PATH is
read from the machine before the step that failed, or as it stood last.

What is copied to a folder, or to a path that ends in a slash, lands in it. Permissions come along, owners do not; links inside of
folders, devices and sockets are left out, and named. "-" is standard input or output. A file of this machine with a colon in its name is
written ./a:b.`,
		Example: `  ingot cp latest:/var/log/cloud-init.log .
  ingot cp latest@installNginx:/etc/nginx ./before/
  ingot cp setup.sh 3f2a:/tmp/
  ingot cp --root nginx.conf 3f2a:/etc/nginx/nginx.conf
  ingot cp latest@generalize:/etc/os-release - | grep VERSION`,
		Args: args("SOURCE", "DESTINATION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.from, o.to = readSide(args[0]), readSide(args[1])
			if err := o.check(args); err != nil {
				return err
			}
			return cp(cmd.Context(), env, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.root, "root", false, "read or write as root in the VM, by sudo")
	f.BoolP("recursive", "r", true, "copy folders: they always are")
	_ = f.MarkHidden("recursive") // for fingers that type it
	addOutput(cmd, &o.output)
	return cmd
}

// readSide tells RUN:PATH from a path: it has a colon before its first slash.
func readSide(given string) cpSide {
	run, path, ok := strings.Cut(given, ":")
	if !ok || run == "" || strings.ContainsAny(run, `/\`) || strings.HasPrefix(run, ".") {
		return cpSide{path: given}
	}
	return cpSide{run: run, path: path}
}

func (o *cpOptions) check(given []string) error {
	_, _, _, toMoment := service.SplitPoint(o.to.run)
	switch {
	case o.from.run == "" && o.to.run == "":
		return &usageError{what: "both are files of this machine", fix: fmt.Sprintf("write one of them as RUN:PATH: ingot cp latest:%s %s", given[0], given[1])}
	case o.from.run != "" && o.to.run != "":
		return &usageError{what: "both are files of a VM", fix: "copy to this machine first, and then from it"}
	case toMoment:
		return &usageError{what: fmt.Sprintf("nothing is written to %s", o.to.run), why: "what is kept of a machine stays as it was: builds begin with it",
			fix: "put the file there with a File customizer, or into a VM that is up: ingot build --on-error keep, ingot debug"}
	case o.from.path == "" || o.to.path == "":
		return &usageError{what: "there is no path after the colon", fix: "write RUN:/path, or RUN:. for the home folder of the build user"}
	case o.output == outputJSON && o.to.path == "-" && o.to.run == "":
		return &usageError{what: "--output json does not go with - as the destination", why: "both are standard output", fix: "leave out one of them"}
	}
	return nil
}

func cp(ctx context.Context, env *Env, o cpOptions) error {
	if o.to.run != "" && o.from.path != "-" {
		if _, err := os.Stat(o.from.path); err != nil { // before a connection is made
			return err
		}
	}
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	var done sshto.Copied
	if o.to.run != "" {
		done, err = o.put(ctx, env, svc)
	} else {
		done, err = o.get(ctx, env, svc)
	}
	if err != nil {
		return err
	}
	if o.output == outputJSON {
		return view.Document(env.Stdout, struct {
			Files   int      `json:"files"`
			Bytes   int64    `json:"bytes"`
			Skipped []string `json:"skipped"`
		}{done.Files, done.Bytes, append([]string{}, done.Skipped...)})
	}
	for _, name := range done.Skipped {
		if err := env.say("left out, for it is neither a file nor a folder: " + view.Line(name)); err != nil {
			return err
		}
	}
	return env.say(fmt.Sprintf("%s, %s", count(done.Files, "file"), humanize.IBytes(uint64(done.Bytes))))
}

// put copies into a VM that is up.
func (o *cpOptions) put(ctx context.Context, env *Env, svc *service.Service) (done sshto.Copied, err error) {
	_, way, err := svc.WayTo(ctx, o.to.run)
	if err != nil {
		return done, err
	}
	guest, err := sshto.Dial(ctx, way)
	if err != nil {
		return done, err
	}
	defer guest.Close()
	if o.from.path == "-" {
		return o.stream(ctx, guest, "cat > "+commandLine([]string{o.to.path}), env, true)
	}
	return guest.Put(ctx, o.from.path, o.to.path, sshto.CopyOptions{AsRoot: o.root})
}

// get copies from a disk that is kept, or else from a VM.
func (o *cpOptions) get(ctx context.Context, env *Env, svc *service.Service) (done sshto.Copied, err error) {
	p, err := findPlace(ctx, svc, o.from.run)
	if err != nil {
		return done, err
	}
	if p.about != "" {
		if err := env.say(p.about); err != nil {
			return done, err
		}
	}
	if p.at != nil {
		done, err = o.fromDisk(ctx, env, svc, *p.at)
		var unreadable *diskdiff.UnreadableError
		if !errors.As(err, &unreadable) {
			return done, err
		}
		if err := env.say(fmt.Sprintf("the disk cannot be read here (%s): starting the machine", unreadable.Why())); err != nil {
			return done, err
		}
	}
	err = p.visit(ctx, svc, func(ctx context.Context, way service.Way) error {
		guest, err := sshto.Dial(ctx, way)
		if err != nil {
			return err
		}
		defer guest.Close()
		if o.to.path == "-" {
			done, err = o.stream(ctx, guest, "cat -- "+commandLine([]string{o.from.path}), env, false)
			return err
		}
		done, err = guest.Get(ctx, o.from.path, o.to.path, sshto.CopyOptions{AsRoot: o.root})
		return err
	})
	return done, err
}

// stream copies one file between the VM and a standard stream: the command in the VM has the other end of it.
func (o *cpOptions) stream(ctx context.Context, guest *sshto.Guest, command string, env *Env, in bool) (sshto.Copied, error) {
	if o.root {
		command = "sudo sh -c " + commandLine([]string{command})
	}
	var said strings.Builder
	var moved counted
	var exit int
	var err error
	if in {
		moved.in = env.Stdin
		exit, err = guest.Run(ctx, command, &moved, nil, &said)
	} else {
		moved.out = env.Stdout
		exit, err = guest.Run(ctx, command, nil, &moved, &said)
	}
	if err == nil && exit != 0 {
		err = fmt.Errorf("copy in the VM: %s", strings.TrimSpace(view.Line(said.String())))
	}
	return sshto.Copied{Files: 1, Bytes: moved.n}, err
}
