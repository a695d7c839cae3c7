package view

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/ingot-build/ingot/engine/diskdiff"
)

// ShownFiles is how many files a comparison lists when not all are asked for.
const ShownFiles = 40

// DiffOptions say how much of a comparison is shown.
type DiffOptions struct {
	Patch     bool // small texts line by line
	All       bool // every file; else ShownFiles of them
	FilesOnly bool // nothing but files
}

// Diff writes what is different between two disks.
func Diff(w io.Writer, p Palette, r *diskdiff.Report, o DiffOptions) error {
	d := &diffText{Palette: p}
	d.line("%s", p.Bold(summary(r, !o.FilesOnly)))
	if !o.FilesOnly {
		d.items("packages", r.Packages)
		d.items("services", r.Services)
		d.items("sockets", r.Sockets)
		d.items("users", r.Users)
		d.items("groups", r.Groups)
		d.outside(r.Outside)
		d.grown(r.Grown)
	}
	d.files(r.Files, o)
	_, err := io.WriteString(w, d.String())
	return err
}

// summary is one line about all files, and about the disk if that is wanted.
func summary(r *diskdiff.Report, disk bool) string {
	if len(r.Files) == 0 && (!disk || r.Empty()) {
		return "no difference"
	}
	n := map[diskdiff.Kind]int{}
	for _, c := range r.Files {
		n[c.Kind]++
	}
	text := fmt.Sprintf("files: %d added, %d changed, %d removed", n[diskdiff.Added], n[diskdiff.Changed], n[diskdiff.Removed])
	if disk {
		text += fmt.Sprintf("; %s on the disk", growth(r.Bytes))
	}
	return text
}

// growth is a difference of sizes: "12 MiB more".
func growth(n int64) string {
	switch {
	case n > 0:
		return humanize.IBytes(uint64(n)) + " more"
	case n < 0:
		return humanize.IBytes(uint64(-n)) + " less"
	default:
		return "as much"
	}
}

// diffText is the text of a comparison, as far as it is written.
type diffText struct {
	strings.Builder
	Palette
}

func (d *diffText) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

func (d *diffText) title(s string) { d.line("\n%s", d.Faint(s)) }

// mark is the sign before a line.
func (d *diffText) mark(k diskdiff.Kind) string {
	switch k {
	case diskdiff.Added:
		return d.Good("+")
	case diskdiff.Removed:
		return d.Bad("-")
	default:
		return d.Warn("~")
	}
}

func (d *diffText) items(title string, list []diskdiff.Item) {
	if len(list) == 0 {
		return
	}
	d.title(title)
	for _, it := range list {
		state := cmp.Or(it.After, it.Before)
		if it.Kind == diskdiff.Changed {
			state = it.Before + " -> " + it.After
		}
		d.line("  %s %s  %s", d.mark(it.Kind), Line(it.Name), Line(state))
	}
}

func (d *diffText) outside(list []string) {
	if len(list) == 0 {
		return
	}
	d.title("outside of the file systems")
	for _, s := range list {
		d.line("  %s", Line(s))
	}
}

func (d *diffText) grown(list []diskdiff.Growth) {
	if len(list) == 0 {
		return
	}
	d.title("where it takes another size")
	for _, g := range list {
		d.line("  %14s  %s", growth(g.Bytes), Line(g.Path))
	}
}

func (d *diffText) files(list []diskdiff.Change, o DiffOptions) {
	if len(list) == 0 {
		return
	}
	d.title("files")
	d.changes(list, o)
}

// changes lists files, as many as are wanted.
func (d *diffText) changes(list []diskdiff.Change, o DiffOptions) {
	for i, c := range list {
		if i == ShownFiles && !o.All {
			d.line("  and %d more: --all", len(list)-i)
			return
		}
		d.line("  %s %s  %s", d.mark(c.Kind), Line(c.Path), d.Faint(Line(about(c))))
		if !o.Patch {
			continue
		}
		for text := range strings.Lines(c.Text) {
			if strings.HasPrefix(text, "--- ") || strings.HasPrefix(text, "+++ ") {
				continue
			}
			d.line("      %s", Line(text))
		}
	}
}

// about says what is worth knowing of a change beside its path.
func about(c diskdiff.Change) string {
	e := c.After
	if e == nil {
		e = c.Before
	}
	if c.Kind == diskdiff.Changed {
		var parts []string
		for _, what := range c.What {
			switch what {
			case "mode":
				parts = append(parts, c.Before.Type+" -> "+c.After.Type)
			case "owner":
				parts = append(parts, fmt.Sprintf("%d:%d -> %d:%d", c.Before.UID, c.Before.GID, c.After.UID, c.After.GID))
			case "target":
				parts = append(parts, c.Before.Link+" -> "+c.After.Link)
			default:
				parts = append(parts, what)
			}
		}
		return strings.Join(parts, ", ")
	}
	switch {
	case e.Mode.IsRegular():
		return humanize.IBytes(uint64(e.Size))
	case e.Link != "":
		return "-> " + e.Link
	default:
		return e.Type
	}
}
