package powershell

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func stopsAgent(f *File, report func(scriptrule.Finding)) {
	for _, service := range []string{"windowsazureguestagent", "rdagent"} {
		started := -1 // where it is started for the last time
		for _, c := range f.Commands {
			if f.is(c, "start-service", "sasv") && c.mentions(service) {
				started = c.From
			}
		}
		for _, c := range f.Commands {
			if what := f.stopsService(c, service); what != "" && c.From > started && !f.is(c, "restart-service") {
				report(scriptrule.Finding{From: c.From, To: c.To, Summary: what,
					Why: "before it generalizes the image, the service waits until the agent runs: it would " +
						"wait until the build times out",
					Fix: "leave the agent running, or start it again at the end"})
			}
		}
	}
}

func sysprep(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		words := f.run(c)
		if begins(words, "sysprep") && (option(words, "generalize", "oobe", "audit")) {
			report(scriptrule.Finding{From: c.From, To: c.To, Summary: "the script runs Sysprep itself",
				Why: "the service runs it after the last customizer; a second run, or one that shuts the VM down, fails or " +
					"never ends",
				Fix: `to run it another way, write your own C:\DeprovisioningScript.ps1, which the service runs ` +
					`instead of its own`})
		}
	}
}

const deprovision = `c:\deprovisioningscript.ps1`

func removesDeprovision(f *File, report func(scriptrule.Finding)) {
	is := func(w string) bool { return strings.ReplaceAll(strings.ToLower(w), "/", `\`) == deprovision }
	var removed []Span
	for _, c := range f.Commands {
		has := slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Known && is(a.Value) })
		switch {
		case !has:
		case f.is(c, "remove-item", "ri", "rm", "rmdir", "del", "erase", "rd"):
			if c.lacks("WhatIf") {
				removed = append(removed, c.Span)
			}
		case !f.is(c, "test-path", "get-content", "gc", "cat", "type", "get-item", "write-host", "write-output", "echo"):
			return // it may well write it
		}
	}
	for _, m := range f.Members {
		if !m.Call || !slices.ContainsFunc(m.Args, func(w Word) bool { return is(w.Value) }) {
			continue
		}
		if strings.EqualFold(m.Name, "Delete") {
			removed = append(removed, m.Span)
		} else if !strings.EqualFold(m.Name, "Exists") {
			return
		}
	}
	if len(removed) == 0 || strings.Contains(strings.NewReplacer(" ", "", `"`, "", "'", "").Replace(strings.ToLower(f.code())),
		">"+deprovision) {
		return
	}
	for _, s := range removed {
		report(scriptrule.Finding{From: s.From, To: s.To, Summary: `"C:\DeprovisioningScript.ps1" is removed`,
			Why: "the service runs it after the last customizer to generalize the image; without it the image may not boot",
			Fix: "leave it, or write your own in its place"})
	}
}
