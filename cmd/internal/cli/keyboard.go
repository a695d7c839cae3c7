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

	mu   sync.Mutex
	rest []byte        // typed, and not taken
	over bool          // the input ended
	news chan struct{} // closed when one of these changes
	room *sync.Cond    // there is room in rest again
}

func newKeyboard(in io.Reader) *keyboard {
	k := &keyboard{in: in, news: make(chan struct{})}
	k.room = sync.NewCond(&k.mu)
	return k
}

// errNoInput is the end of standard input where an answer is wanted.
var errNoInput = errors.New("standard input ended")

// maxLine is more than any answer has.
const maxLine = 64 << 10

// listen reads all that is typed, to the end.
func (k *keyboard) listen() {
	chunk := make([]byte, 1024)
	for {
		n, err := k.in.Read(chunk)
		k.mu.Lock()
		for len(k.rest) > maxLine {
			k.room.Wait()
		}
		k.rest = append(k.rest, chunk[:n]...)
		k.over = err != nil
		close(k.news)
		k.news = make(chan struct{})
		k.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take waits until some takes something of what was typed, and returns that. The error is the cause of ctx, or errNoInput.
func (k *keyboard) take(ctx context.Context, some func(typed []byte) (n int)) ([]byte, error) {
	k.begin.Do(func() { go k.listen() })
	for {
		if cause := context.Cause(ctx); cause != nil { // what was typed meanwhile is for whoever asks next
			return nil, cause
		}
		k.mu.Lock()
		if n := some(k.rest); n > 0 {
			taken := k.rest[:n:n]
			k.rest = k.rest[n:]
			k.room.Signal()
			k.mu.Unlock()
			return taken, nil
		}
		news, over := k.news, k.over
		k.mu.Unlock()
		if over {
			return nil, errNoInput
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
}

// line gives a line, without its end.
func (k *keyboard) line(ctx context.Context) (string, error) {
	line, err := k.take(ctx, func(typed []byte) int {
		if end := bytes.IndexByte(typed, '\n'); end >= 0 {
			return end + 1
		}
		if len(typed) > maxLine {
			return len(typed)
		}
		return 0
	})
	return string(bytes.TrimRight(line, "\r\n")), err
}

// reader gives what is typed until ctx ends.
func (k *keyboard) reader(ctx context.Context) io.Reader { return keys{k, ctx} }

type keys struct {
	*keyboard
	ctx context.Context
}

// Read implements io.Reader.
func (r keys) Read(p []byte) (int, error) {
	taken, err := r.take(r.ctx, func(typed []byte) int { return min(len(typed), len(p)) })
	if err != nil {
		return 0, io.EOF
	}
	return copy(p, taken), nil
}
