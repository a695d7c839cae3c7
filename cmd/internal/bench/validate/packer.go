package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/template"
)

// packerVersion is the Packer that is measured.
const packerVersion = "v1.16.0"

// The module that Packer is built in. go install refuses it, for its replace directive.
const packerModule = `module bench

go 1.26

require github.com/hashicorp/packer ` + packerVersion + `

replace github.com/zclconf/go-cty => github.com/nywilken/go-cty v1.13.3
`

const packerTools = `//go:build tools

package tools

import _ "github.com/hashicorp/packer"
`

// packerCLI gives the path of Packer; it builds it if that was not done yet.
func packerCLI() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "ingot-bench", "packer-"+packerVersion)
	bin := filepath.Join(dir, "packer")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	fmt.Println("building Packer", packerVersion, "to measure beside: two minutes or more, once")
	err = errors.Join(os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "go.mod"), []byte(packerModule), 0o644),
		os.WriteFile(filepath.Join(dir, "tools.go"), []byte(packerTools), 0o644))
	if err != nil {
		return "", err
	}
	for _, args := range [][]string{{"mod", "tidy"}, {"build", "-o", bin, "github.com/hashicorp/packer"}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %.1000s", cmd, err, out)
		}
	}
	return bin, nil
}

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
