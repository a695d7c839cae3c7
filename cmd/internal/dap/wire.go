package dap

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/go-dap"
)

// maxMessage bounds one message with its header, in bytes. The library takes contents of up to 4 MiB, and headers of any length.
const maxMessage = 5 << 20

// maxText bounds a text of the guest's or of an error in one message, in bytes.
const maxText = 64 << 10

// errTooLong says that what came was no message in the bounds of one.
var errTooLong = fmt.Errorf("a message is longer than %d MiB, or has no header", maxMessage>>20)

// reader reads messages, each behind a header with its length.
type reader struct {
	limit io.LimitedReader
	buf   *bufio.Reader
}

func newReader(in io.Reader) *reader {
	r := &reader{limit: io.LimitedReader{R: in}}
	r.buf = bufio.NewReader(&r.limit)
	return r
}

// next gives the content of the next message. The error is io.EOF when there is none; after another one there is no telling where
// the next message would begin.
func (r *reader) next() ([]byte, error) {
	r.limit.N = maxMessage // what is in the buffer already belongs to this message: it is far less than the library's limit leaves
	content, err := dap.ReadBaseMessage(r.buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if r.limit.N <= 0 {
			return nil, errTooLong
		}
		return nil, io.EOF
	}
	return content, err
}

// writer numbers messages and has them written in that order. An editor that does not read holds up who sends, until the writer is closed.
type writer struct {
	queue  chan dap.Message
	closed chan struct{} // from then on nobody waits for room in the queue
	idle   chan struct{} // closed when nothing is written any more

	mu   sync.Mutex // held while a message is queued: their order is that of their numbers
	seq  int
	over bool // the queue is closed
}

// waiting is how many messages may wait to be written.
const waiting = 256

func newWriter(out io.Writer) *writer {
	w := &writer{queue: make(chan dap.Message, waiting), closed: make(chan struct{}), idle: make(chan struct{})}
	go func() {
		defer close(w.idle)
		var err error
		for m := range w.queue {
			if err == nil { // after an error nobody listens; whoever reads from the editor will see that
				err = dap.WriteProtocolMessage(out, m)
			}
		}
	}()
	return w
}

// send gives a message its number, and queues it. 0 is the number of one that was dropped.
func (w *writer) send(m dap.Message) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return 0
	}
	w.seq++
	switch m := m.(type) {
	case dap.RequestMessage:
		r := m.GetRequest()
		r.Seq, r.Type = w.seq, "request"
	case dap.ResponseMessage:
		r := m.GetResponse()
		r.Seq, r.Type = w.seq, "response"
	case dap.EventMessage:
		e := m.GetEvent()
		e.Seq, e.Type = w.seq, "event"
	}
	select {
	case w.queue <- m: // even if nobody may be there: there is room
		return w.seq
	default:
	}
	select {
	case w.queue <- m:
		return w.seq
	case <-w.closed:
		return 0
	}
}

// drop lets nobody wait any more: the editor is gone. It is called once at most.
func (w *writer) drop() { close(w.closed) }

// end takes no more messages, and waits until those that wait are written, for a moment: an editor need not read them.
func (w *writer) end() {
	w.mu.Lock()
	w.over = true
	close(w.queue)
	w.mu.Unlock()
	select {
	case <-w.idle:
	case <-time.After(goodbye):
	}
}

// goodbye is how long an editor may take to read the last messages.
const goodbye = 2 * time.Second

// codec knows the protocol's messages and our own.
func codec() *dap.Codec {
	c := dap.NewCodec()
	err := c.RegisterRequest(openTerminal,
		func() dap.Message { return &OpenTerminalRequest{} }, func() dap.Message { return &OpenTerminalResponse{} })
	if err != nil {
		panic(err) // the protocol has a request of that name by now
	}
	return c
}

// openTerminal asks for a terminal in the build VM: the adapter asks back with runInTerminal.
const openTerminal = "ingot/openTerminal"

// OpenTerminalRequest is the request of that name. It has no arguments.
type OpenTerminalRequest struct {
	dap.Request
}

// OpenTerminalResponse is the answer when the editor was asked.
type OpenTerminalResponse struct {
	dap.Response
}

// head is what is read of a message that could not be understood as a whole.
type head struct {
	Seq     int    `json:"seq"`
	Type    string `json:"type"`
	Command string `json:"command"`
}

func headOf(content []byte) (head, bool) {
	var h head
	return h, json.Unmarshal(content, &h) == nil && h.Type == "request"
}

// bounded shortens a text that is too long for one message.
func bounded(text string) string {
	if len(text) <= maxText {
		return text
	}
	return text[:maxText] + fmt.Sprintf("\n[%d more bytes are left out]", len(text)-maxText)
}
