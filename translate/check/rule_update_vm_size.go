package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// smallSizes are sizes of VM with one core that templates ask for, in lower case.
var smallSizes = []string{
	"standard_a0", "standard_a1", "standard_a1_v2", "standard_b1ls", "standard_b1ms", "standard_b1s",
	"standard_d1", "standard_d1_v2", "standard_ds1", "standard_ds1_v2", "standard_f1", "standard_f1s",
}

// updateVMSize wants two cores for Windows Update. What is not written is the service's choice: one core for an image
// of generation 1.
func updateVMSize(t *template.ImageTemplate, r *report) {
	windowsUpdates(t, func(u *template.WindowsUpdate) {
		size, ok := t.VMProfile.VMSize.Get()
		f := finding{why: "Windows Update runs out of memory on it, and the build ends with an unexpected EOF",
			fix: `write "vmProfile": {"vmSize": "Standard_D2ds_v5"}, or a larger size`}
		switch {
		case t.VMProfile.VMSize.IsAbsent(), ok && size == "":
			f.at, f.path = u.Range, u.Path
			f.summary = "Windows is updated on a VM of the default size"
			f.why = "that has one core for an image of generation 1; Windows Update runs out of memory on it"
		case ok && slices.Contains(smallSizes, strings.ToLower(size)):
			f.at, f.path = t.VMProfile.VMSize.Range, "properties.vmProfile.vmSize"
			f.summary = fmt.Sprintf("%s has one core, which is little for updates of Windows", size)
			f.related, f.relatedMessage = u.Range, "the updates are here"
		default:
			return
		}
		r.add(f)
	})
}
