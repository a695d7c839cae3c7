package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

func keepsVM(t *template.ImageTemplate, r *report) {
	look := func(s template.String, property, when string) {
		if s.Value == "abort" {
			r.add(finding{at: s.Range, path: "properties.errorHandling." + property,
				summary: fmt.Sprintf("the VM is kept when %s", when),
				why:     "the VM, its disk and its network are paid for until somebody removes them",
				fix:     `write "cleanup" once the cause is found`})
		}
	}
	look(t.ErrorHandling.OnCustomizerError, "onCustomizerError", "a customizer fails")
	look(t.ErrorHandling.OnValidationError, "onValidationError", "the validation fails")
}
