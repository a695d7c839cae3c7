package shell

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/script"
)

func lineEnds(f *File, report func(scriptrule.Finding)) {
	at := strings.Index(f.Text, "\r\n")
	if at < 0 || f.Encoding == script.Binary {
		return
	}
	from, to := at, at+1
	report(scriptrule.Finding{From: from, To: to, Summary: "this line ends in a carriage return, as on Windows",
		Why: "Packer takes them out before it runs a script; every other shell on Linux takes them for a part of the last word",
		Fix: "write lines that end in a line feed alone; git does that with *.sh text eol=lf in .gitattributes"})
}

func byteOrderMark(f *File, report func(scriptrule.Finding)) {
	if f.Encoding != script.UTF8BOM {
		return
	}
	why := "the first word of the script starts with it, and is no command then"
	if name := interpreter(f.Text).name; name != "" {
		why = fmt.Sprintf("the first line does not start with #! then: it is run as a command, and the script not by %q but a login shell", name)
	}
	report(scriptrule.Finding{From: 0, To: 0, Summary: "the script starts with a byte order mark", Why: why,
		Fix: "save it as UTF-8 without a byte order mark"})
}

func utf16(f *File, report func(scriptrule.Finding)) {
	if f.Encoding != script.UTF16LE && f.Encoding != script.UTF16BE {
		return
	}
	report(scriptrule.Finding{From: 0, To: 0, Summary: "the script is written in UTF-16, which no shell reads",
		Why: "every second byte is zero: the kernel finds no #! in it, and shells refuse it with an exec format error",
		Fix: "save it as UTF-8"})
}

func notUTF8(f *File, report func(scriptrule.Finding)) {
	if f.Encoding != script.Legacy {
		return
	}
	at := strings.IndexFunc(f.Text, func(r rune) bool { return r >= 0x80 })
	if at < 0 {
		return
	}
	report(scriptrule.Finding{From: at, To: at + 2, Summary: "the script is not written in UTF-8",
		Why: "a shell takes the bytes as they are: what the script writes out shows other characters, and file names may not be found",
		Fix: "save it as UTF-8"})
}

func unread(f *File, report func(scriptrule.Finding)) {
	if f.Unread == "" {
		return
	}
	report(scriptrule.Finding{From: 0, To: 0, Summary: "the script is not looked at: " + f.Unread})
}
