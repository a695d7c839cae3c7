package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func errorHandling(t *template.ImageTemplate, r *report) {
	refuse := func(s template.String, property string) {
		if s.Value == "abort" {
			r.add(finding{at: s.Range, path: "properties.errorHandling." + property,
				summary: fmt.Sprintf("%s \"abort\" is not covered yet", property),
				why:     "it would leave the build VM in place after a failure", fix: `write "cleanup"`})
		}
	}
	refuse(t.ErrorHandling.OnCustomizerError, "onCustomizerError")
	refuse(t.ErrorHandling.OnValidationError, "onValidationError")
}
