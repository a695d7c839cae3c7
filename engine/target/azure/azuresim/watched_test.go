package azuresim_test

import (
	"bytes"
	"strings"
	"sync"
)

// watched is output that somebody waits for a text in.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	want string
	seen chan struct{} // closed when it is there
	done bool
}

func (w *watched) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(data)
	if !w.done && strings.Contains(w.text.String(), w.want) {
		w.done = true
		close(w.seen)
	}
	return len(data), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
