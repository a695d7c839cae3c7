package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/service"
)

// removedReport is the JSON form of what "ingot layers rm" and "prune" did.
type removedReport struct {
	Removed []removedRecord `json:"removed"`
	Bytes   int64           `json:"bytes"`  // that are free now
	Left    int64           `json:"left"`   // bytes that layers take still
	DryRun  bool            `json:"dryRun"` // nothing was removed: this is what would be
	Stays   string          `json:"stays,omitempty"`
}

type removedRecord struct {
	ID     string `json:"id"`
	Memory bool   `json:"memoryOnly"` // its disk stays
	Bytes  int64  `json:"bytes"`
	Why    string `json:"why"`
}

func newLayersRemove(env *Env) *cobra.Command {
	var c service.LayerChoice
	var output string
	cmd := &cobra.Command{
		Use:   "rm [ID…]",
		Short: "remove layers",
		Long: `Remove layers: those that are named, those of one image template, or all. IDs may be cut, as long as each stands for
one layer.

A layer that others lie over goes only together with them: say --with-children. One that is in use is never removed:
with --all it stays, else nothing is removed at all.`,
		Example: `  ingot layers rm 3f2a9c
  ingot layers rm 3f2a9c --with-children
  ingot layers rm --template linux-web
  ingot layers rm --all`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeLayers(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.IDs = args
			if err := checkLayerChoice(c); err != nil {
				return err
			}
			return withService(cmd.Context(), env, func(svc *service.Service) error { return removeLayers(cmd.Context(), env, svc, c, output) })
		},
	}
	f := cmd.Flags()
	f.BoolVar(&c.All, "all", false, "remove all layers that are not in use")
	f.StringVar(&c.Template, "template", "", "remove the layers that were made for the image template `NAME`")
	f.BoolVar(&c.WithChildren, "with-children", false, "also remove the layers that lie over them")
	addOutput(cmd, &output)
	return cmd
}

// checkLayerChoice wants one way of saying which layers, and no more.
func checkLayerChoice(c service.LayerChoice) error {
	n := 0
	for _, given := range []bool{len(c.IDs) > 0, c.All, c.Template != ""} {
		if given {
			n++
		}
	}
	if n == 1 {
		return nil
	}
	what := "ingot layers rm needs to know which layers"
	if n > 1 {
		what = "ingot layers rm takes IDs, --template or --all, and not two of them"
	}
	return &usageError{what: what, fix: "name them by ID, or say --template NAME or --all; ingot layers ls lists them"}
}

func removeLayers(ctx context.Context, env *Env, svc *service.Service, c service.LayerChoice, output string) error {
	gone, stays, err := svc.RemoveLayers(ctx, c)
	if err != nil && len(gone) == 0 {
		return err
	}
	report := removedReport{Removed: []removedRecord{}}
	for _, l := range gone {
		report.Removed = append(report.Removed, removedRecord{ID: l.ID, Bytes: l.DiskBytes + l.StateBytes, Why: "it was asked for"})
		report.Bytes += l.DiskBytes + l.StateBytes
	}
	if len(stays) > 0 {
		report.Stays = layersInUse(len(stays))
	}
	list, lerr := svc.ListLayers(ctx)
	if lerr != nil {
		return lerr
	}
	report.Left = list.Usage.Total()
	if output == outputJSON {
		return cmp.Or(view.Document(env.Stdout, report), err)
	}
	text := fmt.Sprintf("removed %s, %s are free now", count(len(gone), "layer"), humanize.IBytes(uint64(report.Bytes)))
	if report.Stays != "" {
		text += "; " + report.Stays
	}
	return cmp.Or(env.say(text), err)
}

func layersInUse(n int) string {
	if n == 1 {
		return "1 layer is in use, or under one that is, and stays"
	}
	return fmt.Sprintf("%d layers are in use, or under one that is, and stay", n)
}

func newLayersPrune(env *Env) *cobra.Command {
	var keep, output string
	var dry bool
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "remove layers until the rest takes no more than a budget",
		Long: `Remove layers that are of no use any more, and then those that were not used for longest, until the rest takes no
more than --keep. The memory of a layer goes before its disk: without it, a build from there boots once. A layer that
others lie over goes after them; one that is in use stays.

Every build does the same at its end, with --layers-budget.`,
		Example: `  ingot layers prune
  ingot layers prune --keep 10GiB --dry-run
  ingot layers prune --keep 0`,
		Args: args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			budget, err := parseBudget(keep)
			if err != nil {
				return err
			}
			return withService(cmd.Context(), env, func(svc *service.Service) error {
				return pruneLayers(cmd.Context(), env, svc, budget, dry, output)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&keep, "keep", "20GiB", "how much of the disk layers may take: a `size` such as 20GiB or 500MB")
	f.BoolVar(&dry, "dry-run", false, "only say what would be removed")
	addOutput(cmd, &output)
	return cmd
}

func parseBudget(text string) (int64, error) {
	size, err := humanize.ParseBytes(text)
	if err != nil || size > math.MaxInt64 {
		return 0, &usageError{what: fmt.Sprintf("--keep %q is no size", text), fix: "write it as 20GiB or 500MB"}
	}
	return int64(size), nil
}

func pruneLayers(ctx context.Context, env *Env, svc *service.Service, budget int64, dry bool, output string) error {
	p, err := svc.PruneLayers(ctx, budget, dry)
	if err != nil && len(p.Gone) == 0 {
		return err
	}
	if output == outputJSON {
		return cmp.Or(view.Document(env.Stdout, newRemovedReport(p, dry)), err)
	}
	return cmp.Or(view.Pruned(env.Stdout, env.palette(env.Stdout), p, budget, dry), err)
}

func newRemovedReport(p layers.Pruned, dry bool) removedReport {
	r := removedReport{Removed: []removedRecord{}, Bytes: p.Before - p.After, Left: p.After, DryRun: dry, Stays: p.Stays}
	for _, g := range p.Gone {
		r.Removed = append(r.Removed, removedRecord{ID: g.Name, Memory: g.Memory, Bytes: g.Bytes, Why: g.Why})
	}
	return r
}
