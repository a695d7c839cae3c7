package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// vmSize knows how the names of all sizes begin, and not which ones there are.
func vmSize(t *template.ImageTemplate, r *report) {
	look := func(s template.String, path string) {
		v, ok := s.Get()
		lower := strings.ToLower(v)
		if !ok || v == "" || template.Placeholder(v) != "" ||
			strings.HasPrefix(lower, "standard_") || strings.HasPrefix(lower, "basic_") {
			return
		}
		f := finding{at: s.Range, path: path,
			summary: fmt.Sprintf("%q is not a size of a VM", v), why: "sizes begin with Standard_"}
		if sizeLetters.MatchString(v) {
			f.fix = "write Standard_" + v
		}
		r.add(f)
	}
	look(t.VMProfile.VMSize, "properties.vmProfile.vmSize")
	look(t.VMProfile.VNetConfig.ProxyVMSize, "properties.vmProfile.vnetConfig.proxyVmSize")
}

// sizeLetters is what follows Standard_: D2ds_v5.
var sizeLetters = regexp.MustCompile(`^[A-Z]{1,3}\d+[a-z]*(?:-\d+[a-z]*)?(?:_v\d)?$`)
