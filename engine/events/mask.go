package events

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Secret is text that must never be shown. Its String and JSON forms are "***".
type Secret string

const hidden = "***"

// String hides the text.
func (Secret) String() string { return hidden }

// GoString hides the text from %#v.
func (Secret) GoString() string { return hidden }

// MarshalText hides the text in JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Reveal returns the text. The caller must not log it.
func (s Secret) Reveal() string { return string(s) }

// Mask replaces known secrets in everything a sink is told, since a guest may echo them. The zero Mask knows none. It is safe
// for concurrent use.
type Mask struct {
	mu      sync.RWMutex
	secrets []string // longest first, so that a secret inside another one does not split it
}

// Add makes s known. Text shorter than four bytes is ignored: masking it would garble everything else. Output comes line by line,
// so of a secret with several lines each line is known by itself as well, if it has eight bytes or more.
func (m *Mask) Add(s Secret) {
	text := s.Reveal()
	if len(text) < 4 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets = append(m.secrets, text)
	if lines := strings.Split(text, "\n"); len(lines) > 1 {
		for _, line := range lines {
			if line = strings.TrimSpace(line); len(line) >= 8 {
				m.secrets = append(m.secrets, line)
			}
		}
	}
	slices.SortFunc(m.secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	m.secrets = slices.Compact(m.secrets)
}

// Text returns s with every known secret replaced.
func (m *Mask) Text(s string) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, secret := range m.secrets {
		s = strings.ReplaceAll(s, secret, hidden)
	}
	return s
}

// Sink returns a sink that masks text fields before it hands the event to next.
func (m *Mask) Sink(next Sink) Sink {
	return func(e Event) {
		if e.Output != nil {
			out := *e.Output
			out.Text = m.Text(out.Text)
			e.Output = &out
		}
		if e.Problem != nil {
			p := *e.Problem
			m.problem(&p)
			e.Problem = &p
		}
		if e.State != nil {
			s := *e.State
			s.Title, s.Detail = m.Text(s.Title), m.Text(s.Detail)
			e.State = &s
		}
		if e.Progress != nil {
			p := *e.Progress
			p.What = m.Text(p.What)
			e.Progress = &p
		}
		if e.RunOutput != nil {
			o := *e.RunOutput
			o.Name, o.ArtifactID, o.ArtifactURI, o.Path = m.Text(o.Name), m.Text(o.ArtifactID), m.Text(o.ArtifactURI), m.Text(o.Path)
			e.RunOutput = &o
		}
		if e.Mark != nil {
			mark := *e.Mark
			mark.Command, mark.Why, mark.At = m.Text(mark.Command), m.Text(mark.Why), m.Text(mark.At)
			e.Mark = &mark
		}
		next(e)
	}
}

// Problem gives a problem with every known secret replaced.
func (m *Mask) Problem(p Problem) Problem {
	m.problem(&p)
	return p
}

func (m *Mask) problem(p *Problem) {
	p.What, p.Where, p.Why, p.Fix = m.Text(p.What), m.Text(p.Where), m.Text(p.Why), m.Text(p.Fix)
	findings := slices.Clone(p.Findings)
	for i, f := range findings {
		f.What, f.Why, f.Fix = m.Text(f.What), m.Text(f.Why), m.Text(f.Fix)
		f.Lines = slices.Clone(f.Lines)
		for j, line := range f.Lines {
			f.Lines[j] = m.Text(line)
		}
		findings[i] = f
	}
	p.Findings = findings
}
