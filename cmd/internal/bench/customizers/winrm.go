package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

const (
	winRMSize   = 20 << 20 // bytes
	tinySize    = 100 << 10
	winRMRounds = 2 // each with half a minute of waits that Packer's connecting has
	winRMUser   = "packer"
	winRMWord   = "s3cret-Word"
)

// watched is a machine that notes when its commands run.
type watched struct {
	*winguest.Machine

	mu     sync.Mutex
	begins []time.Time
	end    time.Time
}

func (w *watched) Run(ctx context.Context, p winrmserver.Process) int {
	w.mu.Lock()
	w.begins = append(w.begins, time.Now())
	w.mu.Unlock()
	code := w.Machine.Run(ctx, p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end = time.Now()
	return code
}

// copied is how long a file took. The first command is the look whether the connection works.
func (w *watched) copied() (time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.begins) < 2 {
		return 0, fmt.Errorf("the machine was told %d commands", len(w.begins))
	}
	return w.end.Sub(w.begins[1]), nil
}

// overWinRM measures everything that goes over WinRM.
func (b *bench) overWinRM() error {
	file, err := b.noise("winrm.bin", winRMSize)
	if err != nil {
		return err
	}
	tiny, err := b.noise("tiny.bin", tinySize)
	if err != nil {
		return err
	}
	var ours, theirs time.Duration
	var memory, little int64
	for range winRMRounds {
		t, _, err := b.winRM(b.packer, file)
		if err != nil {
			return err
		}
		theirs = smaller(theirs, t)
		t, m, err := b.winRM(b.ingot, file)
		if err != nil {
			return err
		}
		_, l, err := b.winRM(b.ingot, tiny)
		if err != nil {
			return err
		}
		ours, memory, little = smaller(ours, t), smaller(memory, m), smaller(little, l)
	}
	times := theirs.Seconds() / ours.Seconds()
	b.figure(times >= winRMBound, "%d MiB by File over WinRM: %.2f s, Packer's %.2f s; %.1f times as fast (wanted: at least %.0f",
		winRMSize>>20, ours.Seconds(), theirs.Seconds(), times, winRMBound)
	more := memory - little
	b.figure(more <= memoryBound, "its memory: %d MiB at its peak, %d MiB more than for a file of %d KiB (wanted: at most %d MiB more",
		memory>>20, more>>20, tinySize>>10, memoryBound>>20)
	return nil
}

// winRM has a program copy a file, and gives the time that took, and the most memory the program held.
func (b *bench) winRM(program, file string) (took time.Duration, memory int64, err error) {
	m := &watched{Machine: winguest.New(winRMUser, winRMWord)}
	s, err := winrmserver.Start(m, winrmserver.Options{User: winRMUser, Password: winRMWord})
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	folder, err := b.template("winrm", fmt.Sprintf(`source "null" "guest" {
  communicator   = "winrm"
  winrm_host     = "127.0.0.1"
  winrm_port     = %d
  winrm_username = %q
  winrm_password = %q
}
build {
  sources = ["source.null.guest"]
  provisioner "file" {
    source      = %q
    destination = "C:/files/file.bin"
  }
}
`, s.Port(), winRMUser, winRMWord, file))
	if err != nil {
		return 0, 0, err
	}
	if memory, err = b.build(program, folder); err != nil {
		return 0, 0, err
	}
	want, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	if got, err := m.ReadFile(`C:\files\file.bin`); err != nil || !bytes.Equal(got, want) {
		return 0, 0, fmt.Errorf("%s did not copy the file: %d bytes arrived, %w", program, len(got), err)
	}
	took, err = m.copied()
	return took, memory, err
}
