package azurearm

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestExpiredOnTheWay sends a request again whose token has run out, and none that has no right to anything.
func TestExpiredOnTheWay(t *testing.T) {
	for _, tt := range []struct {
		code       string
		want, sent int
	}{
		{"ExpiredAuthenticationToken", http.StatusOK, 2},
		{"InvalidAuthenticationToken", http.StatusUnauthorized, 1},
		{"", http.StatusUnauthorized, 1}, // but for HEAD, whose answer has no body
	} {
		t.Run(tt.code, func(t *testing.T) {
			sent := 0
			srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if sent++; sent == 1 {
					w.WriteHeader(http.StatusUnauthorized)
					fmt.Fprintf(w, `{"error": {"code": %q, "message": "no"}}`, tt.code)
				}
			}))
			defer srv.Close()
			if got := callOnce(t, accountOf(srv), srv.URL); got != tt.want || sent != tt.sent {
				t.Errorf("got %d after %d requests, want %d after %d", got, sent, tt.want, tt.sent)
			}
		})
	}
}
