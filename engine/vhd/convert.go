package vhd

import (
	"bytes"
	"context"
	"strconv"
	"sync/atomic"

	"github.com/ingot-build/ingot/engine/runcmd"
)

// convert lets qemu-img write the disk as raw. Stretches of zeros become holes, those that the guest wrote too.
func (s source) convert(ctx context.Context, run runcmd.Runner, path string, data *atomic.Int64,
	progress func(done, total int64)) error {
	_, err := run.Run(ctx, runcmd.Cmd{
		Path:   "qemu-img",
		Args:   []string{"convert", "-p", "-W", "-m", "8", "-f", s.Format, "-O", "raw", s.Path, path},
		Stdout: &percentReader{total: data, progress: progress},
	})
	return err
}

// percentReader turns the lines of `qemu-img convert -p`, "    (12.34/100%)\r", into calls of progress.
type percentReader struct {
	total    *atomic.Int64 // 0 until it is known; nothing is told before
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
		total := p.total.Load()
		if percent, err := strconv.ParseFloat(string(number), 64); err == nil && total > 0 {
			p.progress(int64(float64(total)*percent/100), total)
		}
	}
}
