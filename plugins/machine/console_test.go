package machine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	for _, tc := range []struct{ name, raw, want string }{
		{"plain", "[    1.0] Run /init\r", "[    1.0] Run /init"},
		{"colours", "[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mssh.service\x1b[0m.", "[  OK  ] Started ssh.service."},
		{"cursor of a firmware", "\x1b[2J\x1b[01;01H\x1b[=3hBdsDxe: loading Boot0001", "BdsDxe: loading Boot0001"},
		{"terminal modes", "\x1bc\x1b[?7l\x1b(Blogin:", "login:"},
		{"no text", "\x1b[2K\r  ", ""},
		{"broken UTF-8", "caf\xe9", "caf\uFFFD"},
		{"tabs stay", "a\tb", "a\tb"},
		{"an escape cut short", "x\x1b[0", "x[0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := clean([]byte(tc.raw)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add([]byte("\x1b[0;31mfailed\x1b[0m\r"))
	f.Add([]byte("\xff\x1b\x1b[["))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := clean(raw)
		if strings.ContainsAny(got, "\x1b\r\n\x00\x7f") {
			t.Errorf("%q still controls a terminal", got)
		}
		if again := clean([]byte(got)); again != got {
			t.Errorf("%q, cleaned again: %q", got, again)
		}
	})
}

func TestConsoleFollows(t *testing.T) {
	path := filepath.Join(t.TempDir(), ConsoleFile)
	var lines, ends []string
	c := &Console{Path: path, Emit: func(line string) { lines = append(lines, line) },
		Peek: func(text string) { ends = append(ends, text) }}
	read := func() {
		t.Helper()
		if err := c.Read(); err != nil {
			t.Fatal(err)
		}
	}
	read() // not there yet
	if c.Spoke() || c.LastLines() != "" {
		t.Error("it spoke before there was a file")
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, text := range []string{"Sea", "BIOS\r\n\r\n[ 1.0] Li", "nux\r\n", "grub res", "cue> "} {
		fmt.Fprint(file, text)
		read()
	}
	if diff := cmp.Diff([]string{"SeaBIOS", "[ 1.0] Linux"}, lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Sea", "[ 1.0] Li", "", "grub res", "grub rescue>"}, ends); diff != "" || !c.Spoke() {
		t.Error("what has not ended:", diff)
	}

	for i := range 2 * consoleKeep {
		fmt.Fprintf(file, "line %d\n", i)
	}
	fmt.Fprint(file, "no newline")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Follow(ctx); err != nil {
		t.Fatal(err)
	}
	if got := lines[len(lines)-1]; got != "no newline" {
		t.Errorf("the last line is %q", got)
	}
	last := c.LastLines()
	if strings.Count(last, "\n    ") != consoleKeep || !strings.Contains(last, path) || !strings.HasSuffix(last, "no newline") {
		t.Errorf("last lines: %s", last)
	}
}

// A line is cut, so that a guest that writes none of its ends does not fill this host's memory.
func TestConsoleCutsLines(t *testing.T) {
	var lengths []int
	c := &Console{Emit: func(line string) { lengths = append(lengths, len(line)) }}
	rest := c.take(bytes.Repeat([]byte("x"), 2*consoleLine+10))
	c.take(append(rest, "\nshort\n"...))
	if diff := cmp.Diff([]int{consoleLine, consoleLine, 10, 5}, lengths); diff != "" {
		t.Error(diff)
	}
}

func TestConsoleThatNeverCame(t *testing.T) {
	c := &Console{Path: filepath.Join(t.TempDir(), ConsoleFile)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Follow(ctx); err != nil {
		t.Errorf("got %v for a QEMU that never wrote", err)
	}
}
