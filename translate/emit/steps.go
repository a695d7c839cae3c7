package emit

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/plan"
)

// rootCommand runs a shell step as root. Vars are NAME='value' words for a shell, so env carries them through sudo, which would
// drop them. -n: rather fail than wait for a password that nobody types.
const rootCommand = "chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"

// provisioner adds the one block of a step.
func provisioner(build block, s plan.Step) {
	var b block
	add := func(typ string) block {
		b = build.block("provisioner", typ)
		b.label("name", label(s))
		return b
	}
	switch {
	case s.Shell != nil:
		shell(add("shell"), s.Shell)
	case s.File != nil:
		add("file")
		b.file("source", s.File.Content.FileName)
		b.destination(s.File.Destination)
	case s.PowerShell != nil:
		powerShell(add("powershell"), s.PowerShell)
	case s.WindowsRestart != nil:
		r := s.WindowsRestart
		add("windows-restart")
		b.optional("restart_command", r.Command)
		b.optional("restart_check_command", r.CheckCommand)
		b.optional("restart_timeout", r.Timeout)
	case s.WindowsUpdate != nil:
		u := s.WindowsUpdate
		add("windows-update")
		b.optional("search_criteria", u.SearchCriteria)
		b.texts("filters", u.Filters)
		if u.UpdateLimit > 0 {
			b.number("update_limit", u.UpdateLimit)
		}
	default:
		panic(fmt.Sprintf("emit: step %s has no type", s.ID))
	}
	if s.Generalizes() {
		bound(b)
	}
}

func shell(b block, s *plan.Shell) {
	b.file("script", s.Script.FileName)
	if s.AsRoot {
		b.str("execute_command", rootCommand)
	}
	if s.LastWord {
		b.yes("expect_disconnect")
		b.yes("skip_clean")
	}
}

// powerShell runs elevated as whoever Packer is connected as, or as the local system, which has no password.
func powerShell(b block, s *plan.PowerShell) {
	b.file("script", s.Script.FileName)
	switch {
	case s.Elevated && s.AsSystem:
		b.str("elevated_user", "SYSTEM")
		b.str("elevated_password", "")
	case s.Elevated:
		b.ref("elevated_user", "build", "User")
		b.ref("elevated_password", "build", "Password")
	}
	if s.ValidExitCodes != nil {
		codes := make([]cty.Value, len(s.ValidExitCodes))
		for i, c := range s.ValidExitCodes {
			codes[i] = cty.NumberIntVal(c)
		}
		b.SetAttributeValue("valid_exit_codes", cty.TupleVal(codes))
	}
	if s.LastWord {
		b.yes("skip_clean")
	}
}

// limitInGuest is how the step's script knows the limit, in seconds.
const limitInGuest = "INGOT_GENERALIZE_SECONDS"

// bound ends a step that takes longer than the variable allows, and tells the step's own script of it, which may loop.
func bound(b block) {
	b.seconds("timeout", generalizeVar)
	limit := hcl.Traversal{hcl.TraverseRoot{Name: "var"}, hcl.TraverseAttr{Name: generalizeVar}}
	b.SetAttributeRaw("env", hclwrite.TokensForObject([]hclwrite.ObjectAttrTokens{{
		Name: hclwrite.TokensForIdentifier(limitInGuest), Value: hclwrite.TokensForTraversal(limit),
	}}))
}

// label is the name Packer shows for a step: the user's, or the step's id.
func label(s plan.Step) string {
	if s.Name != "" {
		return s.Name
	}
	return s.ID
}
