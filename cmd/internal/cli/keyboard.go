package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
)

// keyboard is standard input, for questions and for a terminal of a guest in turn. What is read is never lost to the one who asks later:
// a read that has begun cannot be called off.
type keyboard struct {
	in    io.Reader
	begin sync.Once
	typed chan []byte // closed at the end of the input

	mu   sync.Mutex
	rest []byte // typed, and not taken
}

func newKeyboard(in io.Reader) *keyboard { return &keyboard{in: in, typed: make(chan []byte)} }

// errNoInput is the end of standard input where an answer is wanted.
var errNoInput = errors.New("standard input ended")

// more waits for what is typed next.
func (k *keyboard) more(ctx context.Context) error {
	k.begin.Do(func() {
		go func() {
			defer close(k.typed)
			for {
				chunk := make([]byte, 1024)
				n, err := k.in.Read(chunk)
				if n > 0 {
					k.typed <- chunk[:n]
				}
				if err != nil {
					return
				}
			}
		}()
	})
	select {
	case chunk, ok := <-k.typed:
		if !ok {
			return errNoInput
		}
		k.mu.Lock()
		k.rest = append(k.rest, chunk...)
		k.mu.Unlock()
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// maxLine is more than any answer has.
const maxLine = 64 << 10

// line gives a line, without its end.
func (k *keyboard) line(ctx context.Context) (string, error) {
	for {
		k.mu.Lock()
		line, rest, ended := bytes.Cut(k.rest, []byte("\n"))
		if ended || len(k.rest) > maxLine {
			k.rest = rest
			k.mu.Unlock()
			return string(bytes.TrimRight(line, "\r")), nil
		}
		k.mu.Unlock()
		if err := k.more(ctx); err != nil {
			return "", err
		}
	}
}

// reader gives what is typed until ctx ends.
func (k *keyboard) reader(ctx context.Context) io.Reader { return keys{k, ctx} }

type keys struct {
	*keyboard
	ctx context.Context
}

// Read implements io.Reader.
func (r keys) Read(p []byte) (int, error) {
	for {
		if r.ctx.Err() != nil { // what was typed meanwhile is for whoever asks next
			return 0, io.EOF
		}
		r.mu.Lock()
		n := copy(p, r.rest)
		r.rest = r.rest[n:]
		r.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		if r.more(r.ctx) != nil {
			return 0, io.EOF
		}
	}
}
