package main

import (
	"os"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/template"
)

// correspond writes what the first image template of a file corresponds to in a Packer template that any Packer can validate: its
// customizers, on the null builder. ok is false when there is none that could be read, or nothing to write.
func correspond(file, hcl string) (ok bool, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	loaded, list := translate.Load(translate.Source{File: file, Data: data}, translate.Options{Params: deployment.Params{}})
	if list.HasErrors() || len(loaded.ImageTemplates) == 0 {
		return false, nil
	}
	t, _ := template.Decode(loaded.ImageTemplates[0].Node)
	f := hclwrite.NewEmptyFile()
	f.Body().AppendNewBlock("source", []string{"null", "image"}).Body().SetAttributeValue("communicator", cty.StringVal("none"))
	build := f.Body().AppendNewBlock("build", nil).Body()
	build.SetAttributeValue("sources", cty.ListVal([]cty.Value{cty.StringVal("source.null.image")}))
	written := 0
	for _, c := range t.Customize.Value {
		inline := func(kind string, s template.Script) {
			commands := []cty.Value{}
			for _, command := range s.Inline.Value {
				commands = append(commands, cty.StringVal(command.Value))
			}
			if len(commands) == 0 {
				commands = append(commands, cty.StringVal(s.ScriptURI.Value)) // packer would want the file here
			}
			build.AppendNewBlock("provisioner", []string{kind}).Body().SetAttributeValue("inline", cty.ListVal(commands))
			written++
		}
		switch c := c.(type) {
		case *template.Shell:
			inline("shell", c.Script)
		case *template.PowerShell:
			inline("powershell", c.Script)
		case *template.WindowsRestart:
			build.AppendNewBlock("provisioner", []string{"windows-restart"})
			written++
		}
	}
	return written > 0, os.WriteFile(hcl, hclwrite.Format(f.Bytes()), 0o600)
}
