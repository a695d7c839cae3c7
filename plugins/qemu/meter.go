package qemu

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// meter adds up the time in which the guest works on a build's steps: in which at least one command or copy is under way. It is safe
// for concurrent use.
type meter struct {
	mu    sync.Mutex
	busy  int // commands and copies under way
	since time.Time
	total time.Duration
}

func (m *meter) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy++; m.busy == 1 {
		m.since = time.Now()
	}
}

func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy--; m.busy == 0 {
		m.total += time.Since(m.since)
	}
}

// spent is the time so far.
func (m *meter) spent() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy > 0 {
		return m.total + time.Since(m.since)
	}
	return m.total
}

// metered is a communicator that tells a meter when the guest works.
type metered struct {
	packersdk.Communicator
	*meter
	vm *vm // see Freeze
}

func (v *vm) metered(comm packersdk.Communicator) metered { return metered{comm, &v.steps, v} }

func (c metered) Start(ctx context.Context, cmd *packersdk.RemoteCmd) error {
	c.begin()
	if err := c.Communicator.Start(ctx, cmd); err != nil {
		c.end()
		return err
	}
	go func() { // ends with the command, or with its connection
		cmd.Wait()
		c.end()
	}()
	return nil
}

func (c metered) Upload(path string, r io.Reader, info *os.FileInfo) error {
	c.begin()
	defer c.end()
	return c.Communicator.Upload(path, r, info)
}

func (c metered) UploadDir(dst, src string, exclude []string) error {
	c.begin()
	defer c.end()
	return c.Communicator.UploadDir(dst, src, exclude)
}

func (c metered) Download(path string, w io.Writer) error {
	c.begin()
	defer c.end()
	return c.Communicator.Download(path, w)
}

func (c metered) DownloadDir(src, dst string, exclude []string) error {
	c.begin()
	defer c.end()
	return c.Communicator.DownloadDir(src, dst, exclude)
}

// guestTime says how long the guest took, and with what; everything else of a build's time is not the guest's.
func (v *vm) guestTime() (time.Duration, string) {
	steps := v.steps.spent()
	all := v.bootTime + steps + v.shutdownTime
	return all, fmt.Sprintf("The guest took %.2f s: %.2f s to boot, %.2f s for the steps, %.2f s to shut down",
		all.Seconds(), v.bootTime.Seconds(), steps.Seconds(), v.shutdownTime.Seconds())
}
