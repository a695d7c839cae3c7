package packercore

import (
	"fmt"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/events"
)

// beside gives the communicator for the provisioners of a build. That of a builder in a process of its own is Packer's; if it leads to
// a guest by WinRM, and Registry has a better way to such guests, that one is put in its place. The linked builders have it already. By
// SSH it is told the size of scripts.
func (h *provisionHook) beside(comm packersdk.Communicator, values map[string]any) packersdk.Communicator {
	if comm != nil && h.byScp(values) {
		return sized{comm}
	}
	_, apart := h.builder.(interface{ Start() error })
	if comm == nil || !apart || h.reg.WinRM == nil || values["ConnType"] != "winrm" {
		return comm
	}
	note := func(text string) {
		h.out(events.Event{Output: &events.Output{Stream: events.Say, Text: text}})
	}
	better, err := h.reg.WinRM(comm, values, h.set, note)
	if err != nil {
		note(fmt.Sprintf("files go to this guest as the builder sends them: %v", err))
		return comm
	}
	return better
}

// set reports whether a setting of the source block is true.
func (j *job) set(name string) bool {
	v := j.setting(name)
	return v.Type() == cty.Bool && v.IsKnown() && !v.IsNull() && v.True()
}

// setting gives a setting of the source block, without its marks; null where the builder has none of that name.
func (j *job) setting(name string) cty.Value {
	if t := j.settings.Type(); !t.IsObjectType() || !t.HasAttribute(name) {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	v, _ := j.settings.GetAttr(name).Unmark()
	return v
}
