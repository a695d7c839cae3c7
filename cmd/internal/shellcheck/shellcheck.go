// Package shellcheck asks the program of that name about the shell scripts of an image template, and gives what it says as findings at
// the places where the scripts were written.
//
// Reference: https://www.shellcheck.net
package shellcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check/shell"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
)

// The words for whether the program is asked: if it is there, not at all, in any case.
const (
	Auto     = "auto"
	Off      = "off"
	Required = "required"
)

const (
	program = "shellcheck"
	// maxTime is how long it may take for one script, and maxSize how many bytes that may have: it needs seconds for a thousand lines.
	maxTime = 60 * time.Second
	maxSize = 256 << 10
)

// A Checker runs the program, a few at a time. It is safe for concurrent use.
type Checker struct {
	Runner runcmd.Runner
	slots  chan struct{}
	there  func() error
}

// New makes a Checker for this machine.
func New(runner runcmd.Runner) *Checker {
	c := &Checker{Runner: runner, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	c.there = sync.OnceValue(func() error {
		_, err := c.Runner.Run(context.Background(), runcmd.Cmd{Path: program, Args: []string{"--version"}})
		return err
	})
	return c
}

// Check gives what the program says about scripts, in their order. found is what is known of them already: what does not parse is not
// said twice. Without the program there are no findings, or a *service.HostError if it is required.
func (c *Checker) Check(ctx context.Context, scripts []*script.Script, found diag.List, required bool) (diag.List, error) {
	if required {
		if err := c.required(); err != nil {
			return nil, err
		}
	}
	lists := make([]diag.List, len(scripts))
	group, ctx := errgroup.WithContext(ctx)
	for i, s := range scripts {
		dialect := dialectOf(s)
		if dialect == "" {
			continue
		}
		group.Go(func() (err error) {
			select {
			case c.slots <- struct{}{}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			defer func() { <-c.slots }()
			lists[i], err = c.one(ctx, s, dialect, found)
			return err
		})
	}
	err := group.Wait()
	var missing *runcmd.MissingError
	if errors.As(err, &missing) {
		return nil, nil
	}
	return slices.Concat(lists...), err
}

func (c *Checker) required() error {
	err := c.there()
	var missing *runcmd.MissingError
	if errors.As(err, &missing) {
		return &service.HostError{What: fmt.Sprintf("program %q is not installed", program), Why: "--shellcheck=required asks for it",
			Fix: "install it, on Debian and Ubuntu with: apt-get install shellcheck; or leave it out with --shellcheck=off"}
	}
	return err
}

// dialects are the shells that the program knows, by what a script is for. Without a first line "#!…" it is the login shell's, which may
// be any: bash is the one that takes most.
var dialects = map[string]string{"": "bash", "sh": "sh", "bash": "bash", "dash": "dash", "ksh": "ksh"}

// dialectOf is "" for a script that the program cannot read.
func dialectOf(s *script.Script) string {
	if s.Language != script.Shell || s.Encoding != script.UTF8 || s.Text == "" {
		return ""
	}
	return dialects[shell.Parse(s).Shell]
}

// unparsed reports whether a finding says already that s does not parse.
func unparsed(s *script.Script, found diag.List) bool {
	return slices.ContainsFunc(found, func(d diag.Diagnostic) bool {
		return d.Code == shell.CodeSyntax && strings.HasPrefix(d.Path, s.Path)
	})
}

// comment is one thing that the program says. Lines and columns are from 1; columns are characters, a tab is one.
type comment struct {
	Line      int    `json:"line"`
	EndLine   int    `json:"endLine"`
	Column    int    `json:"column"`
	EndColumn int    `json:"endColumn"`
	Level     string `json:"level"`
	Code      int    `json:"code"`
	Message   string `json:"message"`
}

// one asks about one script.
func (c *Checker) one(ctx context.Context, s *script.Script, dialect string, found diag.List) (diag.List, error) {
	if len(s.Text) > maxSize {
		return gaveUp(s, fmt.Sprintf("it has more than %d KiB", maxSize>>10)), nil
	}
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	// Scripts run on the build VM, so what they source cannot be followed here: 1090 and 1091 would say that. 1017 is about carriage
	// returns, once for each line.
	out, err := c.Runner.Run(limited, runcmd.Cmd{Path: program, Stdin: strings.NewReader(s.Text),
		Args: []string{"--format=json1", "--color=never", "--shell=" + dialect, "--exclude=SC1017,SC1090,SC1091", "-"}})
	var exit *runcmd.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return gaveUp(s, fmt.Sprintf("it took more than %s", maxTime)), nil
	case errors.As(err, &exit) && exit.Code == 1: // it has something to say
	case errors.As(err, &exit):
		return gaveUp(s, exit.Error()), nil
	case err != nil:
		return nil, err
	}
	var answer struct{ Comments []comment }
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&answer); err != nil {
		return gaveUp(s, "its answer is no JSON: "+err.Error()), nil
	}
	var list diag.List
	starts := lineStarts(s.Text)
	unparsed := unparsed(s, found)
	for _, said := range answer.Comments {
		if syntax := said.Code < 2000; unparsed && syntax || len(s.Gaps) > 0 && (syntax || needsAll[said.Code]) {
			continue
		}
		from, to := offset(s.Text, starts, said.Line, said.Column), offset(s.Text, starts, said.EndLine, said.EndColumn)
		if d := finding(s, from, max(from, to), said); !known(d, ownCode(said.Code), found) {
			list.Add(d)
		}
	}
	return list, nil
}

// ownCode is the code of Ingot's own rule about what a code of the program is about; "" for most.
func ownCode(code int) diag.Code {
	switch {
	case code == 2024:
		return shell.CodeSudoRedirect
	case 3000 <= code && code < 4000:
		return shell.CodeBashInSh
	default:
		return ""
	}
}

// known reports whether a finding of that code is on the same line.
func known(d diag.Diagnostic, code diag.Code, found diag.List) bool {
	return slices.ContainsFunc(found, func(f diag.Diagnostic) bool {
		return f.Code == code && f.Path == d.Path && f.Subject.File == d.Subject.File &&
			f.Subject.Start.Line <= d.Subject.End.Line && d.Subject.Start.Line <= f.Subject.End.Line
	})
}

// needsAll are the codes about names that are set and never used, or the other way round: a command that is not known may do that.
var needsAll = map[int]bool{2034: true, 2050: true, 2153: true, 2154: true, 2317: true}

func finding(s *script.Script, from, to int, said comment) diag.Diagnostic {
	d := diag.Diagnostic{Severity: diag.Warning, Code: translate.CodeShellcheck, Subject: s.Range(from, to), Path: s.Command(from),
		Summary: fmt.Sprintf("shellcheck: SC%d %s", said.Code, strings.TrimSuffix(said.Message, ".")),
		Fix:     fmt.Sprintf("https://www.shellcheck.net/wiki/SC%d has examples", said.Code)}
	if said.Level == "info" || said.Level == "style" {
		d.Severity = diag.Info
	}
	if !s.Inline {
		d.Related = []diag.Note{{Message: "run from here", Range: s.Place}}
	}
	return d
}

// gaveUp says that a script was not looked at.
func gaveUp(s *script.Script, why string) diag.List {
	return diag.List{{Severity: diag.Info, Code: translate.CodeShellcheck, Subject: s.Place, Path: s.Path,
		Summary: "shellcheck could not look at this script", Why: why}}
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// offset finds a place in the text. What lies behind the end of a line is its end.
func offset(text string, starts []int, line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(starts) {
		return len(text)
	}
	at := starts[line-1]
	for range column - 1 {
		if at >= len(text) || text[at] == '\n' {
			break
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}
