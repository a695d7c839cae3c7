package shell

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// secret never shows the secret itself: neither in its words, nor by pointing at it.
func secret(f *File, report func(scriptrule.Finding)) {
	if len(f.Text) > maxText {
		return
	}
	s := &secrets{f: f, report: report, lines: map[int]bool{}}
	for i := range len(f.Text) {
		if f.Text[i] == '\n' {
			s.ends = append(s.ends, i)
		}
	}
	for _, a := range f.Assigns {
		if a.Value.Known() && secretName(a.Name, a.Value.Text) {
			s.add(a.From, a.To, fmt.Sprintf("%q is set to a secret in clear text", a.Name))
		}
	}
	for _, c := range f.Commands {
		s.command(c)
	}
	for _, p := range f.Pipes {
		s.pipe(p)
	}
	for _, form := range secretForms {
		for _, m := range form.re.FindAllStringSubmatchIndex(f.Text, most) {
			if value := f.Text[m[4]:m[5]]; !placeholder(value) {
				s.add(m[2], m[3], form.what+" stands in clear text")
			}
		}
	}
}

type secrets struct {
	f      *File
	report func(scriptrule.Finding)
	ends   []int        // of the lines of the script
	lines  map[int]bool // that have a finding: one is enough
}

func (s *secrets) add(from, to int, summary string) {
	from = max(0, min(from, len(s.f.Text)))
	line := sort.SearchInts(s.ends, from)
	if s.lines[line] {
		return
	}
	s.lines[line] = true
	why := "whoever can read the image template reads it, and the log of the build may show it"
	if !s.f.Inline {
		why = "whoever can read the script reads it, and a copy stays in the staging resource group"
	}
	s.report(scriptrule.Finding{From: from, To: to, Summary: summary, Why: why,
		Fix: "fetch it in the build from a key vault, as an identity of vmProfile.userAssignedIdentities"})
}

// secretForms are texts that are secrets by their form. Group 1 is what a finding points at, and group 2 the secret.
var secretForms = []struct {
	what string
	re   *regexp.Regexp
}{
	{"a key of a storage account", regexp.MustCompile(`(AccountKey=)([A-Za-z0-9+/]{80,90}={0,2})`)},
	{"a shared access key", regexp.MustCompile(`(SharedAccessKey=)([A-Za-z0-9+/]{40,50}={0,2})`)},
	{"a shared access signature", regexp.MustCompile(`[?&](?:sv|se|sp|sr|st|spr|sip|ss|srt)=[^\s"'<>]*[?&](sig=)([A-Za-z0-9%+/_-]{30,}=?)`)},
	{"a shared access signature", regexp.MustCompile(`[?&"'](sig=)([A-Za-z0-9%+/_-]{40,}=?)&(?:sv|se|sp|sr|st|spr)=`)},
	{"a password in an address", regexp.MustCompile(`([a-z][a-z0-9+.-]*://)[A-Za-z0-9._%-]+:([^\s"'/@:${}\\]{3,})@[A-Za-z0-9]`)},
	{"a GitHub token", regexp.MustCompile(`\b(gh[pousr]_)([A-Za-z0-9]{36,})\b`)},
	{"a GitHub token", regexp.MustCompile(`\b(github_pat_)([A-Za-z0-9_]{60,})\b`)},
	{"a GitLab token", regexp.MustCompile(`\b(glpat-)([A-Za-z0-9_-]{20,})`)},
	{"a Slack token", regexp.MustCompile(`\b(xox[abprs]-)([A-Za-z0-9-]{20,})`)},
	{"an AWS access key", regexp.MustCompile(`\b(AKIA)([A-Z0-9]{16})\b`)},
	{"a private key", regexp.MustCompile(`(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----)(\s*[A-Za-z0-9+/]{20})`)},
	{"a token", regexp.MustCompile(`([Aa]uthorization: *(?:[Bb]earer|[Bb]asic|[Tt]oken) +)([A-Za-z0-9._~+/-]{20,}=*)`)},
	{"a password in a connection string", regexp.MustCompile(`;\s*((?:Password|Pwd)=)([^;"'\s$]{4,})`)},
}

// takesSecret are the options whose next word is a secret.
var takesSecret = []string{"--password", "--passwd", "--passphrase", "--token", "--secret", "--api-key", "--apikey", "--client-secret",
	"--account-key", "--sas-token", "--access-key", "--secret-key", "--admin-password", "--connection-string", "--storage-key", "--auth-token",
	"--http-password"}

func (s *secrets) command(c *Command) {
	for i, a := range c.Args {
		name, value, given := strings.Cut(a.Text, "=")
		switch {
		case given && strings.HasPrefix(name, "--") && a.Known() && secretName(strings.TrimLeft(name, "-"), value):
			s.add(a.From, min(a.To, a.From+len(name)), fmt.Sprintf("%q is given a secret in clear text", name))
		case slices.Contains(takesSecret, a.Text) && i+1 < len(c.Args) && c.Args[i+1].Known() && !strings.HasPrefix(c.Args[i+1].Text, "-") &&
			secretName(strings.TrimLeft(name, "-"), c.Args[i+1].Text):
			s.add(a.From, a.To, fmt.Sprintf("%q is given a secret in clear text", a.Text))
		case i+1 < len(c.Args) && s.f.userPassword(c, a.Text, c.Args[i+1]):
			s.add(a.From, a.To, fmt.Sprintf("%q is given a password in clear text", c.Name+" "+a.Text))
		case slices.Contains([]string{"mysql", "mysqladmin", "mysqldump", "mariadb", "mariadb-admin"}, c.Name) && len(a.Text) > 5 &&
			strings.HasPrefix(a.Text, "-p") && a.Known() && !placeholder(a.Text[2:]):
			s.add(c.Word.From, c.Word.To, fmt.Sprintf("%q is given a password in clear text", c.Name+" -p"))
		case strings.HasPrefix(a.Text, "pass:") && c.Name == "openssl" && a.Known() && len(a.Text) > 8 && !placeholder(a.Text[5:]):
			s.add(c.Word.From, c.Word.To, `"openssl" is given a password in clear text`)
		}
	}
	if c.Name != "chpasswd" || c.Stmt == nil || c.has("e", "encrypted") {
		return
	}
	for _, r := range c.Stmt.Redirs {
		switch {
		case r.Op == syntax.WordHdoc && r.Word != nil && clearPassword(r.Word.Lit()+plainText(r.Word)):
			s.add(c.Word.From, c.Word.To, `"chpasswd" is given a password in clear text`)
		case r.Hdoc != nil && clearPassword(plainText(r.Hdoc)):
			s.add(c.Word.From, c.Word.To, `"chpasswd" is given a password in clear text`)
		}
	}
}

// userPassword reports whether a word is a password of the option before it: curl -u user:password, sshpass -p password.
func (f *File) userPassword(c *Command, option string, value Arg) bool {
	if !value.Known() || placeholder(value.Text) {
		return false
	}
	switch c.Name {
	case "curl":
		_, password, ok := strings.Cut(value.Text, ":")
		return (option == "-u" || option == "--user") && ok && len(password) > 2 && !placeholder(password)
	case "sshpass":
		return option == "-p"
	case "docker", "podman", "az", "helm":
		return option == "-p" && len(c.Args) > 0 && slices.Contains(texts(c.Args), "login") && len(value.Text) > 3
	}
	return false
}

// pipe looks for a password that goes into a command: echo user:password | chpasswd.
func (s *secrets) pipe(p Pipe) {
	from, to := p.Parts[0], p.Parts[len(p.Parts)-1]
	if from == nil || to == nil || from.Name != "echo" && from.Name != "printf" {
		return
	}
	words := from.plain()
	if len(words) == 0 || !words[len(words)-1].Known() {
		return
	}
	text := words[len(words)-1].Text
	switch {
	case to.Name == "chpasswd" && !to.has("e", "encrypted") && clearPassword(text),
		to.Name == "passwd" && to.has("", "stdin") && len(text) > 2 && !placeholder(text),
		to.has("", "password-stdin") && len(text) > 3 && !placeholder(text):
		s.add(from.Word.From, from.Word.To, fmt.Sprintf("%q is given a password in clear text", to.Name))
	}
}

// clearPassword reports whether a text is user:password, and the password neither a placeholder nor hashed.
func clearPassword(text string) bool {
	user, password, ok := strings.Cut(strings.TrimSpace(text), ":")
	return ok && user != "" && !strings.ContainsAny(user, " \t") && len(password) > 2 && password[0] != '$' && !placeholder(password)
}

// plainText is the text of a word without expansions; else it is unknown.
func plainText(w *syntax.Word) string {
	b := &wordBuilder{v: &visitor{}}
	b.parts(w.Parts, false)
	return b.text.String()
}

var standsFor = regexp.MustCompile(`[<$\x00]|\{\{|your|change_?me|placeholder|example|__|\*\*\*|\.\.\.|redacted` +
	`|^(/|\./|~|file:|@|https?:|%|\[)|^(true|false|none|null|yes|no|disabled|enabled|stdin|prompt|password|pass|secret)$`)

var (
	passwordNames = regexp.MustCompile(`(?i)(password|passwd|passphrase)$`)
	passNames     = regexp.MustCompile(`(?i)(^|_)(pass|pw|psw)$`)
	tokenNames    = regexp.MustCompile(`(?i)(secret|token|(api|access|account|storage|secret)_?key|connection_?string|(^|_)sas)$`)
	noSecret      = regexp.MustCompile(`(?i)^(disabled|no|ask|use|require|set|preserve|prompt)-|askpass$`)
)

// secretName reports whether a variable or option of such a name, with such a value, holds a secret.
func secretName(name, value string) bool {
	if noSecret.MatchString(name) || placeholder(value) || strings.ContainsAny(value, " \t\n") {
		return false
	}
	name = strings.ReplaceAll(name, "-", "_")
	switch {
	case passwordNames.MatchString(name), passNames.MatchString(name):
		return len(value) > 3
	case tokenNames.MatchString(name):
		return len(value) > 15 && mixed(value)
	}
	return false
}

// mixed reports whether a text is made of more than words: it has letters and digits.
func mixed(s string) bool {
	return strings.ContainsFunc(s, unicode.IsLetter) && strings.ContainsFunc(s, unicode.IsDigit)
}

// placeholder reports whether a value stands for a secret, or says where that is.
func placeholder(value string) bool {
	lower := strings.ToLower(strings.TrimSpace(value))
	if lower == "" || strings.Trim(lower, "*x._-") == "" {
		return true
	}
	return standsFor.MatchString(lower)
}
