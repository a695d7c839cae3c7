package powershell

import (
	"fmt"
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
			text := strings.ReplaceAll(strings.ToLower(f.at(w.Span)), "/", `\`)
			switch {
			case w.Block || w == (Word{}) || !w.Known && strings.ContainsAny(text, "(\n"): // commands in it are looked at by themselves
			case strings.Contains(text, `\sysnative\`) && !f.is(c, "test-path"):
				report(scriptrule.Finding{From: w.From, To: w.To, Summary: fmt.Sprintf(`there is no folder %q for a 64-bit program`, "Sysnative"),
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
