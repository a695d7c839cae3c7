package view

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
)

// GitHubReport is a Report as workflow commands, which GitHub Actions shows at the lines of a pull request.
// Reference: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
type GitHubReport struct{ Out io.Writer }

// File implements Report.
func (r *GitHubReport) File(f FileReport) error {
	var b strings.Builder
	for _, d := range f.List {
		writeCommand(&b, d)
	}
	_, err := io.WriteString(r.Out, b.String())
	return err
}

// End implements Report.
func (r *GitHubReport) End() error { return nil }

var commands = map[diag.Severity]string{diag.Error: "error", diag.Warning: "warning", diag.Info: "notice"}

func writeCommand(b *strings.Builder, d diag.Diagnostic) {
	s := d.Subject
	properties := []string{"title=" + property(string(d.Code))}
	if s.File != "" {
		properties = append(properties, "file="+property(s.File))
	}
	if s.Start.Line > 0 {
		end := diag.Pos{Line: cmp.Or(s.End.Line, s.Start.Line), Column: cmp.Or(s.End.Column, s.Start.Column)}
		properties = append(properties, fmt.Sprintf("line=%d,endLine=%d", s.Start.Line, end.Line))
		if end.Line == s.Start.Line { // columns of several lines are ignored
			properties = append(properties, fmt.Sprintf("col=%d,endColumn=%d", s.Start.Column, end.Column))
		}
	}
	fmt.Fprintf(b, "::%s %s::%s\n", commands[d.Severity], strings.Join(properties, ","), message(plainText(d)))
}

// The characters that mean something in a command are written as in a URL, by their number.
var (
	message  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace
)

// plainText is a finding without its place, as programs show it to people: the summary, and below it the other parts.
func plainText(d diag.Diagnostic) string {
	var b strings.Builder
	b.WriteString(Line(d.Summary))
	for _, part := range []struct{ label, text string }{{"at", d.Path}, {"why", d.Why}, {"fix", d.Fix}} {
		if part.text != "" {
			b.WriteString("\n" + part.label + ": " + strings.Join(Block(part.text), "\n"))
		}
	}
	return b.String()
}
