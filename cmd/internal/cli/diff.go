package cli

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/diskdiff"
)

type diffOptions struct {
	paths  []string
	patch  bool
	all    bool
	output string
}

func newDiff(env *Env) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff DISK DISK",
		Short: "tell what is different between two images",
		Long: `Compare the disks of two Linux images: packages, services, accounts, what boots the machine, which folders grew, and every
file. The disks are read as they are; no machine is started.

DISK is the file of a disk, the id of an image in the gallery, the name of a base image, or a run, whose first output is
taken. Disks are raw, VHD of fixed size, or qcow2; the root file system is ext4.

Files are compared by content where anything about them changed; times alone are no difference. Files that may hold
passwords or private keys are listed and never shown.`,
		Example: `  ingot diff debian-12 latest
  ingot diff before.vhd after.vhd --path /etc --patch
  ingot diff debian-12 3f2a --output json | jq -r '.packages[] | select(.kind == "added") | .name'`,
		Args: args("DISK", "DISK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, p := range o.paths {
				if !strings.HasPrefix(p, "/") {
					return &usageError{what: fmt.Sprintf("--path %q is no absolute path", p), fix: "write it as /etc or /etc/ssh/*.conf"}
				}
				if _, err := path.Match(p, "/"); err != nil {
					return &usageError{what: fmt.Sprintf("--path %q is no pattern", p), why: err.Error(), fix: "write it as /etc or /etc/ssh/*.conf"}
				}
			}
			svc, err := wire.Service(cmd.Context(), env.Getenv)
			if err != nil {
				return err
			}
			defer svc.Close()
			r, err := svc.Diff(cmd.Context(), args[0], args[1], diskdiff.Options{Text: o.patch})
			if err != nil {
				return err
			}
			if len(o.paths) > 0 {
				r.Files = slices.DeleteFunc(r.Files, func(c diskdiff.Change) bool { return !o.wants(c.Path) })
			}
			if o.output == outputJSON {
				return view.Document(env.Stdout, r)
			}
			return view.Diff(env.Stdout, env.palette(env.Stdout), r, view.DiffOptions{
				Patch: o.patch, All: o.all || o.patch, FilesOnly: len(o.paths) > 0,
			})
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.paths, "path", nil, "only files at or below a `PATH`, or that match a pattern of paths; may be given several times")
	f.BoolVarP(&o.patch, "patch", "p", false, "show what changed in small texts, line by line")
	f.BoolVar(&o.all, "all", false, fmt.Sprintf("list all files, not %d", view.ShownFiles))
	addOutput(cmd, &o.output)
	return cmd
}

// wants reports whether a path is one of those asked for.
func (o *diffOptions) wants(name string) bool {
	return slices.ContainsFunc(o.paths, func(p string) bool {
		p = path.Clean(p)
		matched, _ := path.Match(p, name)
		return matched || p == "/" || name == p || strings.HasPrefix(name, p+"/")
	})
}
