package layers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// why says in one clause why step r.From runs. It holds the build against the layer that has most in common with it.
func (s *Store) why(k Keys, r Reuse, o FindOptions, all []Layer) string {
	i := r.From
	if i == k.Len() {
		return ""
	}
	deeper := func(l Layer) bool { return l.Next > i && l.Next <= k.Len() && l.Key == k.At(l.Next) }
	switch at := slices.IndexFunc(all, deeper); {
	case at < 0:
	case !o.allows(all[at].Next):
		return "it was asked for"
	default:
		return "what was kept after it cannot be used any more"
	}
	like, common := nearest(k, all)
	switch {
	case like == nil:
		return "nothing is kept of a build like this one"
	case common < 0:
		return profileChange(k.recipe.Profile, like.Profile)
	case common > i:
		return "no layer is kept after it"
	}
	return stepChange(k.recipe.Steps, like.Steps, i)
}

// nearest is the recipe that shares most with this build, the newest of several, and how many steps that are; -1: not even the machine
// is the same.
func nearest(k Keys, all []Layer) (*recipe, int) {
	var best *Layer
	rank := func(l *Layer) (common, parts int) {
		return commonSteps(k.recipe, l.rec.Recipe), sameParts(k.recipe.Profile, l.rec.Recipe.Profile)
	}
	for n := range all {
		l := &all[n]
		if len(l.rec.Recipe.Steps) == 0 {
			continue // its record cannot be read
		}
		if best == nil {
			best = l
			continue
		}
		common, parts := rank(l)
		bestCommon, bestParts := rank(best)
		if cmp.Or(cmp.Compare(common, bestCommon), cmp.Compare(parts, bestParts), cmp.Compare(len(l.rec.Recipe.Steps), len(best.rec.Recipe.Steps)),
			l.Made.Compare(best.Made)) >= 0 {
			best = l
		}
	}
	if best == nil {
		return nil, 0
	}
	return &best.rec.Recipe, commonSteps(k.recipe, best.rec.Recipe)
}

func commonSteps(a, b recipe) int {
	if !slices.Equal(a.Profile, b.Profile) {
		return -1
	}
	n := 0
	for n < min(len(a.Steps), len(b.Steps)) && slices.Equal(a.Steps[n].Parts, b.Steps[n].Parts) {
		n++
	}
	return n
}

func sameParts(a, b []part) (n int) {
	for _, p := range a {
		if slices.Contains(b, p) {
			n++
		}
	}
	return n
}

// profileWords say what it means that a part of the machine is another one.
var profileWords = map[string]string{
	"format":      "this Ingot keeps layers in another form",
	"base":        "the base image is another one",
	"os":          "the system is another one",
	"cpus":        "another number of CPUs was asked for",
	"memory":      "another amount of memory was asked for",
	"firmware":    "another firmware was asked for",
	"accelerator": "another accelerator was asked for",
	"disk size":   "another size of the disk was asked for",
	"metadata":    "the metadata service was switched on or off",
}

func profileChange(now, before []part) string {
	for _, p := range now {
		if !slices.Contains(before, p) {
			if words, ok := profileWords[p.Name]; ok {
				return words
			}
			return p.Name + " is another"
		}
	}
	return "the machine is another one"
}

// stepChange says how step i differs from what a build did there that was the same up to it.
func stepChange(now, before []madeBy, i int) string {
	if i >= len(before) {
		return "no layer is kept after it"
	}
	was := func(step madeBy, in []madeBy) int {
		return slices.IndexFunc(in, func(s madeBy) bool { return slices.Equal(s.Parts, step.Parts) })
	}
	from, to := was(now[i], before[i:]), was(before[i], now[i:])
	switch {
	case from > 0 && to > 0:
		return fmt.Sprintf("it comes in another order: %s was there before", quoted(before[i]))
	case from > 0:
		return fmt.Sprintf("%s, which came before it, is gone", quoted(before[i]))
	case to > 0:
		return fmt.Sprintf("it is new before %s", quoted(before[i]))
	}
	return partChange(now[i].Parts, before[i].Parts)
}

func quoted(s madeBy) string { return fmt.Sprintf("%q", s.Title) }

// partChange names the properties that differ.
func partChange(now, before []part) string {
	var names []string
	for _, p := range append(slices.Clone(now), before...) {
		name := plainName(p.Name)
		if (!slices.Contains(before, p) || !slices.Contains(now, p)) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 2 || slices.Contains(names, "type") {
		return "it is another step"
	}
	return "its " + strings.Join(names, " and ") + " changed"
}

// plainName is what a property is to people: shell.script is the script.
func plainName(name string) string {
	typ, rest, ok := strings.Cut(name, ".")
	if !ok {
		if typ == "hidden" {
			return typ
		}
		return "type"
	}
	rest, _, _ = strings.Cut(rest, "[")
	switch {
	case typ == "file" && rest == "content":
		return "file"
	case rest == "asRoot":
		return "user"
	}
	return rest
}
