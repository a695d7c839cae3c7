package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// checksum looks at every sha256Checksum; "" is the same as none.
func checksum(t *template.ImageTemplate, r *report) {
	scripts(t, func(c template.Common, s template.Script) {
		if sum, ok := s.SHA256Checksum.Get(); ok && sum != "" && s.ScriptURI.IsAbsent() {
			r.add(finding{at: s.SHA256Checksum.Range, path: c.Path + ".sha256Checksum",
				summary: fmt.Sprintf("%s has a checksum and no \"scriptUri\"", label(c)),
				why:     "the checksum is that of the downloaded script; inline commands have none", fix: "remove it"})
			return
		}
		checksumForm(s.SHA256Checksum, c.Path, r)
	})
	copies(t, func(f *template.File) { checksumForm(f.SHA256Checksum, f.Path, r) })
	checksumForm(t.Optimize.Workload.SHA256Checksum, "properties.optimize.workload", r)
}

func checksumForm(s template.String, path string, r *report) {
	sum, ok := s.Get()
	if !ok || sum == "" || sha256Hex.MatchString(sum) || template.Placeholder(sum) != "" {
		return
	}
	f := finding{at: s.Range, path: path + ".sha256Checksum", summary: "the checksum is not a SHA-256",
		why: fmt.Sprintf("it has 64 lower-case hex digits, and this one %d characters", len([]rune(sum))),
		fix: "compute it with: sha256sum FILE"}
	if lower := strings.ToLower(sum); sha256Hex.MatchString(lower) {
		f.summary, f.why, f.fix = "the checksum is written with upper-case letters", "the service wants lower case", "write "+lower
		f.edits = r.rewrite(s, lower)
	}
	r.add(f)
}
