package emit

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/plan"
)

// sourceName is the second label of the one source block.
const sourceName = "image"

// updatePlugin has the provisioner windows-update. Its first versions called things by other names.
var updatePlugin = plugin{name: "windows-update", source: "github.com/rgl/windows-update", version: ">= 0.16.0"}

// imageFile is image.pkr.hcl.
func imageFile(j job, t target) ([]byte, error) {
	f := hclwrite.NewEmptyFile()
	root := newBlock(f.Body())
	root.comment("Made by Ingot from an image template; comments name the part of it that each block comes from.")
	root.AppendNewline()
	packerBlock(root.block("packer"), j, t)
	root.AppendNewline()

	if j.ofResult {
		root.comment("the image that the build made")
	} else {
		root.comment(j.plan.Source.Origin.Path)
	}
	t.source(root.block("source", t.builder(), sourceName))
	root.AppendNewline()

	build := root.block("build")
	if name := j.plan.Name; name != "" {
		if j.ofResult {
			name += "-validation"
		}
		build.label("name", name)
	}
	build.SetAttributeValue("sources", cty.ListVal([]cty.Value{cty.StringVal("source." + t.builder() + "." + sourceName)}))
	for _, s := range j.steps {
		build.AppendNewline()
		build.comment(origin(s))
		provisioner(build, s)
	}
	return hclwrite.Format(f.Bytes()), root.err()
}

// packerBlock says what plain Packer needs.
func packerBlock(b block, j job, t target) {
	b.str("required_version", ">= 1.9.0")
	b.AppendNewline()
	required := b.block("required_plugins")
	for _, p := range plugins(j, t) {
		required.object(p.name, pair{"source", cty.StringVal(p.source)}, pair{"version", cty.StringVal(p.version)})
	}
}

// plugins are those that plain Packer needs for the builder and for the provisioners.
func plugins(j job, t target) []plugin {
	all := t.plugins()
	if slices.ContainsFunc(j.steps, func(s plan.Step) bool { return s.WindowsUpdate != nil }) {
		all = append(all, updatePlugin)
	}
	return all
}

// origin says where a step comes from.
func origin(s plan.Step) string {
	switch {
	case s.Origin.Path != "":
		return s.Origin.Path
	case s.ID == "prepare":
		return "hidden first step: the deprovisioning script, before any customizer can replace it"
	case s.ID == "generalize":
		return "hidden last step: prints the deprovisioning script and runs it"
	default:
		return s.ID
	}
}
