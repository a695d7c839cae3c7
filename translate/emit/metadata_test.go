package emit

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/plan"
)

// The command of a metadata service is a variable of the build and of the validation, and of neither where nobody asked for one.
func TestMetadata(t *testing.T) {
	for _, os := range []plan.OS{plan.Linux, plan.Windows} {
		p := rich(os)
		p.DataDisksGB = nil
		for _, on := range []bool{true, false} {
			f, err := Packer(p, Options{Metadata: on})
			if err != nil {
				t.Fatal(err)
			}
			for path, want := range map[string]string{
				TemplateFile:                     "= var." + MetadataVar,
				VariablesFile:                    `variable "` + MetadataVar + `"`,
				ValidateDir + "/" + TemplateFile: "= var." + MetadataVar,
			} {
				if strings.Contains(string(data(t, f, path)), want) != on {
					t.Errorf("%s for %s, metadata %v: whether it has %q is wrong", path, os, on, want)
				}
			}
		}
	}
}
