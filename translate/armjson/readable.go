package armjson

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/diag"
)

// readable judges the file as a whole: its size, its encoding, and whether it is in another format altogether, in which case
// a complaint about the first odd character would not help. It also steps over a byte order mark.
func (p *parser) readable() bool {
	whole := diag.Range{File: p.file}
	switch {
	case len(p.src) > maxSize:
		p.fail(CodeTooLarge, whole, fmt.Sprintf("the file has %d bytes", len(p.src)),
			"Azure Resource Manager takes templates of up to 4 MiB", "")
		return false
	case bytes.HasPrefix(p.src, []byte("\xff\xfe")), bytes.HasPrefix(p.src, []byte("\xfe\xff")):
		p.fail(CodeNotText, whole, "the file is in UTF-16", "", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE")
		return false
	}
	if bytes.HasPrefix(p.src, []byte("\ufeff")) {
		p.pos.Byte = len("\ufeff")
		at := diag.Range{File: p.file, Start: diag.Pos{Line: 1, Column: 1}, End: p.pos}
		p.lenient(CodeByteOrderMark, at, "the file starts with a byte order mark", "save it as UTF-8 without one")
	}
	if i := firstNonText(p.src); i >= 0 {
		p.advanceTo(i)
		p.fail(CodeNotText, p.here(), fmt.Sprintf("the file is not UTF-8 text: byte 0x%02x at offset %d", p.src[i], i), "",
			"give the JSON file of an image template")
		return false
	}
	for _, f := range otherFormats {
		if f.looks.Match(p.src[p.pos.Byte:]) {
			p.fail(CodeOtherFormat, p.runeRange(), "the file is "+f.name+", not JSON", "", f.fix)
			return false
		}
	}
	return true
}

// firstNonText returns the offset of the first zero byte or broken UTF-8 sequence, or -1.
func firstNonText(src []byte) int {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// advanceTo steps forward to a byte offset that starts a code point, or is the first byte of a broken one.
func (p *parser) advanceTo(offset int) {
	for p.pos.Byte < offset {
		p.next()
	}
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
		"give the image template that it should come from; Ingot writes Packer templates and does not read them"},
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
