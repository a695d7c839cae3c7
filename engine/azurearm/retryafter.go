package azurearm

import (
	"net/http"
	"strings"
	"time"
)

// RetryAfter gives how long an answer asks to wait, in any of the forms that Azure uses; it says whether it does.
func RetryAfter(h http.Header) (d time.Duration, ok bool) {
	for _, form := range []struct {
		name string
		unit time.Duration
	}{{"Retry-After-Ms", time.Millisecond}, {"X-Ms-Retry-After-Ms", time.Millisecond}, {"Retry-After", time.Second}} {
		v := h.Get(form.name)
		if v == "" {
			continue
		}
		if n, ok := number(v); ok {
			return min(time.Duration(n)*form.unit, maxWait), true
		}
		if at, err := http.ParseTime(v); err == nil {
			return min(max(time.Until(at), 0), maxWait), true
		}
	}
	return 0, false
}

// maxWait is the longest that an answer may ask to wait: Azure's limits are about minutes, at most an hour.
const maxWait = time.Hour

// number reads up to nine digits.
func number(s string) (n int, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 9 {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}
