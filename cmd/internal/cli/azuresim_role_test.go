package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

func TestGrants(t *testing.T) {
	file := filepath.Join(t.TempDir(), "role.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"Name": "builder", "Actions": ["a/read", "b/write"], "NotActions": ["a/b/read"], "AssignableScopes": ["/subscriptions/1"]}`)
	granted, denied, err := grants(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]azuresim.Grant{{Action: "a/read", Scope: "/subscriptions/1"}, {Action: "b/write", Scope: "/subscriptions/1"}},
		granted); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]azuresim.Denial{{Action: "a/b/read", Scope: "/subscriptions/1"}}, denied); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "[]", `{"Actions": ["a/read"]}`, `{"AssignableScopes": ["/"]}`} {
		write(bad)
		if _, _, err := grants(file); err == nil || !strings.Contains(err.Error(), "is no role") {
			t.Errorf("%q gives %v", bad, err)
		}
	}
}
