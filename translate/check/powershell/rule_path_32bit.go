package powershell

import (
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func path32Bit(f *File, report func(scriptrule.Finding)) {
	for _, c := range f.Commands {
		words := []Word{c.Name}
		for _, a := range c.Args {
			words = append(words, a.Word)
		}
		for i, w := range words {
			if w.Block || !w.Known && (w.To-w.From > 500 || strings.ContainsAny(f.at(w.Span), "(\n")) {
				continue // commands in it are looked at by themselves
			}
			text := strings.ReplaceAll(strings.ToLower(f.at(w.Span)), "/", `\`)
			switch {
			case strings.Contains(text, `\sysnative\`) && !f.is(c, "test-path"):
				report(scriptrule.Finding{From: w.From, To: w.To, Summary: `there is no folder "Sysnative" for a 64-bit program`,
					Why: "Windows shows that folder to 32-bit programs only, and customizers run the 64-bit PowerShell",
					Fix: `write "System32"`})
			case i == 0 && strings.Contains(text, `\syswow64\windowspowershell\`):
				report(scriptrule.Finding{From: w.From, To: w.To, Summary: "the 32-bit PowerShell is started",
					Why: `what it writes to HKLM:\Software and System32 lands in the places for 32-bit programs`,
					Fix: `write "powershell"`})
			}
		}
	}
}
