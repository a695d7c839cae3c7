package powershell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// valid gives the exit codes that count as success. ok is false where they are not known.
func (f *File) valid() (codes []int64, ok bool) {
	if f.PowerShell == nil || f.PowerShell.ValidExitCodes.IsAbsent() {
		return []int64{0}, f.PowerShell != nil
	}
	list, ok := f.PowerShell.ValidExitCodes.Get()
	for _, code := range list {
		v, known := code.Get()
		codes, ok = append(codes, v), ok && known
	}
	if len(codes) == 0 {
		codes = []int64{0}
	}
	return codes, ok
}

// The codes by which installers of Windows say that all went well and a restart is due.
var restartDue = []int64{3010, 1641}

func exitCode(f *File, report func(scriptrule.Finding)) {
	valid, ok := f.valid()
	if !ok {
		return
	}
	ended := false // the script surely has ended before
	for _, e := range f.Exits {
		code, err := strconv.ParseInt(e.Code.Value, 10, 64)
		switch {
		case ended || !e.Code.Known || err != nil || slices.Contains(valid, code):
		case slices.Contains(restartDue, code):
			report(scriptrule.Finding{From: e.From, To: e.To, Summary: fmt.Sprintf("exit code %d ends the build", code),
				Why: fmt.Sprintf("it says that a restart is due, and is not among validExitCodes, %s", list(valid)),
				Fix: fmt.Sprintf("add %d to validExitCodes, and put a WindowsRestart customizer behind", code)})
		case e.Nested == 0:
			report(scriptrule.Finding{From: e.From, To: e.To,
				Summary: fmt.Sprintf("the script always ends with exit code %d", code),
				Why:     fmt.Sprintf("validExitCodes are %s, so the build ends here", list(valid))})
		}
		ended = ended || e.Nested == 0
	}
}

// list writes numbers for a person: "0 and 3010".
func list(codes []int64) string {
	var words []string
	for _, c := range codes {
		words = append(words, strconv.FormatInt(c, 10))
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// robocopy: the exit code of a script without exit is that of the last program it ran.
func robocopy(f *File, report func(scriptrule.Finding)) {
	valid, ok := f.valid()
	if !ok || slices.Contains(valid, 1) || !f.Certain() || f.says("lastexitcode") {
		return
	}
	var last *Command
	for _, c := range f.Commands {
		switch name := f.name(c); {
		case c.Nested == 0 && f.is(c, "robocopy") && c.Name.Known:
			last = c
		case !cmdlet(name):
			last = nil // a program perhaps, with a code of its own
		}
	}
	if last == nil || slices.ContainsFunc(f.Exits, func(e *Exit) bool { return e.From > last.From }) {
		return
	}
	report(scriptrule.Finding{From: last.From, To: last.To, Summary: "the script ends with the exit code of robocopy",
		Why: "that is 1 when files were copied and all went well, and 0 only when there was nothing to do; the " +
			"build ends here",
		Fix: "put \"if ($LASTEXITCODE -ge 8) { exit $LASTEXITCODE }; exit 0\" behind it"})
}

// cmdlet reports whether a name has the form of a command of PowerShell itself.
func cmdlet(name string) bool {
	verb, noun, ok := strings.Cut(name, "-")
	return ok && verb != "" && noun != "" && !strings.ContainsAny(name, `.\/`)
}
