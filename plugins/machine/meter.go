package machine

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// Meter adds up the time in which the guest works on a build's steps: in which at least one command or copy is under way. It is safe
// for concurrent use.
type Meter struct {
	mu    sync.Mutex
	busy  int // commands and copies under way
	since time.Time
	total time.Duration
}

// Begin says that work begins; several may be under way.
func (m *Meter) Begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy++; m.busy == 1 {
		m.since = time.Now()
	}
}

// End says that one of those ended.
func (m *Meter) End() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy--; m.busy == 0 {
		m.total += time.Since(m.since)
	}
}

// Spent is the time so far.
func (m *Meter) Spent() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy > 0 {
		return m.total + time.Since(m.since)
	}
	return m.total
}

// Metered is a communicator that tells a meter when the guest works.
type Metered struct {
	packersdk.Communicator
	*Meter
}

func (c Metered) Start(ctx context.Context, cmd *packersdk.RemoteCmd) error {
	c.Begin()
	if err := c.Communicator.Start(ctx, cmd); err != nil {
		c.End()
		return err
	}
	go func() { // ends with the command, or with its connection
		cmd.Wait()
		c.End()
	}()
	return nil
}

func (c Metered) Upload(path string, r io.Reader, info *os.FileInfo) error {
	c.Begin()
	defer c.End()
	return c.Communicator.Upload(path, r, info)
}

func (c Metered) UploadDir(dst, src string, exclude []string) error {
	c.Begin()
	defer c.End()
	return c.Communicator.UploadDir(dst, src, exclude)
}

func (c Metered) Download(path string, w io.Writer) error {
	c.Begin()
	defer c.End()
	return c.Communicator.Download(path, w)
}

func (c Metered) DownloadDir(src, dst string, exclude []string) error {
	c.Begin()
	defer c.End()
	return c.Communicator.DownloadDir(src, dst, exclude)
}

// Times are how long a guest took, and with what; everything else of a build's time is not the guest's.
type Times struct {
	Boot, Shutdown time.Duration
	Steps          Meter // runs while provisioners do
}

// Total adds them up, and says so.
func (t *Times) Total() (time.Duration, string) {
	steps := t.Steps.Spent()
	all := t.Boot + steps + t.Shutdown
	return all, fmt.Sprintf("The guest took %.2f s: %.2f s to boot, %.2f s for the steps, %.2f s to shut down",
		all.Seconds(), t.Boot.Seconds(), steps.Seconds(), t.Shutdown.Seconds())
}
