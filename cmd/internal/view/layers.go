package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/engine/layers"
)

// Layers writes a table of layers, which are in the order of a tree. A chain of layers stands straight; where several lie over one, what
// lies over it is set in.
func Layers(w io.Writer, p Palette, list []layers.Layer) error {
	depth := depths(list)
	var rows [][]string
	for _, l := range list {
		rows = append(rows, []string{
			strings.Repeat("  ", depth[l.ID]) + l.ID, l.Template, layerStep(l), l.Target, humanize.Time(l.Made), humanize.Time(l.Used),
			bytesOf(l.DiskBytes), bytesOf(l.StateBytes), layerNote(l),
		})
	}
	return Table(w, p, []string{"ID", "TEMPLATE", "AFTER", "TARGET", "MADE", "USED", "DISK", "MEMORY", ""}, rows)
}

func depths(list []layers.Layer) map[string]int {
	children := map[string]int{}
	for _, l := range list {
		children[l.Parent]++
	}
	depth := map[string]int{}
	for _, l := range list {
		if l.Parent == "" {
			continue
		}
		depth[l.ID] = depth[l.Parent]
		if children[l.Parent] > 1 {
			depth[l.ID]++
		}
	}
	return depth
}

func layerStep(l layers.Layer) string {
	if l.Final {
		return "all steps"
	}
	return l.Title
}

func layerNote(l layers.Layer) string {
	var notes []string
	if l.InUse {
		notes = append(notes, "in use")
	}
	if l.Alone {
		notes = append(notes, "of its run alone")
	}
	if l.Damaged != "" {
		notes = append(notes, "of no use: "+l.Damaged)
	}
	return strings.Join(notes, ", ")
}

func bytesOf(n int64) string {
	if n == 0 {
		return ""
	}
	return humanize.IBytes(uint64(n))
}

// LayerUsage says how much layers take together.
func LayerUsage(u layers.Usage) string {
	text := fmt.Sprintf("%s: disks %s, memory %s", humanize.IBytes(uint64(u.Total())), humanize.IBytes(uint64(u.DiskBytes)),
		humanize.IBytes(uint64(u.StateBytes)))
	if u.BaseBytes > 0 {
		text += ", base images that were removed " + humanize.IBytes(uint64(u.BaseBytes))
	}
	if u.Unfinished > 0 {
		text += ", unfinished " + humanize.IBytes(uint64(u.Unfinished))
	}
	return text
}

// Layer writes what is known of one layer; over are the IDs of those that lie over it.
func Layer(w io.Writer, p Palette, l layers.Layer, over []string) error {
	lies := l.Parent
	if lies == "" {
		lies = l.Base.Path
	}
	memory := "none: a build from here boots"
	if l.Memory {
		memory = humanize.IBytes(uint64(l.StateBytes))
	}
	if l.Final {
		memory = "none: it is the finished disk of a build"
	}
	return Fields(w, p, [][]string{
		{"layer", l.ID},
		{"template", l.Template},
		{"after", layerStep(l)},
		{"target", l.Target},
		{"steps", fmt.Sprintf("%d of the plan, the hidden ones too", l.Next)},
		{"lies over", lies},
		{"under", strings.Join(over, ", ")},
		{"made", humanize.Time(l.Made) + byRun(l.Run)},
		{"used", humanize.Time(l.Used)},
		{"disk", humanize.IBytes(uint64(l.DiskBytes))},
		{"memory", memory},
		{"state", layerNote(l)},
		{"folder", l.Dir},
	})
}

func byRun(run string) string {
	if run == "" {
		return ""
	}
	return ", by run " + run
}

// Pruned writes what was removed to make room, or with dry would be, and why; and what stays.
func Pruned(w io.Writer, p Palette, done layers.Pruned, budget int64, dry bool) error {
	var rows [][]string
	for _, g := range done.Gone {
		what := "layer"
		switch {
		case g.Memory:
			what = "its memory"
		case g.Layer.ID == "":
			what = "unfinished"
		}
		rows = append(rows, []string{g.Name, what, bytesOf(g.Bytes), g.Layer.Template, layerStep(g.Layer), g.Why})
	}
	if len(rows) > 0 {
		if err := Table(w, p, []string{"ID", "WHAT", "SIZE", "TEMPLATE", "AFTER", "WHY"}, rows); err != nil {
			return err
		}
	}
	verb := "removed"
	if dry {
		verb = "would remove"
	}
	text := fmt.Sprintf("%s %s; layers take %s then, of %s", verb, humanize.IBytes(uint64(done.Before-done.After)),
		humanize.IBytes(uint64(done.After)), humanize.IBytes(uint64(budget)))
	if len(rows) == 0 {
		text = fmt.Sprintf("nothing is to be removed: layers take %s of %s", humanize.IBytes(uint64(done.After)), humanize.IBytes(uint64(budget)))
	}
	if done.Stays != "" {
		text += "; " + done.Stays
	}
	_, err := io.WriteString(w, text+"\n")
	return err
}
