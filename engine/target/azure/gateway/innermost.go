package gateway

import (
	"encoding/json"
	"strings"
)

// armError is an error as Resource Manager words it. Providers nest them: in details, in innererror, and as JSON in a message.
type armError struct {
	Code       text        `json:"code"`
	Message    text        `json:"message"`
	Details    []*armError `json:"details"`
	InnerError *armError   `json:"innererror"`
	Error      *armError   `json:"error"`
}

// text is a string, or nothing: some send numbers and objects where a text belongs.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	_ = json.Unmarshal(data, &s)
	*t = text(s)
	return nil
}

// innermost gives the code and message of an error that no other has inside, which is what went wrong. Both are "" where there is none.
func innermost(body []byte) (code, message string) {
	var document struct {
		armError
		Properties struct {
			Error         *armError `json:"error"`
			StatusMessage *armError `json:"statusMessage"`
		} `json:"properties"`
	}
	if json.Unmarshal(body, &document) != nil {
		return "", ""
	}
	for _, e := range []*armError{document.Error, document.Properties.Error, document.Properties.StatusMessage, &document.armError} {
		if e != nil {
			if code, message = e.inner(0); code != "" || message != "" {
				return code, message
			}
		}
	}
	return "", ""
}

// maxNesting is more than any provider has.
const maxNesting = 16

func (e *armError) inner(depth int) (code, message string) {
	if depth > maxNesting {
		return "", ""
	}
	nested := append(append([]*armError(nil), e.Details...), e.Error, e.InnerError)
	if s := strings.TrimSpace(string(e.Message)); strings.HasPrefix(s, "{") {
		var inside armError
		if json.Unmarshal([]byte(s), &inside) == nil {
			nested = append(nested, &inside)
		}
	}
	for _, n := range nested {
		if n != nil {
			if code, message = n.inner(depth + 1); message != "" {
				return code, message
			}
		}
	}
	return string(e.Code), string(e.Message)
}
