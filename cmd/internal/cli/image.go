package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/baseimage"
	"github.com/ingot-build/ingot/engine/baseimage/catalog"
	"github.com/ingot-build/ingot/engine/events"
)

func newImage(env *Env) *cobra.Command {
	return group(&cobra.Command{
		Use:   "image",
		Short: "list, bring in and remove base images",
		Long: `A base image stands in for an image of Azure's marketplace on this machine. It comes from a file (add), from its
publisher (pull), or is made of packages of the Debian mirror that this machine uses (bootstrap).`,
		Example: `  ingot image ls --all
  ingot image bootstrap debian-12
  ingot image pull ubuntu-24.04
  ingot image add mine disk.qcow2 --urn Contoso:linux:server`,
	}, newImageList(env), newImageAdd(env), newImagePull(env), newImageBootstrap(env), newImagePath(env), newImageRemove(env))
}

// withImages runs a function over the store of base images.
func withImages(ctx context.Context, env *Env, do func(*baseimage.Store) error) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	return do(svc.Images())
}

func newImageList(env *Env) *cobra.Command {
	var output string
	var all bool
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "list base images",
		Example: "  ingot image ls\n  ingot image ls --all\n  ingot image ls --output json",
		Args:    args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withImages(cmd.Context(), env, func(s *baseimage.Store) error {
				return listImages(cmd.Context(), env, s, all, output)
			})
		},
	}
	cmd.Flags().BoolVarP(&all, "all", "a", false, "also those of the catalog that are not on this machine")
	addOutput(cmd, &output)
	return cmd
}

// imageRecord is the JSON form of a base image.
type imageRecord struct {
	baseimage.Image
	Path    string `json:"path,omitempty"` // "" when it is not on this machine
	Present bool   `json:"present"`
	Title   string `json:"title,omitempty"`
}

func listImages(ctx context.Context, env *Env, s *baseimage.Store, all bool, output string) error {
	// Sound images are listed even when others are damaged; those are the error.
	here, damaged := s.List(ctx)
	list, err := imageRecords(s, here, all)
	if err != nil {
		return err
	}
	if output == outputJSON {
		return errors.Join(view.Document(env.Stdout, list), damaged)
	}
	if len(list) == 0 && damaged == nil {
		return env.say("there is no base image; bring one in with: ingot image bootstrap debian-12")
	}
	var rows [][]string
	for _, r := range list {
		size, added := "", "not here"
		if r.Present {
			size, added = humanize.IBytes(uint64(r.FileSize)), humanize.Time(r.Added)
		}
		rows = append(rows, []string{r.Name, r.Version, size, added, strings.Join(r.URNs, ", ")})
	}
	err = view.Table(env.Stdout, env.palette(env.Stdout), []string{"NAME", "VERSION", "SIZE", "ADDED", "STANDS FOR"}, rows)
	return errors.Join(err, damaged)
}

// imageRecords puts what is here together with what the catalog knows: the marketplace images that each one stands for, and with
// all set, the images that could be had.
func imageRecords(s *baseimage.Store, here []baseimage.Image, all bool) ([]imageRecord, error) {
	c, err := s.Catalog()
	if err != nil {
		return nil, err
	}
	list := []imageRecord{}
	for _, im := range here {
		r := imageRecord{Image: im, Path: im.Path, Present: true}
		if known, ok := c.Get(im.Name); ok {
			r.Title, r.URNs = known.Title, append(slices.Clone(im.URNs), patterns(known)...)
		}
		list = append(list, r)
	}
	if !all {
		return list, nil
	}
	for _, im := range c.Images() {
		if im.Download == nil || slices.ContainsFunc(here, func(h baseimage.Image) bool { return h.Name == im.Name }) {
			continue
		}
		r := imageRecord{Image: baseimage.Image{Name: im.Name, OS: im.OS, URNs: patterns(im)}, Title: im.Title}
		list = append(list, r)
	}
	return list, nil
}

func patterns(im catalog.Image) []string {
	var list []string
	for _, u := range im.URNs {
		list = append(list, u.String())
	}
	return list
}

func newImageAdd(env *Env) *cobra.Command {
	var o baseimage.AddOptions
	var w windowsOptions
	cmd := &cobra.Command{
		Use:   "add NAME FILE",
		Short: "copy a disk file into the store",
		Long: `Copy a disk file (qcow2, raw, VHD or VHDX) into the store as a base image. --urn says which marketplace images it
stands for, as publisher:offer:sku or publisher:offer:sku:version. A guest with Linux needs cloud-init and an SSH server.

A Windows that was generalized, or comes from Microsoft for evaluation, needs nothing: the first boot of the build VM
makes its user. From any other, name an administrator with --user; the password is asked for, or taken from the
environment or a file. See docs/windows.md.`,
		Example: `  ingot image add mine disk.qcow2 --urn Contoso:linux:server
  ingot image add debian-12 my-debian.raw --replace
  ingot image add windows-2022 eval.vhdx --os windows --urn MicrosoftWindowsServer:WindowsServer:2022-datacenter-g2
  ingot image add golden golden.qcow2 --os windows --devices virtio --user builder --password-file pw.txt`,
		Args: args("NAME", "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Machine, err = w.machine(cmd, env, o.OS); err != nil {
				return err
			}
			return bringIn(cmd.Context(), env, "add", args[0], func(s *baseimage.Store, progress func(events.Progress)) (baseimage.Image, error) {
				o.Progress = progress
				return s.Add(cmd.Context(), args[0], args[1], o)
			})
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.URNs, "urn", nil, "marketplace image it stands for, as `publisher:offer:sku`; may be repeated")
	f.StringVar(&o.Version, "version", "", "version it has, x.y.z (default: made of today's date)")
	f.BoolVar(&o.Replace, "replace", false, "replace a base image of that name")
	addChoice(cmd, &o.OS, "os", "operating system in it", "linux", "windows")
	w.addFlags(cmd)
	return cmd
}

func newImagePull(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "pull NAME",
		Short: "download a base image from its publisher",
		Long: `Download a base image of the catalog from its publisher, checked against the publisher's checksums. A download that
was cut off goes on where it stopped. "ingot image ls --all" lists the names.`,
		Example: "  ingot image pull ubuntu-24.04",
		Args:    args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return bringIn(cmd.Context(), env, "pull", args[0], func(s *baseimage.Store, progress func(events.Progress)) (baseimage.Image, error) {
				return s.Pull(cmd.Context(), args[0], progress)
			})
		},
	}
}

func newImageBootstrap(env *Env) *cobra.Command {
	var ifMissing bool
	cmd := &cobra.Command{
		Use:   "bootstrap NAME",
		Short: "make a base image of packages from this machine's Debian mirror",
		Long: `Make a base image that boots by BIOS and by UEFI, of packages from the Debian mirror that this machine uses, with
cloud-init, an SSH server, sudo and the Azure agent. It takes about a minute and no privileges beyond user
namespaces.`,
		Example: "  ingot image bootstrap debian-12\n  ingot image bootstrap debian-12 --if-missing",
		Args:    args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			make := func(s *baseimage.Store, progress func(events.Progress)) (baseimage.Image, error) {
				return s.Bootstrap(cmd.Context(), args[0], progress)
			}
			if !ifMissing {
				return bringIn(cmd.Context(), env, "bootstrap", args[0], make)
			}
			var absent *baseimage.NotPresentError
			err := withImages(cmd.Context(), env, func(s *baseimage.Store) error {
				_, err := s.Get(args[0])
				return err
			})
			if errors.As(err, &absent) {
				return bringIn(cmd.Context(), env, "bootstrap", args[0], make)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&ifMissing, "if-missing", false, "do nothing when there is a base image of that name")
	return cmd
}

// bringIn shows the progress of work that ends in a base image, and then the image.
func bringIn(ctx context.Context, env *Env, verb, name string, work func(*baseimage.Store, func(events.Progress)) (baseimage.Image, error)) error {
	return withImages(ctx, env, func(s *baseimage.Store) error {
		var im baseimage.Image
		err := env.during(ctx, verb+" "+name, func(progress func(events.Progress)) (err error) {
			im, err = work(s, progress)
			return err
		})
		if err != nil {
			return err
		}
		return env.say(fmt.Sprintf("base image %s, version %s, %s: %s",
			view.Line(im.Name), view.Line(im.Version), humanize.IBytes(uint64(im.FileSize)), view.Line(im.Path)))
	})
}

// during shows work outside a run as a step of its own.
func (env *Env) during(ctx context.Context, title string, work func(func(events.Progress)) error) error {
	show := env.runView(outputText)
	emit := events.Serial("", show.Event, time.Now)
	emit(events.Event{Step: title, State: &events.State{Phase: events.Running}})
	err := work(func(p events.Progress) { emit(events.Event{Step: title, Progress: &p}) })
	end := events.State{Phase: events.Done}
	switch {
	case err != nil && ctx.Err() != nil:
		end.Phase = events.Cancelled
	case err != nil:
		end.Phase = events.Failed
	}
	emit(events.Event{Step: title, State: &end})
	return errors.Join(err, show.End(view.Ending{}))
}

func newImagePath(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:     "path NAME",
		Short:   "print where the disk of a base image lies",
		Example: `  qemu-img info "$(ingot image path debian-12)"`,
		Args:    args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withImages(cmd.Context(), env, func(s *baseimage.Store) error {
				im, err := s.Get(args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(env.Stdout, im.Path)
				return err
			})
		},
	}
}

func newImageRemove(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:     "rm NAME",
		Short:   "remove a base image",
		Long:    "Remove a base image. Builds that run from it go on: they have its disk open under a name of their own.",
		Example: "  ingot image rm debian-12",
		Args:    args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withImages(cmd.Context(), env, func(s *baseimage.Store) error {
				if err := s.Remove(cmd.Context(), args[0]); err != nil {
					return err
				}
				return env.say("removed base image " + view.Line(args[0]))
			})
		},
	}
}
