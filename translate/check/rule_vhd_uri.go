package check

import (
	"net/url"

	"github.com/ingot-build/ingot/translate/template"
)

func vhdURI(t *template.ImageTemplate, r *report) {
	for _, d := range t.Distribute.Value {
		v, ok := d.(*template.DistributeVHD)
		if !ok {
			continue
		}
		text, ok := v.URI.Get()
		if !ok || text == "" || template.Placeholder(text) != "" {
			continue
		}
		if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			r.add(finding{at: v.URI.Range, path: v.Path + ".uri", summary: "the uri of the VHD is no address of a blob",
				fix: `write https://<account>.blob.core.windows.net/<container>/<name>.vhd, or "" for the staging storage account`})
		}
	}
}

// vhdStaging says how long a VHD lives.
func vhdStaging(t *template.ImageTemplate, r *report) {
	for _, d := range t.Distribute.Value {
		v, ok := d.(*template.DistributeVHD)
		if !ok {
			continue
		}
		if uri, known := v.URI.Get(); v.URI.IsAbsent() || known && uri == "" {
			f := finding{at: v.Range, path: v.Path, summary: "the VHD is deleted together with the image template",
				why: "without a uri it lies in the storage account of the staging group"}
			f.fix = "copy it from there before"
			if t.Since("2022-07-01") {
				f.fix = `add "uri": the address of a blob of yours`
			}
			r.add(f)
		}
	}
}
