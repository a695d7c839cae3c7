// Package configspec knows which fields each release of the azure plugin takes in a source "azure-arm" block.
//
// The tables are what the plugins themselves answer when Packer asks for their fields: command dump, in the folder below, starts a
// plugin and asks. There is one for each release that changed the answer, named by its version, but for 2.1.0, which cannot be
// built any more; and one for 2.5.0, the first that makes several artifacts in one build.
package configspec

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed *.json
var files embed.FS

// Table is the block of one release.
type Table struct {
	Version Version
	body
}

// body is a block: its attributes and the blocks in it, by name.
type body struct {
	Attributes map[string]string `json:"attributes"` // name to type, as Packer writes types: string, list(number)
	Blocks     map[string]*body  `json:"blocks"`
}

// Attribute gives the type of an attribute; path is its name, after the names of the blocks around it. It is "" if the release
// has no such attribute.
func (t *Table) Attribute(path ...string) string {
	b := t.find(path[:len(path)-1])
	if b == nil {
		return ""
	}
	return b.Attributes[path[len(path)-1]]
}

// Block reports whether the release has a nested block; path is its name, after the names of the blocks around it.
func (t *Table) Block(path ...string) bool { return t.find(path) != nil }

func (t *Table) find(path []string) *body {
	b := &t.body
	for _, name := range path {
		if b = b.Blocks[name]; b == nil {
			return nil
		}
	}
	return b
}

// At gives the table that holds for a release: that of the newest version that is not newer. A release before the first table
// has none; Oldest says which that is.
func At(v Version) (*Table, error) {
	var best *Table
	for _, t := range Tables() {
		if t.Version.Compare(v) <= 0 {
			best = t
		}
	}
	if best == nil {
		return nil, fmt.Errorf("the fields of azure plugin %s are not known; the oldest known are those of %s", v, Tables()[0].Version)
	}
	return best, nil
}

// Since gives the first known release that has an attribute or block of the path; false if none has.
func Since(path ...string) (Version, bool) {
	for _, t := range Tables() {
		if t.Attribute(path...) != "" || t.Block(path...) {
			return t.Version, true
		}
	}
	return Version{}, false
}

// Tables gives all of them, oldest first.
var Tables = sync.OnceValue(func() []*Table {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	var all []*Table
	for _, e := range entries {
		data, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		t := &Table{}
		if err := json.Unmarshal(data, &t.body); err != nil {
			panic(fmt.Sprintf("configspec: %s: %v", e.Name(), err))
		}
		if t.Version, err = ParseVersion(strings.TrimSuffix(e.Name(), ".json")); err != nil {
			panic(fmt.Sprintf("configspec: %v", err))
		}
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *Table) int { return a.Version.Compare(b.Version) })
	return all
})
