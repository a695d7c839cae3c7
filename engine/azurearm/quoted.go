package azurearm

import (
	"regexp"
	"strconv"
	"strings"
)

// How programs word an error of Azure that they have taken apart already.
var (
	// Packer's plugin lists the errors inside an error, each on a line with two spaces more.
	listedError = regexp.MustCompile(`(?m)ERROR: *-> (\w+)(?: : (.*))?$`)
	// The SDK before the present one: Code="…" Message="…".
	autorestError = regexp.MustCompile(`Code="(\w*)" Message="((?:[^"\\]|\\.)*)"`)
	// The clients of the plugin's version 2: Code: "…", Message: "…", each on a line.
	pluginError = regexp.MustCompile(`(?m)^Code: "(\w*)"\s*^Message: "((?:[^"\\]|\\.)*)"`)
	// ... and those of this SDK, which put the body after it.
	sdkCode = regexp.MustCompile(`(?m)^ERROR CODE: (\w+)$`)

	statusForm = regexp.MustCompile(`(?:StatusCode[=:] ?|unexpected status |RESPONSE |HTTP )(\d{3})\b`)
	idForm     = regexp.MustCompile(`(?i)/subscriptions/[^\s'"\\,;()\[\]<>?#]+`)
)

// listed reads the plugin's list of errors: the last says most, if it is not one that says nothing.
func listed(text string) (best finding, ok bool) {
	var outer []string
	for _, m := range listedError.FindAllStringSubmatch(cut(text, 16*maxMatched), maxErrors) {
		f := finding{code: m[1], message: strings.TrimSpace(m[2]), outer: outer}
		if !ok || rank(f) >= rank(best) {
			best, ok = f, true
		}
		outer = append(outer[:len(outer):len(outer)], m[1])
	}
	return best, ok
}

// autorest reads errors that are worded as a code and a quoted message.
func autorest(text string) (best finding, ok bool) {
	text = cut(text, 16*maxMatched)
	for _, form := range []*regexp.Regexp{pluginError, autorestError} {
		for _, m := range form.FindAllStringSubmatch(text, maxErrors) {
			message, err := strconv.Unquote(`"` + m[2] + `"`)
			if err != nil {
				message = m[2]
			}
			if f := (finding{code: m[1], message: message}); !ok || rank(f) > rank(best) {
				best, ok = f, true
			}
		}
	}
	if !ok {
		if m := sdkCode.FindStringSubmatch(text); m != nil {
			return finding{code: m[1]}, true
		}
	}
	return best, ok
}

// statusIn gives the status of HTTP that a text tells, or 0.
func statusIn(text string) int {
	m := statusForm.FindStringSubmatch(cut(text, 16*maxMatched))
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// resourceOf gives the resource that the path of a request is about: without the name of an action at its end.
func resourceOf(path string) string {
	at := strings.Index(strings.ToLower(path), "/subscriptions/")
	if at < 0 {
		return ""
	}
	part := strings.Split(strings.Trim(path[at:], "/"), "/")
	for i := len(part) - 1; i > 0; i-- { // of the last provider's kinds and names, an odd one is an action or a list
		if strings.EqualFold(part[i], "providers") {
			if n := len(part) - i - 2; n > 0 && n%2 == 1 {
				part = part[:len(part)-1]
			}
			break
		}
	}
	return "/" + strings.Join(part, "/")
}
