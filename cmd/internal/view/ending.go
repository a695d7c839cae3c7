package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// Ending is what a run came to.
type Ending struct {
	Run      string             `json:"run,omitempty"` // "" when it never got a record
	Name     string             `json:"name"`          // of the image template
	State    string             `json:"state"`         // as runs are recorded: Succeeded, PartiallySucceeded, Failed, Canceled
	ExitCode int                `json:"exitCode"`
	Elapsed  time.Duration      `json:"elapsedNs"`
	Outputs  []Output           `json:"outputs"`
	Problem  *events.Problem    `json:"problem,omitempty"`
	Findings *DiagnosticsReport `json:"findings,omitempty"` // when the user's text was the reason
	LogPath  string             `json:"log,omitempty"`
}

// Output is a run output with the size of its disk file.
type Output struct {
	events.RunOutput
	VirtualSize int64 `json:"virtualSize"` // bytes
	SizeOnDisk  int64 `json:"sizeOnDisk"`  // bytes that the file takes here; less than the above, since it is sparse
}

// Run shows one run while it happens. Event and Notice may be called from any goroutine; End comes last, once.
type Run interface {
	Event(events.Event)
	Notice(text string) // one line to the person watching, such as what Ctrl-C does now
	End(Ending) error
}

// Problem writes a failure in its four parts.
func Problem(w io.Writer, p Palette, problem events.Problem) error {
	var b strings.Builder
	what := Block(problem.What)
	fmt.Fprintf(&b, "%s: %s\n", p.Bad("error"), p.Bold(what[0]))
	for _, l := range what[1:] {
		fmt.Fprintf(&b, "        %s\n", l)
	}
	part(&b, p, "at", problem.Where)
	part(&b, p, "why", problem.Why)
	part(&b, p, "fix", problem.Fix)
	_, err := io.WriteString(w, b.String())
	return err
}

// Summary writes the result of a run: one line for the whole, then each output with where it is and what it takes.
func Summary(w io.Writer, p Palette, e Ending) error {
	var b strings.Builder
	verb := map[string]string{
		"Succeeded":          p.Good("built") + " in",
		"PartiallySucceeded": p.Warn("only partly distributed") + " after",
		"Failed":             p.Bad("failed") + " after",
		"Canceled":           p.Warn("cancelled") + " after",
	}[e.State]
	fmt.Fprintf(&b, "image template %s %s %s, run %s\n", p.Bold(`"`+Line(e.Name)+`"`), verb, clock(e.Elapsed), e.Run)
	for _, o := range e.Outputs {
		fmt.Fprintf(&b, "\n  %s %s\n", p.Bold(Line(o.Name)), p.Faint("("+o.Type+")"))
		field(&b, p, "id", o.ArtifactID)
		field(&b, p, "uri", o.ArtifactURI)
		field(&b, p, "disk", o.Path)
		if o.VirtualSize > 0 {
			size := fmt.Sprintf("%s, %s on this disk", quantity(o.VirtualSize, "bytes"), quantity(o.SizeOnDisk, "bytes"))
			field(&b, p, "size", size)
		}
	}
	if e.LogPath != "" {
		fmt.Fprintf(&b, "\n  %s\n", p.Faint("log: ")+Line(e.LogPath))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func field(b *strings.Builder, p Palette, label, text string) {
	if text != "" {
		fmt.Fprintf(b, "    %s%s\n", p.Faint(fmt.Sprintf("%-6s", label)), Line(text))
	}
}

// conclude writes what every text view ends with: the problems to log, the result to out.
func conclude(out, log io.Writer, outPalette, logPalette Palette, b *board, e Ending) error {
	problems := b.problems
	if e.Problem != nil && (len(problems) == 0 || problems[len(problems)-1] != *e.Problem) {
		problems = append(problems, *e.Problem)
	}
	for _, problem := range problems {
		if _, err := io.WriteString(log, "\n"); err != nil {
			return err
		}
		if err := Problem(log, logPalette, problem); err != nil {
			return err
		}
	}
	if e.Run == "" {
		return nil // refused before anything was started: the problem has said all
	}
	if _, err := io.WriteString(log, "\n"); err != nil {
		return err
	}
	return Summary(out, outPalette, e)
}
