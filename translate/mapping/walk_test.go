package mapping_test

import (
	"strings"

	"github.com/ingot-build/ingot/translate/schema"
)

// properties lists every property that a person may write in an image template of the newest api-version, in the order of the
// schema: properties.distribute[SharedImage].targetRegions[].name. What stands in brackets is the type of an entry of a union, or
// nothing for an array of one type; round brackets are for a union that is no array. An object is listed by what is in it.
func properties() []string {
	var w walker
	w.object("", schema.Lookup(schema.Root), nil)
	return w.paths
}

type walker struct{ paths []string }

func (w *walker) object(path string, t *schema.Type, within []string) {
	for _, p := range t.Properties(newest()) {
		if p.ReadOnly {
			continue
		}
		at := strings.TrimPrefix(path+"."+p.Name, ".")
		of := schema.Lookup(p.Type)
		switch {
		case p.Kind == schema.Object && of != nil:
			w.typed(at, "(", ")", of, within)
		case p.Kind == schema.Array && of != nil:
			w.typed(at, "[", "]", of, within)
		default:
			w.paths = append(w.paths, at)
		}
	}
}

// typed goes into an object, or into each case of a union. Brackets without a case are written for arrays only.
func (w *walker) typed(at, open, end string, t *schema.Type, within []string) {
	if t.Discriminator == "" {
		if open == "(" {
			open, end = "", ""
		}
		w.object(at+open+end, t, within)
		return
	}
	for _, v := range t.Variants(newest()) {
		w.object(at+open+v.Value+end, schema.Lookup(v.Type), within)
	}
}

func newest() string {
	all := schema.Versions()
	return all[len(all)-1]
}
