package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// What is typed after a shell has ended is the answer to the question that follows, however the two take turns.
func TestKeyboardTurns(t *testing.T) {
	in, out := io.Pipe()
	k := newKeyboard(in)
	for range 2000 {
		shell, end := context.WithCancel(t.Context())
		got := make(chan string, 2)
		go func() {
			typed := k.reader(shell)
			first := make([]byte, len("exit\r"))
			if _, err := io.ReadFull(typed, first); err != nil {
				t.Error(err)
			}
			got <- string(first)
			rest, _ := io.ReadAll(typed)
			got <- string(rest)
		}()
		if _, err := io.WriteString(out, "exit\r"); err != nil {
			t.Fatal(err)
		}
		if text := <-got; text != "exit\r" {
			t.Fatalf("the shell got %q", text)
		}
		end()
		go func() {
			if _, err := io.WriteString(out, "r\r\n"); err != nil {
				t.Error(err)
			}
		}()
		if line, err := k.line(t.Context()); line != "r" || err != nil {
			t.Fatalf("the question got %q, %v", line, err)
		}
		if text := <-got; text != "" {
			t.Fatalf("the shell got %q too", text)
		}
	}
}

func TestKeyboardEnds(t *testing.T) {
	k := newKeyboard(strings.NewReader("one\ntwo"))
	if line, err := k.line(t.Context()); line != "one" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
	if line, err := k.line(t.Context()); !errors.Is(err, errNoInput) {
		t.Errorf("got %q, %v, want the end", line, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newKeyboard(neverRead{}).line(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// neverRead is a terminal at which nobody types.
type neverRead struct{}

func (neverRead) Read([]byte) (int, error) { select {} }

// A paste without an end does not fill the memory, and is an answer at some time.
func TestKeyboardFlood(t *testing.T) {
	k := newKeyboard(flood{})
	for range 3 {
		if line, err := k.line(t.Context()); err != nil || len(line) < maxLine || len(line) > 2*maxLine {
			t.Fatalf("got %d bytes, %v", len(line), err)
		}
	}
}

type flood struct{}

func (flood) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
