package debug

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/muesli/cancelreader"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/engine/service"
)

// Terminal is where a person sits.
type Terminal struct {
	In, Out *os.File
	Environ []string
	Kind    string // TERM
}

// Run shows a model until it is left, its session has ended, or ctx ends. news has an element when the session has some. The terminal is
// as it was when Run returns.
func Run(ctx context.Context, t Terminal, m *Model, news <-chan struct{}) (Outcome, error) {
	program := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(t.In), tea.WithOutput(t.Out), tea.WithEnvironment(t.Environ),
		tea.WithoutSignalHandler(), tea.WithFPS(20))
	over := make(chan struct{})
	go func() {
		for {
			select {
			case <-news:
				program.Send(changedMsg{})
			case <-over:
				return
			}
		}
	}()
	_, err := program.Run()
	close(over)
	switch {
	case ctx.Err() != nil:
		return Cancel, nil
	case err != nil:
		return Detached, fmt.Errorf("show the workbench: %w", err)
	}
	return m.Outcome, nil
}

// Machine is a Guest by SSH.
type Machine struct {
	Ctx      context.Context
	Terminal Terminal
}

// Shell implements Guest.
func (g Machine) Shell(way service.Way) tea.ExecCommand { return &shell{g, way} }

// Put implements Guest.
func (g Machine) Put(ctx context.Context, way service.Way, from, to string) (n sshto.Copied, err error) {
	guest, err := sshto.Dial(ctx, way)
	if err != nil {
		return n, err
	}
	defer guest.Close()
	return guest.Put(ctx, from, to, sshto.CopyOptions{})
}

// Get implements Guest.
func (g Machine) Get(ctx context.Context, way service.Way, from, to string) (n sshto.Copied, err error) {
	guest, err := sshto.Dial(ctx, way)
	if err != nil {
		return n, err
	}
	defer guest.Close()
	return guest.Get(ctx, from, to, sshto.CopyOptions{})
}

// shell has the terminal while it runs.
type shell struct {
	Machine
	way service.Way
}

// The terminal is our own: what Bubble Tea would give is the same, as streams.
func (*shell) SetStdin(io.Reader)  {}
func (*shell) SetStdout(io.Writer) {}
func (*shell) SetStderr(io.Writer) {}

// Run implements tea.ExecCommand.
func (s *shell) Run() error {
	guest, err := sshto.Dial(s.Ctx, s.way)
	if err != nil {
		return err
	}
	defer guest.Close()
	reader, err := cancelreader.NewReader(s.Terminal.In)
	if err != nil {
		return fmt.Errorf("read the keyboard: %w", err)
	}
	keys := &keyboard{CancelReader: reader}
	defer keys.giveBack()
	if _, err := fmt.Fprintf(s.Terminal.Out, "a shell in the machine, as %s; back to the workbench with: exit\r\n", s.way.User); err != nil {
		return err
	}
	_, err = guest.Shell(s.Ctx, sshto.Terminal{
		File: s.Terminal.In, Out: s.Terminal.Out, Kind: s.Terminal.Kind,
		Keys: func(context.Context) io.Reader { return keys },
	}, "")
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// keyboard is one that can be given back: no read is under way after that, which would take the first key that is pressed for the
// workbench.
type keyboard struct {
	cancelreader.CancelReader
	reading sync.Mutex
}

func (k *keyboard) Read(p []byte) (int, error) {
	k.reading.Lock()
	defer k.reading.Unlock()
	return k.CancelReader.Read(p)
}

func (k *keyboard) giveBack() {
	k.Cancel()
	k.reading.Lock()
	defer k.reading.Unlock()
	_ = k.Close()
}
