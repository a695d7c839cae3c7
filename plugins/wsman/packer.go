package wsman

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"hash"
	"io"
)

// piece is how many bytes of a file make a line: two lines of them fit into the smallest envelope, and six into the usual one.
const piece = 40 << 10

// room is how many bytes of lines go into an envelope, which has them in base64, and a header.
func room(envelope int) int {
	const header = 8 << 10
	return (envelope - header) / 4 * 3
}

// packer makes a file into lines of base64: "z" before a piece that is compressed, "=" before one that would not get smaller.
type packer struct {
	src  io.Reader
	sum  hash.Hash // of what was read since its last reset
	read int64     // bytes of the file so far
	end  bool

	buffer [piece]byte
	zip    *gzip.Writer
	zipped bytes.Buffer
}

// line makes the next one. At the end of the file it gives nothing and io.EOF; end tells that it has come.
func (p *packer) line() ([]byte, error) {
	n, err := io.ReadFull(p.src, p.buffer[:])
	p.read += int64(n)
	_, _ = p.sum.Write(p.buffer[:n]) // a hash takes everything
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		p.end = true
		if n == 0 {
			return nil, io.EOF
		}
	} else if err != nil {
		return nil, err
	}
	how, content := byte('='), p.buffer[:n]
	if zipped := p.compress(content); len(zipped) < n/8*7 {
		how, content = 'z', zipped
	}
	line := append(make([]byte, 0, base64.StdEncoding.EncodedLen(len(content))+3), how)
	line = base64.StdEncoding.AppendEncode(line, content)
	return append(line, "\r\n"...), nil
}

// compress gives the bytes as a gzip file. They hold until the next call.
func (p *packer) compress(content []byte) []byte {
	p.zipped.Reset()
	if p.zip == nil {
		p.zip, _ = gzip.NewWriterLevel(&p.zipped, gzip.BestSpeed) // the level is one of its own
	} else {
		p.zip.Reset(&p.zipped)
	}
	_, _ = p.zip.Write(content) // a bytes.Buffer takes everything
	_ = p.zip.Close()
	return p.zipped.Bytes()
}
