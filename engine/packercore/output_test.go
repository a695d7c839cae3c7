package packercore_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/events"
)

// printing is a guest with one command, which writes what a test says and ends well.
type printing struct {
	packersdk.Communicator
	write func(stdout, stderr io.Writer)
}

func (p printing) Start(_ context.Context, cmd *packersdk.RemoteCmd) error {
	go func() {
		p.write(cmd.Stdout, cmd.Stderr)
		cmd.SetExited(0)
	}()
	return nil
}

// printed builds on such a guest, and returns what the provisioner's step printed.
func printed(t *testing.T, r *rig, write func(stdout, stderr io.Writer)) []events.Output {
	t.Helper()
	r.builder.comm = printing{write: write}
	if _, err := r.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all []events.Output
	for _, e := range r.events {
		if e.Output != nil && e.Step == "provisioner[0]" {
			all = append(all, *e.Output)
		}
	}
	return all
}

func printingRig(t *testing.T) *rig {
	return actingRig(t, "", func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
		return (&packersdk.RemoteCmd{Command: "print"}).RunWithUi(ctx, comm, ui)
	})
}

const lineLimit = 16 << 10

// One line of 48 MiB: in pieces, whole, and in no moment all of it in memory.
func TestLineWithoutEnd(t *testing.T) {
	const size = 48 << 20
	r := printingRig(t)
	piece := bytes.Repeat([]byte("0123456789abcdef"), 32<<10/16)
	seen, most := 0, uint64(0)
	out := printed(t, r, func(stdout, _ io.Writer) {
		before := inUse()
		for n := range size / len(piece) {
			if _, err := stdout.Write(piece); err != nil {
				t.Error(err)
			}
			if n%256 == 255 {
				r.forgetText(&seen)
				most = max(most, inUse()-min(before, inUse()))
			}
		}
	})
	if most > 16<<20 {
		t.Errorf("a line of %d MiB took %d MiB of memory", size>>20, most>>20)
	}
	for _, o := range out {
		if len(o.Text) > lineLimit {
			t.Fatalf("a piece has %d bytes", len(o.Text))
		}
		seen += len(o.Text)
	}
	if seen != size {
		t.Errorf("%d bytes arrived, want %d", seen, size)
	}
}

// inUse is how much memory is held.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// forgetText counts the text that was emitted so far and lets go of it, as a log on disk does.
func (r *rig) forgetText(size *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Output != nil && e.Step == "provisioner[0]" {
			*size += len(e.Output.Text)
		}
	}
	r.events = nil
}

// A line that stays open is shown after a while, and what follows goes on with it.
func TestLineThatStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := printingRig(t)
		r.opts.Mask.Add("hunter22")
		out := printed(t, r, func(stdout, stderr io.Writer) {
			fmt.Fprint(stdout, "password: hunt")
			fmt.Fprint(stderr, "\xe6\x97") // two of three bytes
			time.Sleep(time.Minute)
			if !r.saw("provisioner[0]: stdout| password:") {
				t.Errorf("nothing is shown after a minute: %q", r.lines())
			}
			fmt.Fprint(stdout, "er22, ok\n")
			fmt.Fprint(stderr, "\xa5")
			for range 10 {
				time.Sleep(1100 * time.Millisecond)
				fmt.Fprint(stdout, ".")
			}
		})
		var text strings.Builder
		for _, o := range out {
			fmt.Fprintf(&text, "%s:%s ", o.Stream, o.Text)
		}
		if want := "stdout:password: stdout:***, ok stderr:日 stdout:..... stdout:..... "; text.String() != want {
			t.Errorf("got  %q\nwant %q", text.String(), want)
		}
	})
}

// A secret is hidden wherever a line that is too long is cut.
func TestSecretAcrossPieces(t *testing.T) {
	const secret = "correct horse battery staple"
	for _, at := range []int{lineLimit - len(secret) - 1, lineLimit - len(secret), lineLimit - 5, lineLimit - 1, lineLimit} {
		for _, through := range []string{"a command", "the Ui"} {
			t.Run(fmt.Sprintf("%s, at %d", through, at), func(t *testing.T) {
				text := strings.Repeat("x", at) + secret + strings.Repeat("y", 2*lineLimit)
				r := printingRig(t)
				if through == "the Ui" {
					r = actingRig(t, "", func(_ context.Context, ui packersdk.Ui, _ packersdk.Communicator) error {
						ui.Say(text)
						return nil
					})
				}
				r.opts.Mask.Add(secret)
				out := printed(t, r, func(stdout, _ io.Writer) { fmt.Fprint(stdout, text) })
				var all strings.Builder
				for _, o := range out {
					all.WriteString(o.Text)
				}
				if want := strings.Replace(text, secret, "***", 1); all.String() != want {
					t.Errorf("a secret at byte %d is shown", at)
				}
			})
		}
	}
}

// A gigabyte: its beginning and its end are in the log, with a note about the rest, and memory stays small.
func TestGigabyteOfOutput(t *testing.T) {
	if testing.Short() {
		t.Skip("a gigabyte takes seconds")
	}
	for _, tc := range []struct {
		name  string
		write func(stdout io.Writer) (size int64)
	}{
		{"lines", func(stdout io.Writer) (size int64) {
			block := bytes.Repeat([]byte(strings.Repeat("guest ", 10)+"\n"), 32<<10/61)
			for size < 1<<30 {
				n, err := stdout.Write(block)
				if err != nil {
					t.Error(err)
				}
				size += int64(n)
			}
			return size
		}},
		{"binary, without a line", func(stdout io.Writer) (size int64) {
			block := bytes.Repeat([]byte{0x1b, 0x00, 0xff, 0x9b, 'x', 0x7f, 0x80, 0xc3}, 32<<10/8)
			for size < 1<<30 {
				n, err := stdout.Write(block)
				if err != nil {
					t.Error(err)
				}
				size += int64(n)
			}
			return size
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := printingRig(t)
			out := printed(t, r, func(stdout, stderr io.Writer) {
				fmt.Fprint(stdout, "first line\n")
				tc.write(stdout)
				fmt.Fprint(stdout, "\nlast line\n")
				fmt.Fprint(stderr, "and an error\n")
			})
			kept := 0
			var notes []string
			for _, o := range out {
				kept += len(o.Text)
				if o.Stream == events.Say {
					notes = append(notes, o.Text)
				}
			}
			if kept > 65<<20 {
				t.Errorf("%d MiB are kept", kept>>20)
			}
			end := out[len(out)-2:]
			wantEnd := events.Output{Stream: events.Stderr, Text: "and an error"}
			if out[0].Text != "first line" || end[0].Text != "last line" || end[1] != wantEnd {
				t.Errorf("it begins with %q and ends with %q", out[0].Text, end)
			}
			if len(notes) != 2 || !strings.Contains(notes[0], "printed 64 MiB") || !strings.Contains(notes[1], "are left out here") {
				t.Errorf("notes: %q", notes)
			}
			progress := 0
			for _, e := range r.events {
				if e.Progress != nil && e.Step == "provisioner[0]" {
					progress++
				}
			}
			if progress < 10 || progress > 100 {
				t.Errorf("%d progress events, want one now and then", progress)
			}
		})
	}
}

// What a component reads itself comes to it byte for byte.
func TestOutputThatIsRead(t *testing.T) {
	text := strings.Repeat("x", 3*lineLimit) + "\x00\r\n" + strings.Repeat("y", lineLimit)
	var got bytes.Buffer
	r := actingRig(t, "", func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		cmd := &packersdk.RemoteCmd{Command: "print", Stdout: &got}
		err := comm.Start(ctx, cmd)
		cmd.Wait()
		return err
	})
	printed(t, r, func(stdout, _ io.Writer) { fmt.Fprint(stdout, text) })
	if got.String() != text {
		t.Errorf("%d bytes arrived, want %d", got.Len(), len(text))
	}
}

// A console that never rests does not fill the log either.
func TestConsoleWithoutEnd(t *testing.T) {
	r := printingRig(t)
	line := strings.Repeat("c", 1<<10)
	r.builder.console = func(ui packersdk.Ui) {
		for range 80 << 10 {
			ui.Machine("ingot-console", line)
		}
		ui.Machine("ingot-console", "last words")
	}
	printed(t, r, func(io.Writer, io.Writer) {})
	kept := 0
	for _, e := range r.events {
		if e.Output != nil && e.Step == "boot" {
			kept += len(e.Output.Text)
		}
	}
	if kept > 65<<20 || !r.saw("boot: console| last words") {
		t.Errorf("%d MiB are kept, with the last words: %v", kept>>20, r.saw("boot: console| last words"))
	}
}
