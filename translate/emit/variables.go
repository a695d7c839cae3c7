package emit

import (
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// A variable is something about the host that builds or the account it builds in, not about the image.
type variable struct {
	name, typ, description string
	standard               cty.Value // cty.NilVal: must be given
	sensitive              bool
}

// variablesFile is variables.pkr.hcl.
func variablesFile(t target) ([]byte, error) {
	f := hclwrite.NewEmptyFile()
	root := newBlock(f.Body())
	root.comment("What depends on the host that builds. `packer build -var NAME=VALUE .` sets them; Ingot does so for each run.")
	for _, v := range t.variables() {
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
