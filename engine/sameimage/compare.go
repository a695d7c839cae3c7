// Package sameimage tells whether two builds of one image template made the same image: one in a container, say, and one in a virtual
// machine. It reads both finished disks with package diskdiff, takes away what any two builds differ in (Rules), and gives the rest. There is
// one list of explanations: it is what --verify-in-vm takes, what the tests of the examples take, and the table of docs/fast.md.
//
//	r, err := sameimage.Compare(ctx, "fast/disk.qcow2", "vm/disk.qcow2")
//	if err == nil && !r.Same() { … r.Other … }
package sameimage

import (
	"context"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/engine/diskdiff"
)

// Difference is one thing that the disks do not share.
type Difference struct {
	Path string `json:"path"`          // of a file; "package NAME", "user NAME" and the like for what files mean; a part of the disk outside
	What string `json:"what"`          // "only on the first", "mode -rw-r--r--, and -rw------- on the second"
	Why  string `json:"why,omitempty"` // of an explained one
}

func (d Difference) String() string { return d.Path + ": " + d.What }

// Result is what Compare found. Lists are sorted by path, files first.
type Result struct {
	Files     int          `json:"files"` // names on the first disk that were held against the second's
	Explained []Difference `json:"explained"`
	Other     []Difference `json:"other"` // what nothing explains; a text of two small files is in Texts
	Texts     []string     `json:"texts,omitempty"`
}

// Same reports whether the disks are the same image.
func (r *Result) Same() bool { return len(r.Other) == 0 }

// Compare holds two finished disks against each other, named by their files: file trees with permissions, owners, link targets, attributes
// and contents; packages, services, sockets, users and groups, which nothing explains away; boot loader and other partitions. The error is a
// *diskdiff.UnreadableError for a disk that cannot be read, or the cause of ctx.
func Compare(ctx context.Context, first, second string) (*Result, error) {
	a, err := diskdiff.Open(first)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	b, err := diskdiff.Open(second)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	report, err := diskdiff.Compare(ctx, a, b, diskdiff.Options{Text: true})
	if err != nil {
		return nil, err
	}
	r := judge(report)
	for range a.Below("/") {
		r.Files++
	}
	return r, nil
}

// judge takes away what is explained.
func judge(report *diskdiff.Report) *Result {
	r := &Result{Explained: []Difference{}, Other: []Difference{}}
	for _, c := range report.Files {
		d := Difference{Path: c.Path, What: what(c)}
		if rule := explanation(c); rule != nil {
			d.Why = rule.Why
			r.Explained = append(r.Explained, d)
			continue
		}
		r.Other = append(r.Other, d)
		if c.Text != "" {
			r.Texts = append(r.Texts, c.Text)
		}
	}
	for _, f := range []struct {
		kind  string
		items []diskdiff.Item
	}{
		{"package", report.Packages}, {"service", report.Services}, {"socket", report.Sockets}, {"user", report.Users}, {"group", report.Groups},
	} {
		for _, i := range f.items {
			r.Other = append(r.Other, Difference{Path: f.kind + " " + i.Name, What: states(i.Kind, i.Before, i.After)})
		}
	}
	for _, part := range report.Outside {
		name, what, _ := strings.Cut(part, ": ")
		r.Other = append(r.Other, Difference{Path: name, What: what})
	}
	return r
}

// explanation finds the rule for a file; nil is none.
func explanation(c diskdiff.Change) *Rule {
	return find(c.Path, func(m May) bool {
		if c.Kind != diskdiff.Changed {
			return m == Presence
		}
		return len(c.What) == 1 && c.What[0] == "content"
	})
}

// what says how a file differs.
func what(c diskdiff.Change) string {
	switch c.Kind {
	case diskdiff.Added:
		return "only on the second: " + c.After.Type
	case diskdiff.Removed:
		return "only on the first: " + c.Before.Type
	}
	var parts []string
	for _, w := range c.What {
		switch x, y := c.Before, c.After; w {
		case "mode", "type":
			w = fmt.Sprintf("%s %s, and %s on the second", w, x.Type, y.Type)
		case "owner":
			w = fmt.Sprintf("owner %d:%d, and %d:%d on the second", x.UID, x.GID, y.UID, y.GID)
		case "target":
			w = fmt.Sprintf("target %s, and %s on the second", x.Link, y.Link)
		case "content":
			w = fmt.Sprintf("content (%d bytes, and %d on the second)", x.Size, y.Size)
		}
		parts = append(parts, w)
	}
	return strings.Join(parts, "; ")
}

// states says how something differs that has a state.
func states(kind diskdiff.Kind, before, after string) string {
	switch kind {
	case diskdiff.Added:
		return "only on the second: " + after
	case diskdiff.Removed:
		return "only on the first: " + before
	}
	return before + ", and " + after + " on the second"
}
