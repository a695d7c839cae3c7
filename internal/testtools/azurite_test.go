package testtools

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAzuriteVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(), ".ci/tools/azurite/package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pkg struct{ Dependencies map[string]string }
	if err := json.Unmarshal(text, &pkg); err != nil || pkg.Dependencies["azurite"] != AzuriteVersion {
		t.Errorf("package.json has %v, %v; want %s", pkg.Dependencies, err, AzuriteVersion)
	}
}

// TestAzurite makes sure that the server refuses what tests want to see refused.
func TestAzurite(t *testing.T) {
	s := Azurite(t)
	s.Container(t, "public", true)
	s.Container(t, "private", false)
	for _, container := range []string{"public", "private"} {
		s.Put(t, container, "a b.sh", []byte("hello"))
	}
	now := time.Now()
	for _, tt := range []struct {
		name, url, token string
		want             int
	}{
		{"public", s.URL("public", "a b.sh"), "", 200},
		{"private", s.URL("private", "a b.sh"), "", 403},
		{"signed", s.Signed("private", "a b.sh", "r", now.Add(-time.Hour), now.Add(time.Hour)), "", 200},
		{"signature of yesterday", s.Signed("private", "a b.sh", "r", now.Add(-2*time.Hour), now.Add(-time.Hour)), "", 403},
		{"token", s.URL("private", "a b.sh"), s.Token(t, now.Add(time.Hour)), 200},
		{"token of yesterday", s.URL("private", "a b.sh"), s.Token(t, now.Add(-time.Hour)), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Ms-Version", sasVersion)
			if tt.token != "" {
				req.Header.Set("Authorization", "Bearer "+tt.token)
			}
			resp, err := s.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tt.want || tt.want == 200 && string(text) != "hello" {
				t.Errorf("%s: %s, %v; want %d", resp.Status, text, err, tt.want)
			}
		})
	}
}
