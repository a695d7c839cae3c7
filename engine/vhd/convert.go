package vhd

import (
	"bytes"
	"context"
	"strconv"

	"github.com/ingot-build/ingot/engine/runcmd"
)

// convert lets qemu-img write the disk as raw. Stretches of zeros become holes, those that the guest wrote too.
func (s source) convert(ctx context.Context, run runcmd.Runner, path string, progress func(done, total int64)) error {
	_, err := run.Run(ctx, runcmd.Cmd{
		Path:   "qemu-img",
		Args:   []string{"convert", "-p", "-W", "-m", "8", "-f", s.Format, "-O", "raw", s.Path, path},
		Stdout: &percentReader{total: s.data, progress: progress},
	})
	return err
}

// percentReader turns the lines of `qemu-img convert -p`, "    (12.34/100%)\r", into calls of progress.
type percentReader struct {
	total    int64
	progress func(done, total int64)
	pending  []byte
}

func (p *percentReader) Write(b []byte) (int, error) {
	p.pending = append(p.pending, b...)
	for {
		_, rest, opened := bytes.Cut(p.pending, []byte("("))
		number, rest, closed := bytes.Cut(rest, []byte("/100%)"))
		if !opened || !closed {
			return len(b), nil
		}
		p.pending = rest
		if percent, err := strconv.ParseFloat(string(number), 64); err == nil {
			p.progress(int64(float64(p.total)*percent/100), p.total)
		}
	}
}
