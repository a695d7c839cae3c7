package armjson

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// readable judges the file as a whole: its size, its encoding, and whether it is in another format altogether, in which
// case a complaint about the first odd character would not help. It also steps over a byte order mark.
func (p *parser) readable() bool {
	whole := diag.Range{File: p.file}
	switch {
	case len(p.src) > maxSize:
		p.fail(CodeTooLarge, whole, fmt.Sprintf("the file has %d bytes", len(p.src)),
			"Azure Resource Manager takes templates of up to 4 MiB", "")
		return false
	case encoded(p.src) != "":
		name := encoded(p.src)
		p.fail(CodeNotText, whole, fmt.Sprintf("the file is in %s, and not in UTF-8", name), "",
			fmt.Sprintf("save it as UTF-8: iconv -f %s -t UTF-8 FILE > NEW, or in PowerShell: "+
				"Get-Content FILE | Set-Content -Encoding utf8 NEW", name))
		return false
	}
	if bytes.HasPrefix(p.src, []byte("\ufeff")) {
		p.pos.Byte = len("\ufeff")
		at := diag.Range{File: p.file, Start: diag.Pos{Line: 1, Column: 1}, End: p.pos}
		p.lenient(CodeByteOrderMark, at, "the file starts with a byte order mark", "save it as UTF-8 without one")
	}
	if i := firstNonText(p.src); i >= 0 {
		p.advanceTo(i)
		fix := "give the JSON file of an image template"
		if c := windows1252(p.src[i]); c != 0 && bytes.IndexByte(p.src, 0) < 0 {
			fix = fmt.Sprintf("save it as UTF-8; if the character is %c the file is in Windows-1252: "+
				"iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW", c)
		}
		p.fail(CodeNotText, p.here(), fmt.Sprintf("the file is not UTF-8 text: byte 0x%02x at offset %d", p.src[i], i), "", fix)
		return false
	}
	start := p.src[p.pos.Byte:min(p.pos.Byte+formatWindow, len(p.src))]
	if c := bytes.TrimLeft(start, " \t\r\n"); len(c) > 0 && (c[0] == '{' || c[0] == '[') {
		return true
	}
	for _, f := range otherFormats {
		if f.looks.Match(start) {
			p.fail(CodeOtherFormat, p.runeRange(), "the file is "+f.name+", not JSON", "", f.fix)
			return false
		}
	}
	return true
}

// formatWindow is how far into a file its format may be told: by the first words behind comments.
const formatWindow = 64 << 10

// encoded names the encoding of a text that is not in UTF-8 by what it starts with, as iconv calls it: "UTF-16LE"; or "".
func encoded(src []byte) string {
	starts := func(s string) bool { return bytes.HasPrefix(src, []byte(s)) }
	switch {
	case starts("\xff\xfe\x00\x00"), starts("{\x00\x00\x00"), starts("[\x00\x00\x00"):
		return "UTF-32LE"
	case starts("\x00\x00\xfe\xff"), starts("\x00\x00\x00{"), starts("\x00\x00\x00["):
		return "UTF-32BE"
	case starts("\xff\xfe"):
		return "UTF-16LE"
	case starts("\xfe\xff"):
		return "UTF-16BE"
	case len(src) > 3 && src[1] == 0 && src[3] == 0: // without a byte order mark: a bracket, a quote or a blank comes first
		return "UTF-16LE"
	case len(src) > 3 && src[0] == 0 && src[2] == 0:
		return "UTF-16BE"
	default:
		return ""
	}
}

// windows1252 decodes a byte beyond ASCII in the encoding that most Windows programs write by default; 0 if it has no such
// character.
func windows1252(c byte) rune {
	switch {
	case c >= 0xa0:
		return rune(c)
	case c >= 0x80:
		return []rune("€\x00‚ƒ„…†‡ˆ‰Š‹Œ\x00Ž\x00\x00‘’“”•–—˜™š›œ\x00žŸ")[c-0x80]
	default:
		return 0
	}
}

// firstNonText returns the offset of the first zero byte or broken UTF-8 sequence, or -1.
func firstNonText(src []byte) int {
	if utf8.Valid(src) {
		return bytes.IndexByte(src, 0)
	}
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// otherFormats are files that people hand over by mistake. Each pattern is one that no JSON document can match.
var otherFormats = []struct {
	name  string
	looks *regexp.Regexp
	fix   string
}{
	{"a Bicep file", startsWith(slashComments, `@\w+`, `targetScope\s*=`, `param\s+\w+\s+\w+`, `var\s+\w+\s*=`, `using\s+'`,
		`(resource|module)\s+\w+\s+'`), "compile it first: bicep build FILE"},
	{"a Packer template or other HCL", startsWith(slashComments+`|`+hashComments,
		`(packer|source|build|variable|locals|data|terraform|resource|provider|module)(\s+"[^"\n]*")*\s*\{`),
		"give an image template; one can be made of a Packer template with: ingot import"},
	{"YAML", startsWith(hashComments, `---(\s|$)`, `[A-Za-z_$][\w$.-]*:(\s|$)`, `- [A-Za-z_]`), "convert it to JSON first"},
	{"XML or HTML", startsWith(`\s`, `<[?!A-Za-z]`), "if it was downloaded, fetch the raw file: on GitHub the link named Raw"},
	{"a script", startsWith(`\s`, `#!`), "give the image template; scripts are named inside it"},
}

// What may stand before the first word of a file.
const (
	slashComments = `\s|//[^\n]*\n|(?s:/\*.*?\*/)`
	hashComments  = `\s|#[^!\n][^\n]*\n|#\n`
)

// startsWith matches a file whose first words, behind what may be skipped, are any of first.
func startsWith(skipped string, first ...string) *regexp.Regexp {
	return regexp.MustCompile(`^(` + skipped + `)*(` + strings.Join(first, "|") + `)`)
}
