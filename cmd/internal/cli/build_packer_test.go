package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPackerStyle(t *testing.T) {
	for _, tc := range []struct{ given, want string }{
		{"build x.pkr.hcl -var a=b -var-file=f.hcl", "build x.pkr.hcl --var a=b --var-file=f.hcl"},
		{"build -only=a,b -except c -on-error=abort -force -parallel-builds=1 .",
			"build --only=a,b --except c --on-error=abort --force --parallel-builds=1 ."},
		{"build --var a=b", "build --var a=b"},
		{"build web.json -p a=b -h", "build web.json -p a=b -h"},
		{"build -variable x", "build -variable x"},
		{"build -- -var", "build -- -var"},
		{"translate -var", "translate -var"},
		{"", ""},
	} {
		given := strings.Fields(tc.given)
		if diff := cmp.Diff(strings.Fields(tc.want), packerStyle(given), cmp.Transformer("", func(s []string) string {
			return strings.Join(s, " ")
		})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.given, diff)
		}
		if got := strings.Join(given, " "); got != tc.given {
			t.Errorf("the caller's arguments became %q", got)
		}
	}
}
