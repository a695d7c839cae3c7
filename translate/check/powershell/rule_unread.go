package powershell

import (
	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/script"
)

func unread(f *File, report func(scriptrule.Finding)) {
	switch {
	case f.Encoding == script.Binary:
		report(scriptrule.Finding{Summary: "this is no text, so it is no PowerShell script",
			Why: "the customizer puts it in a file that ends with .ps1 and runs that",
			Fix: "copy a program with a File customizer, and run it from a script"})
	case f.Unread != "":
		report(scriptrule.Finding{From: f.Rest, To: min(f.Rest+1, len(f.Text)),
			Summary: "the script is not looked at from here on: " + f.Unread})
	}
}
