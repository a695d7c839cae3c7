package fromhcl

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The customizers of an image template.
type (
	named struct {
		Type string `json:"type"`
		Name any    `json:"name,omitempty"`
	}
	script struct {
		Inline    any    `json:"inline,omitempty"`
		ScriptURI any    `json:"scriptUri,omitempty"`
		Checksum  string `json:"sha256Checksum,omitempty"`
	}
	shell struct {
		named
		script
	}
	powerShell struct {
		named
		RunElevated    bool `json:"runElevated,omitempty"`
		RunAsSystem    bool `json:"runAsSystem,omitempty"`
		ValidExitCodes any  `json:"validExitCodes,omitempty"`
		script
	}
	file struct {
		named
		SourceURI   text   `json:"sourceUri"`
		Destination text   `json:"destination"`
		Checksum    string `json:"sha256Checksum,omitempty"`
	}
	windowsRestart struct {
		named
		Command      any `json:"restartCommand,omitempty"`
		CheckCommand any `json:"restartCheckCommand,omitempty"`
		Timeout      any `json:"restartTimeout,omitempty"`
	}
	windowsUpdate struct {
		named
		SearchCriteria any `json:"searchCriteria,omitempty"`
		Filters        any `json:"filters,omitempty"`
		UpdateLimit    any `json:"updateLimit,omitempty"`
	}
)

// provisioners reads those of one build that are for the source.
func (m *importing) provisioners(build *hclsyntax.Block, source string, p *properties) {
	b := m.open("the build", build.DefRange(), build.Body)
	b.ignore("name", "description", "sources", "source")
	for _, n := range b.nested("provisioner") {
		if len(n.Labels) != 1 {
			continue // Packer does not take it either
		}
		one := m.open(fmt.Sprintf("provisioner %q", n.Labels[0]), n.DefRange(), n.Body)
		if !one.meant(builderType + "." + source) {
			continue
		}
		p.Customize = append(p.Customize, one.pause()...)
		p.Customize = append(p.Customize, one.provisioner(n.Labels[0])...)
	}
	b.end()
}

// meant reports whether the provisioner is for a source, by its "only" and "except".
func (b *block) meant(ref string) bool {
	b.ignore("only", "except")
	has := func(name string) bool {
		for _, s := range textsOf(b.value(name)) {
			if trimRef(s) == ref {
				return true
			}
		}
		return false
	}
	return (b.attrs["only"] == nil || has("only")) && !has("except")
}

// pause is the wait before a provisioner, as a customizer.
func (b *block) pause() []any {
	attr := b.take("pause_before")
	if attr == nil {
		return nil
	}
	d, err := time.ParseDuration(textOf(b.value("pause_before")))
	if err != nil {
		b.m.lost(attr.SrcRange, "the pause is left out", "its length is not known")
		return nil
	}
	seconds := int(math.Ceil(d.Seconds()))
	if b.m.windows {
		wait := script{Inline: []text{{literal: fmt.Sprintf("Start-Sleep -Seconds %d", seconds)}}}
		return []any{powerShell{named: named{Type: "PowerShell", Name: "pause"}, script: wait}}
	}
	wait := script{Inline: []text{{literal: fmt.Sprintf("sleep %d", seconds)}}}
	return []any{shell{named: named{Type: "Shell", Name: "pause"}, script: wait}}
}

// ownName is what a translation by Ingot calls a customizer without a name.
var ownName = regexp.MustCompile(`^customize\[\d+\]$`)

// provisioner gives the customizers of one provisioner.
func (b *block) provisioner(typ string) (all []any) {
	name := func(typ string) named {
		n := named{Type: typ}
		if t, set := b.text("name"); set && !(b.m.own && ownName.MatchString(t.literal)) {
			n.Name = t
		}
		return n
	}
	switch typ {
	case "shell":
		all = b.shell(name("Shell"))
	case "powershell":
		all = b.powerShell(name("PowerShell"))
	case "file":
		all = b.file(name("File"))
	case "windows-restart":
		all = []any{windowsRestart{named: name("WindowsRestart"), Command: b.optional("restart_command"),
			CheckCommand: b.optional("restart_check_command"), Timeout: b.optional("restart_timeout")}}
	case "windows-update":
		all = []any{windowsUpdate{named: name("WindowsUpdate"), SearchCriteria: b.optional("search_criteria"), Filters: b.texts("filters"),
			UpdateLimit: b.number("update_limit")}}
	default:
		b.m.lost(b.rng, fmt.Sprintf("%s is left out", b.what), "an image template has Shell, PowerShell, File, WindowsRestart and WindowsUpdate")
		return nil
	}
	b.end()
	return all
}

// optional takes a string, as encoding/json writes it; nil when it is not written.
func (b *block) optional(name string) any {
	if t, set := b.text(name); set {
		return t
	}
	return nil
}

// scripts gives the script of a provisioner, or each of several: inline commands after the lines of head, or a file.
func (b *block) scripts(head []text, extension string) []script {
	if attr := b.take("inline"); attr != nil {
		inline := b.m.texts(attr)
		list, written := inline.([]text)
		switch {
		case written:
			return b.withoutGeneralize(attr, append(head, list...), len(head))
		case len(head) > 0:
			b.m.lost(attr.SrcRange, "how the inline commands run is left out", "they come from a variable, so nothing can be put before them")
		}
		return []script{{Inline: inline}}
	}
	var all []script
	for _, t := range b.paths("script", "scripts") {
		if s, ok := b.fromFile(t, extension); ok {
			if len(head) > 0 && s.Inline == nil {
				b.m.other(b.rng, fmt.Sprintf("the script %q runs without what %s sets up", t.literal, b.what),
					"environment, user and interpreter of a script cannot be said in an image template", "set them up in the script")
			} else if list, ok := s.Inline.([]text); ok {
				s.Inline = append(head[:len(head):len(head)], list...)
			}
			all = append(all, s)
		}
	}
	return all
}

// paths takes the files that attributes name: a string, and a list.
func (b *block) paths(one, several string) []text {
	var all []text
	if t, set := b.text(one); set {
		all = append(all, t)
	}
	if list, ok := b.texts(several).([]text); ok {
		all = append(all, list...)
	}
	return all
}

// posixInline is how a script starts that Packer makes of inline commands.
const posixInline = "#!/bin/sh -e\n"

// fromFile is a script that lies on this machine; ok is false for one that the service has itself.
func (b *block) fromFile(t text, extension string) (s script, ok bool) {
	data, read := []byte(nil), false
	if t.expr == "" {
		data, read = b.m.script(t.literal)
	}
	if read && path.Base(t.literal) == "generalize"+extension && strings.Contains(string(data), "DeprovisioningScript") {
		b.m.generalizes = true
		return script{}, false
	}
	if commands, ok := strings.CutPrefix(string(data), posixInline); ok && strings.HasSuffix(commands, "\n") && utf8.Valid(data) {
		var lines []text
		for line := range strings.SplitSeq(strings.TrimSuffix(commands, "\n"), "\n") {
			lines = append(lines, text{literal: line})
		}
		return script{Inline: lines}, true
	}
	uri, sum := b.local(t, data, read)
	return script{ScriptURI: uri, Checksum: sum}, true
}

// local is the URI of a file on this machine, with its checksum if it could be read.
func (b *block) local(t text, data []byte, read bool) (uri text, sum string) {
	b.m.other(b.rng, fmt.Sprintf("the file %q is on this machine", t.literal), "the service reads it from a URI; Ingot takes a relative path as well",
		"put it where the service can read it, and write its address")
	if t.expr != "" {
		return t, ""
	}
	if read {
		digest := sha256.Sum256(data)
		sum = hex.EncodeToString(digest[:])
	}
	name := path.Clean(strings.ReplaceAll(t.literal, `\`, "/"))
	if !path.IsAbs(name) {
		name = path.Join(b.m.options.Folder, name)
	}
	return text{literal: name}, sum
}

// file gives the customizers of a file provisioner.
func (b *block) file(n named) []any {
	b.ignore("generated")
	destination, _ := b.text("destination")
	if textOf(b.value("direction")) == "download" {
		b.m.lost(b.rng, "a download from the build VM is left out", "the service takes nothing off it but the image")
		b.ignore("direction", "source", "sources")
		return nil
	}
	b.ignore("direction")
	if attr := b.take("content"); attr != nil {
		b.m.other(attr.SrcRange, "the text of a file is left out", "a File customizer takes a file from a URI",
			"write it to a file, or let a script on the build VM write it")
		return nil
	}
	var all []any
	for _, source := range b.paths("source", "sources") {
		data, read := []byte(nil), false
		if source.expr == "" {
			data, read = b.m.script(source.literal)
			if base := path.Base(source.literal); strings.HasPrefix(base, "DeprovisioningScript.") && strings.HasSuffix(destination.literal, base) {
				continue // the service puts its own there
			}
		}
		d := destination
		if strings.HasSuffix(d.literal, "/") || strings.HasSuffix(d.literal, `\`) {
			d.literal += path.Base(source.literal)
		}
		f := file{named: n, Destination: d}
		f.SourceURI, f.Checksum = b.local(source, data, read)
		all = append(all, f)
	}
	return all
}
