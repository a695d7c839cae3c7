package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/service"
)

func newLayers(env *Env) *cobra.Command {
	return group(&cobra.Command{
		Use:   "layers",
		Short: "list and remove what builds keep of each step",
		Long: `A layer is a build VM as it was before a step: its disk, and mostly its memory. The next build of an image template
goes on from the deepest layer that still matches, so a changed step runs again and those before it do not.

Layers are a cache. They are kept within a budget, those that were not used for longest go first, and none that is in
use is ever touched. See docs/layers.md.`,
		Example: `  ingot layers ls
  ingot layers prune --keep 10GiB
  ingot layers rm --all`,
	}, newLayersList(env), newLayersShow(env), newLayersRemove(env), newLayersPrune(env))
}

// withService runs a function over the verbs.
func withService(ctx context.Context, env *Env, do func(*service.Service) error) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	return do(svc)
}

// layerRecord is the JSON form of a layer.
type layerRecord struct {
	ID          string    `json:"id"`
	Parent      string    `json:"parent,omitempty"` // "": it lies over a base image
	Template    string    `json:"template"`
	After       string    `json:"after"`  // id of the step that made it
	Title       string    `json:"title"`  // of that step
	Target      string    `json:"target"` // whose machine it is: qemu, nspawn
	Steps       int       `json:"steps"`  // that ran to make it, from the base image on, the hidden ones too
	Final       bool      `json:"final"`  // the finished disk of a build
	Memory      bool      `json:"memory"`
	Made        time.Time `json:"made"`
	Used        time.Time `json:"used"`
	DiskBytes   int64     `json:"diskBytes"`
	MemoryBytes int64     `json:"memoryBytes"`
	InUse       bool      `json:"inUse"`
	Damaged     string    `json:"damaged,omitempty"`
	Key         string    `json:"key"`
	Run         string    `json:"run,omitempty"`
	Base        string    `json:"baseImage"`
	Dir         string    `json:"folder"`
}

func newLayerRecord(l layers.Layer) layerRecord {
	return layerRecord{
		ID: l.ID, Parent: l.Parent, Template: l.Template, After: l.Step, Title: l.Title, Target: l.Target,
		Steps: l.Next, Final: l.Final, Memory: l.Memory, Made: l.Made, Used: l.Used, DiskBytes: l.DiskBytes,
		MemoryBytes: l.StateBytes, InUse: l.InUse, Damaged: l.Damaged, Key: l.Key.String(), Run: l.Run, Base: l.Base.Path, Dir: l.Dir,
	}
}

// layersReport is the JSON form of "ingot layers ls".
type layersReport struct {
	Folder  string          `json:"folder"`
	Bytes   int64           `json:"bytes"` // of the disk, all together
	Layers  []layerRecord   `json:"layers"`
	Strange []strangeRecord `json:"strange"` // what is no layer and lies in the folder
}

type strangeRecord struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

func newLayersList(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "list layers",
		Long: `List the layers of this machine, each below the one that it lies over. Where several lie over one, they are set in.
AFTER is the step that made the layer; the next build goes on with the step after that. TARGET is where that step ran: qemu is
a VM, nspawn a container of --on fast.`,
		Example: "  ingot layers ls\n  ingot layers ls --output json | jq -r '.layers[] | select(.inUse) | .id'",
		Args:    args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withService(cmd.Context(), env, func(svc *service.Service) error { return listLayers(cmd.Context(), env, svc, output) })
		},
	}
	addOutput(cmd, &output)
	return cmd
}

func listLayers(ctx context.Context, env *Env, svc *service.Service, output string) error {
	list, err := svc.ListLayers(ctx)
	if err != nil {
		return err
	}
	if output == outputJSON {
		report := layersReport{Folder: list.Dir, Bytes: list.Usage.Total(), Layers: []layerRecord{}, Strange: []strangeRecord{}}
		for _, l := range list.Layers {
			report.Layers = append(report.Layers, newLayerRecord(l))
		}
		for _, it := range list.Strange {
			report.Strange = append(report.Strange, strangeRecord{Name: it.Name, Why: it.Why})
		}
		return view.Document(env.Stdout, report)
	}
	if len(list.Layers) == 0 {
		if err := env.say("there is no layer; a build of Linux on this machine leaves some"); err != nil {
			return err
		}
	} else if err := view.Layers(env.Stdout, env.palette(env.Stdout), list.Layers); err != nil {
		return err
	}
	for _, it := range list.Strange {
		if err := env.say(fmt.Sprintf("%s in %s: %s", view.Line(it.Name), view.Line(list.Dir), it.Why)); err != nil {
			return err
		}
	}
	if len(list.Layers) == 0 {
		return nil
	}
	return env.say("together " + view.LayerUsage(list.Usage))
}

func newLayersShow(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:               "show ID",
		Short:             "show one layer: what made it, what it lies over, what it takes",
		Long:              "Show what is known of a layer. ID may be cut, as long as it stands for one layer.",
		Example:           "  ingot layers show 3f2a9c\n  ingot layers show 3f2a9c --output json",
		Args:              args("ID"),
		ValidArgsFunction: completeLayers(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withService(cmd.Context(), env, func(svc *service.Service) error {
				list, err := svc.ListLayers(cmd.Context())
				if err != nil {
					return err
				}
				l, err := list.FindLayer(args[0])
				if err != nil {
					return err
				}
				if output == outputJSON {
					return view.Document(env.Stdout, newLayerRecord(l))
				}
				return view.Layer(env.Stdout, env.palette(env.Stdout), l, over(list, l.ID))
			})
		},
	}
	addOutput(cmd, &output)
	return cmd
}

// over lists the layers that lie over one.
func over(list service.LayerList, id string) (ids []string) {
	for _, l := range list.Layers {
		if l.Parent == id {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// completeLayers offers the layers that there are, with the steps that made them.
func completeLayers(env *Env) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		var words []string
		err := withService(cmd.Context(), env, func(svc *service.Service) error {
			list, err := svc.ListLayers(cmd.Context())
			for _, l := range list.Layers {
				if strings.HasPrefix(l.ID, typed) {
					words = append(words, l.ID+"\t"+view.Line(l.Template)+" after "+view.Line(l.Title)+", "+humanize.Time(l.Made))
				}
			}
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}
