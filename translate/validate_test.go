package translate_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// An example of the REST API that is about something else cannot be built, and has no error in it.
func TestOtherExample(t *testing.T) {
	src := translate.Source{File: "cancel.json", Data: []byte(`{"parameters": {"api-version": "2024-02-01"}, "responses": {"202": {}}}`)}
	for _, tt := range []struct {
		name string
		run  func(translate.Source) diag.List
		want diag.Severity
	}{
		{"validate", func(src translate.Source) diag.List {
			_, list := translate.Validate(src, translate.Options{})
			return list
		}, diag.Info},
		{"translate", func(src translate.Source) diag.List {
			_, list := translate.Translate(src, translate.Options{})
			return list
		}, diag.Error},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := tt.run(src)
			if len(list) != 1 || list[0].Code != deployment.CodeOtherExample || list[0].Severity != tt.want {
				t.Errorf("findings: %v", list)
			}
		})
	}
}
