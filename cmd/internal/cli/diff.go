package cli

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/service"
)

type diffOptions struct {
	paths  []string
	patch  bool
	all    bool
	byStep bool
	output string
}

func newDiff(env *Env) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff DISK [DISK]",
		Short: "tell what is different between two images, or what a step of a build changed",
		Long: `Compare the disks of two Linux machines: packages, services, accounts, what boots the machine, which folders grew, and every
file. The disks are read as they are; no machine is started.

DISK is the file of a disk, the id of an image in the gallery, the name of a base image, or a run, whose first output is
taken. RUN@STEP is the machine of a run before a step, and RUN@STEP+ after it, as far as layers of it are kept: see docs/layers.md.
With RUN@STEP alone it is told what that step changed, and with --by-step RUN what each step did. A STEP is named by its id, such as
customize[2], by its name, or by its number in customize.

Disks are raw, VHD of fixed size, or qcow2; the root file system is ext4.

Files are compared by content where anything about them changed; times alone are no difference. Files that may hold
passwords or private keys are listed and never shown.`,
		Example: `  ingot diff debian-12 latest
  ingot diff before.vhd after.vhd --path /etc --patch
  ingot diff latest@installNginx                           # what did that step change?
  ingot diff 3f2a@customize[2] 81bc@customize[2] -p        # the same step in two runs: what did it begin with?
  ingot diff --by-step latest                              # which step made the image 2 GB bigger?
  ingot diff --by-step latest --path /etc/ssh/sshd_config  # who changed sshd_config?
  ingot diff debian-12 3f2a --output json | jq -r '.packages[] | select(.kind == "added") | .name'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd, args); err != nil {
				return err
			}
			svc, err := wire.Service(cmd.Context(), env.Getenv)
			if err != nil {
				return err
			}
			defer svc.Close()
			if o.byStep {
				return o.history(cmd.Context(), env, svc, args[0])
			}
			r, err := svc.Diff(cmd.Context(), args[0], strings.Join(args[1:], ""), diskdiff.Options{Text: o.patch})
			if err != nil {
				return err
			}
			o.filter(r)
			if o.output == outputJSON {
				return view.Document(env.Stdout, r)
			}
			return view.Diff(env.Stdout, env.palette(env.Stdout), r, o.view())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.paths, "path", nil, "only files at or below a `PATH`, or that match a pattern of paths; may be given several times")
	f.BoolVarP(&o.patch, "patch", "p", false, "show what changed in small texts, line by line")
	f.BoolVar(&o.all, "all", false, fmt.Sprintf("list all files, not %d", view.ShownFiles))
	f.BoolVar(&o.byStep, "by-step", false, "tell of each step of a run what it changed, the one that took most of the disk first; with --path, in order")
	addOutput(cmd, &o.output)
	return cmd
}

// check holds arguments and flags against each other.
func (o *diffOptions) check(cmd *cobra.Command, given []string) error {
	for _, p := range o.paths {
		if !strings.HasPrefix(p, "/") {
			return &usageError{what: fmt.Sprintf("--path %q is no absolute path", p), fix: "write it as /etc or /etc/ssh/*.conf"}
		}
		if _, err := path.Match(p, "/"); err != nil {
			return &usageError{what: fmt.Sprintf("--path %q is no pattern", p), why: err.Error(), fix: "write it as /etc or /etc/ssh/*.conf"}
		}
	}
	switch {
	case o.byStep && len(given) != 1:
		return &usageError{what: fmt.Sprintf("--by-step takes one run, and %d arguments are given", len(given)), fix: "ingot diff --by-step latest"}
	case o.byStep && strings.Contains(given[0], "@"):
		return &usageError{what: fmt.Sprintf("--by-step takes a run, and %q is a step of one", given[0]), why: "it tells of all steps",
			fix: "leave out --by-step, or what is from the @ on"}
	case o.byStep, len(given) == 2:
		return nil
	case len(given) == 1:
		if _, step, after, ok := service.SplitPoint(given[0]); ok && step != "" && !after {
			return nil
		}
		return &usageError{what: fmt.Sprintf("%q is one disk, and there is nothing to compare it with", given[0]),
			fix: "name a second one, or a step: " + cmd.CommandPath() + " RUN@STEP"}
	}
	return args("DISK", "DISK")(cmd, given)
}

// filter leaves the files that were asked for.
func (o *diffOptions) filter(r *diskdiff.Report) {
	if len(o.paths) > 0 {
		r.Files = slices.DeleteFunc(r.Files, func(c diskdiff.Change) bool { return !o.wants(c.Path) })
	}
}

func (o *diffOptions) view() view.DiffOptions {
	return view.DiffOptions{Patch: o.patch, All: o.all || o.patch, FilesOnly: len(o.paths) > 0}
}

// history shows what each step of a run changed.
func (o *diffOptions) history(ctx context.Context, env *Env, svc *service.Service, run string) error {
	list, err := svc.History(ctx, run, diskdiff.Options{Text: o.patch})
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Report != nil {
			o.filter(c.Report)
		}
	}
	if o.output == outputJSON {
		return view.Document(env.Stdout, list)
	}
	steps := make([]view.StepChange, len(list))
	for i, c := range list {
		steps[i] = view.StepChange{Title: c.Title(), Report: c.Report, Why: c.Why}
	}
	return view.History(env.Stdout, env.palette(env.Stdout), steps, o.view())
}

// wants reports whether a path is one of those asked for.
func (o *diffOptions) wants(name string) bool {
	return slices.ContainsFunc(o.paths, func(p string) bool {
		p = path.Clean(p)
		matched, _ := path.Match(p, name)
		return matched || p == "/" || name == p || strings.HasPrefix(name, p+"/")
	})
}
