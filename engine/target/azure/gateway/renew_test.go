package gateway

import (
	"fmt"
	"net/http"
	"testing"
)

// A token that ran out on its way to Azure is Ingot's, and nothing that the plugin hears of.
func TestExpiredOnTheWay(t *testing.T) {
	for always, want := range map[bool]int{false: http.StatusOK, true: http.StatusUnauthorized} {
		sent := 0
		g := start(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
			if sent++; sent == 1 || always {
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprint(w, `{"error": {"code": "ExpiredAuthenticationToken", "message": "too late"}}`)
				return
			}
			fmt.Fprint(w, `{}`)
		})
		if r := g.do(http.MethodGet, groupID+"?api-version=1", ""); r.status != want || sent != 2 {
			t.Errorf("always %t: got %d after %d requests, want %d after 2", always, r.status, sent, want)
		}
	}
}
