package guestdisk

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Difference is one thing that two disks do not share.
type Difference struct {
	Path string // of a file; "package NAME", or "boot" for what is outside the root file system
	What string
}

func (d Difference) String() string { return d.Path + ": " + d.What }

// Compare lists how b differs from a, in the order of paths.
func Compare(a, b *Disk) []Difference {
	var all []Difference
	if a.Boot != b.Boot {
		all = append(all, Difference{"boot", "partition table, boot loader or EFI partition differ"})
	}
	for _, name := range union(a.Packages, b.Packages) {
		if x, y := a.Packages[name], b.Packages[name]; x != y {
			all = append(all, Difference{"package " + name, fmt.Sprintf("%q, and %q in the other", x, y)})
		}
	}
	for _, path := range union(a.Files, b.Files) {
		x, inA := a.Files[path]
		y, inB := b.Files[path]
		if what := compareFiles(x, y, inA, inB); what != "" {
			all = append(all, Difference{path, what})
		}
	}
	return all
}

func compareFiles(x, y File, inA, inB bool) string {
	switch {
	case !inA:
		return "only in the other"
	case !inB:
		return "not in the other"
	case x.Mode != y.Mode:
		return fmt.Sprintf("is %s, and %s in the other", x.Mode, y.Mode)
	case x.UID != y.UID || x.GID != y.GID:
		return fmt.Sprintf("belongs to %d:%d, and to %d:%d in the other", x.UID, x.GID, y.UID, y.GID)
	case x.Extended != y.Extended:
		return fmt.Sprintf("has extended attributes %q, and %q in the other", x.Extended, y.Extended)
	case x.Content != y.Content:
		return fmt.Sprintf("has other content (%d bytes, and %d in the other)", x.Size, y.Size)
	}
	return ""
}

func union[V any](a, b map[string]V) []string {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return slices.Sorted(maps.Keys(both))
}

// Rule says that disks may differ at a path, and why. A path that ends in a slash is everything below it; a "*" in it is a part of
// a name.
type Rule struct{ Path, Why string }

// Fits reports whether the rule is about a difference.
func (r Rule) Fits(d Difference) bool {
	if strings.HasSuffix(r.Path, "/") {
		return strings.HasPrefix(d.Path, r.Path)
	}
	before, after, star := strings.Cut(r.Path, "*")
	if !star {
		return d.Path == r.Path
	}
	middle, ok := strings.CutPrefix(d.Path, before)
	if !ok {
		return false
	}
	middle, ok = strings.CutSuffix(middle, after)
	return ok && !strings.Contains(middle, "/")
}

// Rules reads a table of Markdown whose rows begin with a path in backquotes, followed by the reason:
//
//	| `/var/log/wtmp` | logins, with their times |
func Rules(page string) []Rule {
	var rules []Rule
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 {
			continue
		}
		path := strings.TrimSpace(cells[1])
		if path, ok := strings.CutPrefix(path, "`/"); ok && strings.HasSuffix(path, "`") {
			rules = append(rules, Rule{"/" + strings.TrimSuffix(path, "`"), strings.TrimSpace(cells[2])})
		}
	}
	return rules
}
