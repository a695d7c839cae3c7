package preflight

import "strings"

// Grant is one entry of what somebody may do at a scope, as the permissions API lists it: what Actions match, without what
// NotActions match.
type Grant struct {
	Actions, NotActions         []string
	DataActions, NotDataActions []string
}

// Allows reports whether any of the grants has an action. What one of them leaves out, another may have.
func Allows(grants []Grant, action string, data bool) bool {
	for _, g := range grants {
		yes, no := g.Actions, g.NotActions
		if data {
			yes, no = g.DataActions, g.NotDataActions
		}
		if matchesAny(yes, action) && !matchesAny(no, action) {
			return true
		}
	}
	return false
}

func matchesAny(patterns []string, action string) bool {
	for _, p := range patterns {
		if matches(strings.ToLower(p), strings.ToLower(action)) {
			return true
		}
	}
	return false
}

// matches compares an action with a pattern, in which * stands for any text, slashes included. Both are in lower case.
func matches(pattern, action string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == action
	}
	if !strings.HasPrefix(action, first) {
		return false
	}
	action = action[len(first):]
	for {
		part, more, again := strings.Cut(rest, "*")
		if !again {
			return strings.HasSuffix(action, part)
		}
		i := strings.Index(action, part)
		if i < 0 {
			return false
		}
		action, rest = action[i+len(part):], more
	}
}
