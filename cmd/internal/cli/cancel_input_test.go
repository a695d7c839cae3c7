package cli

import (
	"context"
	"strings"
	"testing"
)

// endless is a standard input that nobody writes to. It tells when somebody waits for it.
type endless struct{ waiting func() }

func (e endless) Read([]byte) (int, error) {
	e.waiting()
	select {}
}

// TestCancelledWhileReading holds that Ctrl-C ends a command that waits for standard input.
func TestCancelledWhileReading(t *testing.T) {
	for _, command := range []string{"expand", "validate", "translate", "build"} {
		t.Run(command, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var stdout, stderr strings.Builder
			env := Env{Stdin: endless{cancel}, Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
			if code := Main(ctx, env, []string{command, "-"}); code != ExitCancelled || stdout.Len() > 0 {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
			}
		})
	}
}
