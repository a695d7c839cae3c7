package deployment

import (
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// expandImageTemplates evaluates the image templates among the outermost resources, and nothing else, until Expand can do all.
func expandImageTemplates(root *armjson.Node, p Params) (*Deployment, diag.List) {
	if p.File == nil && len(p.Files) > 0 {
		p.File = p.Files[len(p.Files)-1]
	}
	e := newEvaluator(root, p)
	d := &Deployment{Trace: &Trace{}}
	for _, n := range e.imageTemplates() {
		r := Resource{Type: imageTemplateType, Name: nameIn(n), Body: n}
		for i, written := range resourceNodes(root.Get("resources")) {
			if written.Range == n.Range {
				r.Path = indexPath("resources", i)
				if root.Get("resources").Kind == armjson.Object {
					r.Path = joinPath("resources", root.Get("resources").Members[i].Key)
				}
			}
		}
		d.Resources = append(d.Resources, r)
	}
	return d, e.list
}
