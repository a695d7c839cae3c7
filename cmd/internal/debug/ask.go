package debug

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/ingot-build/ingot/cmd/internal/view"
)

// asking is a question at the bottom of the screen: for one key of some, or for a line.
type asking struct {
	question string
	keys     map[string]func() tea.Cmd // nil: a line is wanted. A nil function forgets the question.
	line     []rune
	enter    func(line string) tea.Cmd
}

func choose(question string, keys map[string]func() tea.Cmd) *asking {
	return &asking{question: question, keys: keys}
}

// enter asks for a line, which begins with a proposal.
func enter(question, proposal string, do func(string) tea.Cmd) *asking {
	return &asking{question: question, line: []rune(proposal), enter: do}
}

// answer takes a key for the question.
func (m *Model) answer(k tea.KeyPressMsg) tea.Cmd {
	a, name := m.ask, k.String()
	if name == "esc" {
		m.ask = nil
		return nil
	}
	if a.keys != nil {
		do, known := a.keys[name]
		if !known {
			return nil
		}
		if m.ask = nil; do == nil {
			return nil
		}
		return do()
	}
	switch name {
	case "enter":
		m.ask = nil
		if line := strings.TrimSpace(string(a.line)); line != "" {
			return a.enter(line)
		}
	case "backspace":
		a.line = a.line[:max(0, len(a.line)-1)]
	case "ctrl+u":
		a.line = nil
	case "ctrl+w":
		kept := strings.TrimRight(string(a.line), "/ ")
		a.line = []rune(kept[:strings.LastIndexAny(kept, "/ ")+1])
	default:
		a.type_(k.Text)
	}
	return nil
}

// type_ adds text, without what is no character of a line.
func (a *asking) type_(text string) {
	for _, r := range text {
		if a.keys == nil && !unicode.IsControl(r) && len(a.line) < 4096 {
			a.line = append(a.line, r)
		}
	}
}

// text is the question as it is shown, with the line as far as it was typed.
func (a *asking) text() string {
	if a.keys != nil {
		return a.question
	}
	return a.question + " " + view.Visible(string(a.line))
}
