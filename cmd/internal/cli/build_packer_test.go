package cli

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/cmd/internal/view"
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

// notices is a view that keeps what the person is told.
type notices struct {
	view.Run
	said []string
}

func (n *notices) Notice(text string) { n.said = append(n.said, text) }

func TestAsker(t *testing.T) {
	in, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	show := &notices{}
	ask := asker(in, show)
	if _, err := typed.WriteString("r\na\n"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"r", "a"} {
		if got, err := ask(t.Context(), "retry?"); err != nil || got != want {
			t.Errorf("got %q and %v, want %q", got, err, want)
		}
	}
	if diff := cmp.Diff([]string{"retry?", "retry?"}, show.said); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ask(ctx, "and now?"); err != context.Canceled {
		t.Errorf("got %v, want the cause", err)
	}
	if err := typed.Close(); err != nil {
		t.Fatal(err)
	}
	none, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := asker(none, show)(t.Context(), "hello?"); err == nil || err.Error() != "standard input ended" {
		t.Errorf("at the end of input: %v", err)
	}
}
