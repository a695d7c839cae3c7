package lsp

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net/textproto"
	"strconv"

	"github.com/creachadair/jrpc2/channel"
)

// maxMessage bounds one message. JSON makes a text longer, so this leaves room for every document worth looking at.
const maxMessage = 64 << 20

// frames reads and writes messages, each behind a header with its length. Writing is the library's; its reading would make room for
// whatever length a header claims.
type frames struct {
	channel.Channel
	in  *bufio.Reader
	max int
	log *slog.Logger
}

func newFrames(in io.Reader, out io.Writer, log *slog.Logger) *frames {
	return &frames{channel.LSP(in, nopCloser{out}), bufio.NewReader(in), maxMessage, log}
}

// Recv implements channel.Channel. A message that is too long is left out.
func (f *frames) Recv() ([]byte, error) {
	for {
		header, err := textproto.NewReader(f.in).ReadMIMEHeader()
		if err != nil {
			return nil, err
		}
		size, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil || size < 0 {
			return nil, fmt.Errorf("the header of a message has Content-Length %q, which is no length", header.Get("Content-Length"))
		}
		if size <= f.max {
			data := make([]byte, size)
			_, err := io.ReadFull(f.in, data)
			return data, err
		}
		f.log.Error("a message is too long, and left out", "bytes", size, "max", f.max)
		if _, err := io.CopyN(io.Discard, f.in, int64(size)); err != nil {
			return nil, err
		}
	}
}

// nopCloser keeps standard output open: whoever opened it closes it.
type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
