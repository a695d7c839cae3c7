package shell

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// ownInterpreter takes care of inline commands that begin with the name of an interpreter, where inline_shebang says nothing else.
// Packer 1.16 takes that line for the script's first one, and the version that is linked here puts another before it. So the line is
// taken out of the commands and becomes inline_shebang.
func ownInterpreter(raws []any) []any {
	raws = slices.Clone(raws)
	for i, raw := range raws {
		config, ok := raw.(cty.Value)
		if !ok || config.IsNull() || !config.Type().IsObjectType() || !config.Type().HasAttribute("inline") ||
			!config.Type().HasAttribute("inline_shebang") || !config.GetAttr("inline_shebang").IsNull() {
			continue
		}
		inline := config.GetAttr("inline")
		if inline.IsNull() || !inline.IsWhollyKnown() || inline.LengthInt() == 0 {
			continue
		}
		lines := inline.AsValueSlice()
		interpreter, ok := strings.CutPrefix(lines[0].AsString(), "#!")
		if !ok {
			continue
		}
		if lines = lines[1:]; len(lines) == 0 {
			lines = []cty.Value{cty.StringVal("")} // no commands at all would be an error
		}
		attributes := config.AsValueMap()
		attributes["inline"] = cty.ListVal(lines)
		attributes["inline_shebang"] = cty.StringVal(interpreter)
		raws[i] = cty.ObjectVal(attributes)
	}
	return raws
}
