package events

import "unicode/utf8"

// CutBefore gives the last place up to at where text can be cut in two: between two characters, and inside no known secret, whose
// halves would not be recognized and be shown. The beginning of a secret at the end of text counts as one. The result is 0 where
// a secret goes from the beginning of text to at or further.
func (m *Mask) CutBefore(text string, at int) int {
	for at = min(at, len(text)); at > 0; {
		if start, _, inside := m.around(text, at); inside {
			at = start
		} else if start := runeStart(text, at); start < at {
			at = start
		} else {
			break
		}
	}
	return at
}

// CutAfter gives the first place from at on where no secret is cut, which is the end of text at the latest.
func (m *Mask) CutAfter(text string, at int) int {
	for at < len(text) {
		_, end, inside := m.around(text, at)
		if !inside {
			return at
		}
		at = end
	}
	return len(text)
}

// Longest is the length of the longest known secret in bytes: who has so much of a text after a place can tell whether it is in one.
func (m *Mask) Longest() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.secrets) == 0 {
		return 0
	}
	return len(m.secrets[0])
}

// around finds a secret that begins before at and ends behind it.
func (m *Mask) around(text string, at int) (start, end int, inside bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, secret := range m.secrets {
		for start := max(0, at-len(secret)+1); start < at; start++ {
			end := min(start+len(secret), len(text))
			if text[start:end] == secret[:end-start] && (end > at || end-start < len(secret)) {
				return start, end, true
			}
		}
	}
	return 0, 0, false
}

// runeStart goes back from at to the beginning of the character there, which may be incomplete at the end of text. Bytes that are
// no UTF-8 can be cut anywhere.
func runeStart(text string, at int) int {
	for back := 1; back < utf8.UTFMax && back <= at; back++ {
		if !utf8.RuneStart(text[at-back]) {
			continue
		}
		rest := text[at-back:]
		if _, size := utf8.DecodeRuneInString(rest); size > back || !utf8.FullRuneInString(rest) {
			return at - back
		}
		break
	}
	return at
}
