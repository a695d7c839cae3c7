package powershell

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/script"
)

// foreign is the offset of the first character beyond ASCII outside of comments; -1 if there is none.
func (f *File) foreign() int {
	comments := f.Comments
	for i := 0; i < len(f.Text); i++ {
		for len(comments) > 0 && comments[0].To <= i {
			comments = comments[1:]
		}
		if len(comments) > 0 && comments[0].From <= i {
			i = comments[0].To - 1
			continue
		}
		if f.Text[i] >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

func encoding(f *File, report func(scriptrule.Finding)) {
	if f.Encoding != script.UTF8 {
		return
	}
	at := f.foreign()
	if at < 0 {
		return
	}
	r, width := utf8.DecodeRuneInString(f.Text[at:])
	why := "Windows PowerShell takes a file without a byte order mark for the code page of Windows, so one letter " +
		"becomes two or three others"
	// In Windows-1252 these bytes are typographic quotes, which PowerShell takes for plain ones.
	if quoteByte(r) {
		why = "Windows PowerShell takes a file without a byte order mark for the code page of Windows, and reads " +
			"a quote out of this letter, which may start or end a string"
	}
	fix := "save the file as UTF-8 with a byte order mark, or write [char]0x" + fmt.Sprintf("%04X", r)
	if f.Inline {
		fix = fmt.Sprintf("write [char]0x%04X, or move the script to a file that is saved as UTF-8 with a byte order mark", r)
	}
	report(scriptrule.Finding{From: at, To: at + width, Summary: fmt.Sprintf("the letter %q is misread", string(r)),
		Why: why, Fix: fix})
}

// quoteByte reports whether the UTF-8 of a letter has the byte of a quote in Windows-1252: 0x91 to 0x94.
func quoteByte(r rune) bool {
	return slices.ContainsFunc(utf8.AppendRune(nil, r), func(b byte) bool { return b >= 0x91 && b <= 0x94 })
}

func utf16(f *File, report func(scriptrule.Finding)) {
	if f.Encoding == script.UTF16LE || f.Encoding == script.UTF16BE {
		report(scriptrule.Finding{Summary: "the script is in UTF-16",
			Why: "PowerShell reads that if a byte order mark comes first; " +
				"many tools, and those that compare versions, take it for a binary file",
			Fix: "save it as UTF-8 with a byte order mark"})
	}
}
