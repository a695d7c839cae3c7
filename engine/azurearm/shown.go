package azurearm

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShown is how many bytes of Azure's text are shown.
const maxShown = 1200

// secrets are forms that a secret has wherever it is quoted: the signature of a SAS, a token, a key of an account. What is kept of a
// match is its first group.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)((?:[?&;"']|\b)sig(?:=|%3d))[^&\s"'<>\\]+`),
	regexp.MustCompile(`()\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?`),
	regexp.MustCompile(`(?i)(\bbearer )[^\s"',;]+`),
	regexp.MustCompile(`(?i)(\b(?:AccountKey|SharedAccessKey|SharedAccessSignature|client_secret|client_assertion|password|` +
		`refresh_token|access_token)"?\s*[=:]\s*"?)[^\s"',;&]+`),
}

// shown makes text fit to be shown: a line of UTF-8 without control characters and secrets, cut where it is long.
func shown(text string) string {
	text = cut(text, 4*maxShown) // more than is shown: a secret at the end must not lose what it is known by
	for _, form := range secrets {
		text = form.ReplaceAllString(text, "${1}***")
	}
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if len(text) > maxShown {
		text = cut(text, maxShown) + "…"
	}
	return text
}

// cut gives at most n bytes of a text, and no half rune.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
