package emit

import (
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/plan"
)

// A variable is something about the host that builds or the account it builds in, not about the image.
type variable struct {
	name, typ, description string
	standard               cty.Value // cty.NilVal: must be given
	sensitive              bool
}

// generalizeVar bounds the last step, on the host that runs Packer and in the build VM.
const generalizeVar = "generalize_seconds"

// GeneralizeTimeout is how long generalizing may take when nobody says otherwise. The service has no limit but that of the whole
// build. Sysprep needs minutes, and more after many updates or in an emulated machine.
const GeneralizeTimeout = time.Hour

// GeneralizeVar gives the name and the value of the variable that bounds generalizing; 0: nothing does. Parts of a second count
// as a whole one.
func GeneralizeVar(limit time.Duration) (name, value string) {
	return generalizeVar, strconv.FormatInt(int64((limit+time.Second-1)/time.Second), 10)
}

// variables are those of the target, and of the steps.
func variables(j job, t target) []variable {
	all := t.variables()
	if slices.ContainsFunc(j.steps, plan.Step.Generalizes) {
		all = append(all, variable{name: generalizeVar, typ: "number", standard: cty.NumberIntVal(int64(GeneralizeTimeout.Seconds())),
			description: "Longest time for generalizing, in seconds; 0: no limit."})
	}
	return all
}

// variablesFile is variables.pkr.hcl.
func variablesFile(j job, t target) ([]byte, error) {
	f := hclwrite.NewEmptyFile()
	root := newBlock(f.Body())
	root.comment("What depends on the host that builds. `packer build -var NAME=VALUE .` sets them; Ingot does so for each run.")
	for _, v := range variables(j, t) {
		root.AppendNewline()
		b := root.block("variable", v.name)
		b.ref("type", v.typ)
		b.str("description", v.description)
		if v.standard != cty.NilVal {
			b.SetAttributeValue("default", v.standard)
		}
		if v.sensitive {
			b.yes("sensitive")
		}
	}
	return hclwrite.Format(f.Bytes()), root.err()
}
