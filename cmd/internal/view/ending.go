package view

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/translate/diag"
)

// Ending is what a run came to.
type Ending struct {
	Run      string           `json:"run,omitempty"` // "" when it never got a record
	Name     string           `json:"template"`      // name of the image template, "" when it has errors; file name of a Packer template
	State    string           `json:"runState"`      // as runs are recorded: Succeeded, PartiallySucceeded, Failed, Canceled
	ExitCode int              `json:"exitCode"`
	Elapsed  time.Duration    `json:"elapsedNs"`
	Outputs  []Output         `json:"outputs"`
	Builds   []Build          `json:"builds,omitempty"` // of a Packer template
	Problems []events.Problem `json:"problems,omitempty"`
	Findings diag.List        `json:"diagnostics,omitempty"` // when the user's text was the reason; the caller shows them as text
	LogPath  string           `json:"log,omitempty"`

	Validation    string `json:"validation,omitempty"` // NotRun, Succeeded, Failed or Canceled; "" where none was wanted
	ValidationLog string `json:"validationLog,omitempty"`
	Kept          *Kept  `json:"kept,omitempty"` // the VM that was left standing; nil: none

	Fidelity     []fidelity.Difference `json:"fidelity,omitempty"` // what the service would do otherwise
	ShowFidelity string                `json:"-"`                  // how much of it text has; "" is FidelityShort

	InContainers

	Reused  *Reused `json:"reused,omitempty"`  // what of earlier builds was reused; nil: layers were not used
	Stopped string  `json:"stopped,omitempty"` // where the run ended before its end, as somebody wanted; "": it did not

	Refused bool `json:"-"` // nothing was started, so there is nothing to sum up
	Packer  bool `json:"-"` // a Packer template was run, without an image template
}

// Kept is a VM that outlives its run.
type Kept struct {
	Name    string `json:"name"`
	Address string `json:"address"` // of its SSH or WinRM service
	User    string `json:"user"`
	Command string `json:"command,omitempty"` // logs in; "" where none does without a password
	Disk    string `json:"disk"`
}

// Reused is what of earlier builds a run has reused.
type Reused struct {
	Steps int    `json:"steps"`          // of the image template's own
	Of    int    `json:"of"`             // how many it has
	Disk  bool   `json:"disk,omitempty"` // the finished disk: no VM was started to build it
	Text  string `json:"text"`           // a line for people, which says why the rest was not
}

// Output is a run output with the size of its disk file.
type Output struct {
	events.RunOutput
	Size       int64 `json:"size"`       // bytes
	SizeOnDisk int64 `json:"sizeOnDisk"` // bytes that the file takes here; less than the above where it is sparse
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
	found(&b, p, problem.Findings)
	part(&b, p, "fix", problem.Fix)
	_, err := io.WriteString(w, b.String())
	return err
}

// found writes what the build VM showed when it was asked about a failure.
func found(b *strings.Builder, p Palette, list []events.Finding) {
	if len(list) > 0 {
		fmt.Fprintf(b, "  %s\n", p.Faint("found in the build VM:"))
	}
	for _, f := range list {
		fmt.Fprintf(b, "  - %s\n", p.Bold(Line(f.What)))
		var parts strings.Builder
		part(&parts, p, "why", f.Why)
		part(&parts, p, "log", strings.Join(f.Lines, "\n"))
		part(&parts, p, "fix", f.Fix)
		for l := range strings.Lines(parts.String()) {
			b.WriteString("  " + l)
		}
	}
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
	if e.Validation == "Succeeded" && e.State == "Succeeded" && len(e.Outputs) == 0 {
		verb = p.Good("validated") + " in" // nothing else was wanted
	}
	if e.Stopped != "" {
		verb = p.Warn("stopped") + " after"
	}
	what := "image template"
	if e.Packer {
		what = "Packer template"
		if e.State == "PartiallySucceeded" {
			verb = p.Warn("only partly built") + " after"
		}
	}
	fmt.Fprintf(&b, "%s %s %s %s, run %s\n", what, p.Bold(`"`+Line(e.Name)+`"`), verb, clock(e.Elapsed), e.Run)
	if e.Stopped != "" {
		fmt.Fprintf(&b, "\n  %s\n", Line(e.Stopped))
	}
	if e.Reused != nil {
		fmt.Fprintf(&b, "\n  %s%s\n", p.Faint("layers: "), Line(e.Reused.Text))
	}
	e.fast(&b, p)
	for _, o := range e.Outputs {
		fmt.Fprintf(&b, "\n  %s %s\n", p.Bold(Line(o.Name)), p.Faint("("+o.Type+")"))
		field(&b, p, "id", o.ArtifactID)
		field(&b, p, "uri", o.ArtifactURI)
		field(&b, p, "disk", o.Path)
		if o.Size > 0 {
			size := fmt.Sprintf("%s, %s on this disk", quantity(o.Size, "bytes"), quantity(o.SizeOnDisk, "bytes"))
			field(&b, p, "size", size)
		}
	}
	for _, build := range e.Builds {
		build.write(&b, p)
	}
	if e.LogPath != "" {
		fmt.Fprintf(&b, "\n  %s\n", p.Faint("log: ")+Line(e.LogPath))
	}
	if e.ValidationLog != "" {
		fmt.Fprintf(&b, "  %s%s%s\n", p.Faint("validation: "), e.Validation, p.Faint(", log: ")+Line(e.ValidationLog))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func field(b *strings.Builder, p Palette, label, text string) {
	if text != "" {
		fmt.Fprintf(b, "    %s%s\n", p.Faint(fmt.Sprintf("%-6s", label)), Line(text))
	}
}

// conclude writes what every text view ends with: the problems to log, those of single steps first; and the result to out.
func conclude(out, log io.Writer, outPalette, logPalette Palette, b *board, e Ending) error {
	problems := b.problems
	for _, p := range e.Problems {
		if !slices.ContainsFunc(problems, func(q events.Problem) bool { return reflect.DeepEqual(p, q) }) {
			problems = append(problems, p)
		}
	}
	for _, problem := range problems {
		if _, err := io.WriteString(log, "\n"); err != nil {
			return err
		}
		if err := Problem(log, logPalette, problem); err != nil {
			return err
		}
	}
	if e.Run == "" || e.Refused {
		return nil
	}
	if len(e.Outputs) == 0 && !made(e.Builds) { // no result, so the summary is news like all before it
		out, outPalette = log, logPalette
	}
	if _, err := io.WriteString(log, "\n"); err != nil {
		return err
	}
	if err := Summary(out, outPalette, e); err != nil {
		return err
	}
	return e.fidelity(log, logPalette)
}
