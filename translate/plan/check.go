package plan

import (
	"errors"
	"fmt"
)

// Check holds the plan against what its types cannot say: one case of each union is set, ids and file names are unique, a
// content has its bytes or a place to get them. The error joins everything that is wrong. A plan that lower made passes.
func (p *Plan) Check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.OS != Linux && p.OS != Windows {
		bad("os is %q, which is none", p.OS)
	}
	if n := count(p.Source.PlatformImage != nil, p.Source.ManagedImage != nil, p.Source.SharedImage != nil); n != 1 {
		bad("source has %d types", n)
	}
	ids, names := map[string]bool{}, map[string]bool{}
	unique := func(seen map[string]bool, what, s string) {
		if s == "" || seen[s] {
			bad("%s %q is empty or not the only one", what, s)
		}
		seen[s] = true
	}
	for _, s := range p.AllSteps() {
		unique(ids, "step id", s.ID)
		if n := count(s.Shell != nil, s.File != nil, s.PowerShell != nil, s.WindowsRestart != nil, s.WindowsUpdate != nil); n != 1 {
			bad("step %s has %d types", s.ID, n)
			continue
		}
		c := s.Content()
		if c == nil {
			continue
		}
		unique(names, "file name", c.FileName)
		if c.URI != "" && c.Text != "" {
			bad("step %s has both the text and the URI of %s", s.ID, c.FileName)
		}
		if c.Resolved && c.SHA256 == "" {
			bad("step %s has %s resolved without a checksum", s.ID, c.FileName)
		}
	}
	for _, d := range p.Destinations {
		unique(ids, "destination id", d.ID)
		if n := count(d.ManagedImage != nil, d.SharedImage != nil, d.VHD != nil); n != 1 {
			bad("destination %s has %d types", d.ID, n)
		}
		if s := d.SharedImage; s != nil && (s.Version == "") == (s.Scheme == "") {
			bad("destination %s needs either a version or a scheme that makes one", d.ID)
		}
	}
	return errors.Join(errs...)
}

func count(cases ...bool) int {
	n := 0
	for _, set := range cases {
		if set {
			n++
		}
	}
	return n
}
