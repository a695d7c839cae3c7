package diskdiff

import (
	"cmp"
	"path"
	"slices"
)

// Growth is how much more of the disk a folder takes, with all that is in it but what has a line of its own.
type Growth struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"` // negative: less
}

// maxGrown is how many folders explain a difference; more are a list of files.
const maxGrown = 12

// grown finds the folders that explain how much larger the disk became: it goes down as long as one folder has most of what its parent
// has, and names it there.
func (r *Report) grown(before, after tree) {
	sum := map[string]int64{}
	add := func(t tree, sign int64) {
		for name, e := range t {
			for p := name; ; p = path.Dir(p) {
				if p != name || e.Mode.IsDir() {
					sum[p] += sign * e.held
				}
				if p == "/" {
					break
				}
			}
		}
	}
	add(after, 1)
	add(before, -1)
	r.Bytes = sum["/"]

	children := map[string][]string{}
	for p := range sum {
		if p != "/" && sum[p] != 0 {
			children[path.Dir(p)] = append(children[path.Dir(p)], p)
		}
	}
	threshold := max(abs(r.Bytes)/20, 64<<10)
	var down func(folder string)
	down = func(folder string) {
		rest := sum[folder]
		for _, c := range children[folder] {
			if abs(sum[c]) >= threshold {
				down(c)
				rest -= sum[c]
			}
		}
		if abs(rest) >= threshold {
			r.Grown = append(r.Grown, Growth{folder, rest})
		}
	}
	down("/")
	slices.SortFunc(r.Grown, func(a, b Growth) int {
		return cmp.Or(cmp.Compare(abs(b.Bytes), abs(a.Bytes)), cmp.Compare(a.Path, b.Path))
	})
	r.Grown = r.Grown[:min(len(r.Grown), maxGrown)]
}

func abs(n int64) int64 { return max(n, -n) }
