package powershell

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/template"
)

var (
	secretName = regexp.MustCompile(`(?:password|passwd|secret|apikey|api_key|accesskey|accountkey|storagekey|` +
		`sastoken|clientsecret|connectionstring)$`)
	// Texts that are keys by their form, wherever they stand.
	secretForm = regexp.MustCompile(`[?&;]sig=[A-Za-z0-9%+/]{30,}|AccountKey=[A-Za-z0-9+/]{80,}={0,2}|` +
		`\bghp_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{50,}|\bAKIA[0-9A-Z]{16}\b|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----`)
)

// secret never shows what it found: only where, and what kind of thing it is.
func secret(f *File, report func(scriptrule.Finding)) {
	seen := map[int]bool{}
	found := func(s Span, what string) {
		if !seen[s.From] {
			seen[s.From] = true
			report(scriptrule.Finding{From: s.From, To: s.To, Summary: what + " is written in the script",
				Why: "everybody who may read the image template, the script or the log of the build can read it",
				Fix: "fetch it from a key vault, with the identity of the build VM"})
		}
	}
	for _, c := range f.Commands {
		for i, a := range c.Args {
			if a.names("Password") && len(a.Param) > 3 && i+1 < len(c.Args) && plain(c.Args[i+1].Word) &&
				c.Args[i+1].Param == "" {
				found(c.Args[i+1].Span, "a password")
			}
		}
		switch words := f.run(c); {
		case f.is(c, "convertto-securestring") && c.has("AsPlainText"):
			w := c.value("String")
			for i, a := range c.Args {
				if w == (Word{}) && a.Param == "" && (i == 0 || c.Args[i-1].Param == "" || c.Args[i-1].names("AsPlainText") ||
					c.Args[i-1].names("Force")) {
					w = a.Word
				}
			}
			if plain(w) {
				found(w.Span, "a password")
			}
		case begins(words, "net", "user") && len(words) > 3 && len(c.Args) > 2 && f.is(c, "net") && plain(c.Args[2].Word) &&
			strings.IndexByte("/*-", c.Args[2].Value[0]) < 0:
			found(c.Args[2].Span, "a password")
		case f.is(c, "set-itemproperty", "sp", "new-itemproperty") && plain(c.value("Value")) &&
			strings.EqualFold(c.value("Name").Value, "DefaultPassword"):
			found(c.value("Value").Span, "a password")
		}
	}
	for _, a := range f.Assignments {
		if secretName.MatchString(a.Name) && plain(a.Value) && !a.Value.Bare && !strings.ContainsAny(a.Value.Value, " \\") {
			found(a.Value.Span, "a password or key")
		}
	}
	mayHave := func(form string) bool { return strings.Contains(f.Text, form) } // much faster than the expression
	if !slices.ContainsFunc([]string{"sig=", "AccountKey=", "ghp_", "github_pat_", "AKIA", "PRIVATE KEY"}, mayHave) {
		return
	}
	for _, at := range secretForm.FindAllStringIndex(f.Text, -1) {
		found(Span{at[0], at[1]}, "a key")
	}
}

// plain reports whether a word is a value that somebody wrote, and no placeholder.
func plain(w Word) bool {
	v := w.Value
	if !w.Known || v == "" || template.Placeholder(v) != "" || slices.Contains(noSecrets, strings.ToLower(v)) {
		return false
	}
	placeholder := func(start string) bool { return strings.HasPrefix(v, start) }
	return !slices.ContainsFunc([]string{"{{", "#{", "__", "%"}, placeholder)
}

var noSecrets = []string{"null", "none", "true", "false"}
