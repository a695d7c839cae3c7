package cli

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/gallery"
)

func newGallery(env *Env) *cobra.Command {
	return group(&cobra.Command{
		Use:   "gallery",
		Short: "list and remove what builds made",
		Long: `The gallery holds what builds made on this machine: managed images, image versions and VHDs, by the resource ids
that the image templates name. Another image template may use them as its source.`,
		Example: "  ingot gallery ls\n  ingot gallery rm /subscriptions/.../versions/1.0.0",
	}, newGalleryList(env), newGalleryRemove(env))
}

func newGalleryList(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "list managed images, image versions and VHDs",
		Example: "  ingot gallery ls\n  ingot gallery ls --output json",
		Args:    args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			svc, err := wire.Service(cmd.Context(), env.Getenv)
			if err != nil {
				return err
			}
			defer svc.Close()
			// What can be read is listed even when some records cannot; those are the error.
			list, damaged := svc.Gallery().List(cmd.Context())
			if err := showArtifacts(env, list, output); err != nil {
				return err
			}
			if len(list) == 0 && damaged == nil && output == outputText {
				return env.say("the gallery is empty; fill it with: ingot build TEMPLATE")
			}
			return damaged
		},
	}
	addOutput(cmd, &output)
	return cmd
}

func showArtifacts(env *Env, list []gallery.Artifact, output string) error {
	if output == outputJSON {
		if list == nil {
			list = []gallery.Artifact{}
		}
		return view.Document(env.Stdout, list)
	}
	if len(list) == 0 {
		return nil
	}
	var rows [][]string
	for _, a := range list {
		rows = append(rows, []string{string(a.Kind), humanize.IBytes(uint64(a.VirtualSize)), humanize.Time(a.Meta.Created), a.ID})
	}
	return view.Table(env.Stdout, env.palette(env.Stdout), []string{"KIND", "SIZE", "MADE", "ID"}, rows)
}

func newGalleryRemove(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "rm ID",
		Short: "remove a managed image, an image version, a VHD, or an empty image definition",
		Long:  "Remove one thing from the gallery by its id, as \"ingot gallery ls\" prints it. A disk that a VM has open stays.",
		Example: `  ingot gallery rm /subscriptions/.../providers/Microsoft.Compute/images/web
  ingot gallery rm /subscriptions/.../galleries/g/images/web/versions/1.0.0`,
		Args: args("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			svc, err := wire.Service(cmd.Context(), env.Getenv)
			if err != nil {
				return err
			}
			defer svc.Close()
			if err := svc.Gallery().Remove(cmd.Context(), args[0]); err != nil {
				return err
			}
			return env.say(fmt.Sprintf("removed %s", view.Line(args[0])))
		},
	}
}
