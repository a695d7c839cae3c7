package azurearm

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name, value string
			want        time.Duration
			known       bool
		}{
			{"Retry-After", "17", 17 * time.Second, true},
			{"Retry-After", "0", 0, true},
			{"Retry-After", "-1", 0, false},
			{"Retry-After", "99999999999", 0, false},
			{"Retry-After", "86400", time.Hour, true},
			{"Retry-After", "soon", 0, false},
			{"Retry-After", time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat), 30 * time.Second, true},
			{"Retry-After", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0, true},
			{"Retry-After-Ms", "20", 20 * time.Millisecond, true},
			{"X-Ms-Retry-After-Ms", "20", 20 * time.Millisecond, true},
			{"X-Other", "20", 0, false},
		} {
			got, known := RetryAfter(http.Header{tt.name: {tt.value}})
			if got != tt.want || known != tt.known {
				t.Errorf("%s: %s: got %v, %v; want %v, %v", tt.name, tt.value, got, known, tt.want, tt.known)
			}
		}
	})
}
