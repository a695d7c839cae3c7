package view

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/diskdiff"
)

// StepChange is what a step of a run changed on the disk.
type StepChange struct {
	Title  string
	Report *diskdiff.Report // nil: it is not known
	Why    string           // it is not
}

// History writes what each step of a run changed: those that took most of the disk first. With FilesOnly it is who changed these files, in
// the order of the run.
func History(w io.Writer, p Palette, list []StepChange, o DiffOptions) error {
	d := &diffText{Palette: p}
	if o.FilesOnly {
		d.whoChanged(list, o)
	} else {
		d.whatGrew(list)
	}
	_, err := io.WriteString(w, d.String())
	return err
}

// whoChanged lists the files below the steps that changed them.
func (d *diffText) whoChanged(list []StepChange, o DiffOptions) {
	found := false
	for _, c := range list {
		switch {
		case c.Report == nil:
			d.line("%s  %s", d.Bold(Line(c.Title)), d.Faint(Line("not known: "+c.Why)))
		case len(c.Report.Files) > 0:
			found = true
			d.line("%s", d.Bold(Line(c.Title)))
			d.changes(c.Report.Files, o)
		}
	}
	if !found {
		d.line("no step changed it, as far as is known")
	}
}

// whatGrew lists the steps by what they took of the disk.
func (d *diffText) whatGrew(list []StepChange) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b StepChange) int {
		if a.Report == nil || b.Report == nil {
			return cmp.Compare(sizeOf(b), sizeOf(a))
		}
		return cmp.Compare(b.Report.Bytes, a.Report.Bytes)
	})
	for _, c := range list {
		if c.Report == nil {
			d.line("%14s  %s  %s", "?", d.Bold(Line(c.Title)), d.Faint(Line("not known: "+c.Why)))
			continue
		}
		d.line("%14s  %s  %s", growth(c.Report.Bytes), d.Bold(Line(c.Title)), strings.Join(counts(c.Report), "; "))
		for i, g := range c.Report.Grown {
			if i == shownGrown {
				break
			}
			d.line("%14s    %s", "", d.Faint(fmt.Sprintf("%s %s", Line(g.Path), growth(g.Bytes))))
		}
	}
}

// shownGrown is how many folders are named for each step: ingot diff RUN@STEP has more.
const shownGrown = 3

func sizeOf(c StepChange) int {
	if c.Report == nil {
		return 0
	}
	return 1
}

// counts says how much is different of each kind.
func counts(r *diskdiff.Report) []string {
	n := map[diskdiff.Kind]int{}
	for _, c := range r.Files {
		n[c.Kind]++
	}
	text := []string{fmt.Sprintf("files: %d added, %d changed, %d removed", n[diskdiff.Added], n[diskdiff.Changed], n[diskdiff.Removed])}
	for _, of := range []struct {
		name string
		list []diskdiff.Item
	}{{"packages", r.Packages}, {"services", r.Services}, {"users", r.Users}} {
		if len(of.list) == 0 {
			continue
		}
		signs := map[diskdiff.Kind]int{}
		for _, it := range of.list {
			signs[it.Kind]++
		}
		var parts []string
		for _, k := range []diskdiff.Kind{diskdiff.Added, diskdiff.Changed, diskdiff.Removed} {
			if signs[k] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", signs[k], k))
			}
		}
		text = append(text, of.name+": "+strings.Join(parts, ", "))
	}
	return text
}
