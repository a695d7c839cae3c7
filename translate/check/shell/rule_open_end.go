package shell

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func openEnds(f *File, report func(scriptrule.Finding)) {
	if !f.Whole() || f.Tree == nil {
		return // what is not known may end it
	}
	for _, end := range f.OpenEnds {
		report(scriptrule.Finding{From: end.At, To: end.At + len("<<"),
			Summary: fmt.Sprintf("this here-document goes on to the end of the script: no line after it is %q alone", end.Word),
			Why:     "a shell puts all the rest into the document, and runs none of it",
			Fix:     fmt.Sprintf("end it with a line %q without anything before or after it", end.Word)})
	}
}
