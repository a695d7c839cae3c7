package wsman

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/translate/check/powershell"
	"github.com/ingot-build/ingot/translate/script"
)

// lines makes the input of the script, and gives the checksum it is to say.
func lines(t *testing.T, content []byte) (input []byte, sum string) {
	t.Helper()
	p := &packer{src: bytes.NewReader(content), sum: sha256.New()}
	for !p.end {
		line, err := p.line()
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		input = append(input, line...)
	}
	var pairs []string
	for _, b := range p.sum.Sum(nil) {
		pairs = append(pairs, fmt.Sprintf("%02X", b))
	}
	return input, strings.Join(pairs, "-")
}

func TestReaderSyntax(t *testing.T) {
	if f := powershell.Parse(&script.Script{Text: reader}); f.Err != nil {
		t.Error(f.Err)
	}
	// powershell.exe is started by cmd.exe, which takes 8191 characters.
	if line := encode(reader); len(line) > 6000 {
		t.Errorf("the command line has %d characters, too many for one with a long path", len(line))
	}
}

// A real PowerShell writes what it is sent, in two parts.
func TestReaderReal(t *testing.T) {
	program := os.Getenv(winguest.PowerShellVariable)
	if program == "" {
		t.Skip(winguest.PowerShellVariable + " does not name a PowerShell")
	}
	path := filepath.Join(t.TempDir(), "new folder", "file.bin")
	first, second := append(text(3*piece), noise(2*piece+1)...), noise(piece/2)
	for _, part := range []struct {
		offset  string
		content []byte
	}{{"0", first}, {"204801", second}} {
		input, sum := lines(t, part.content)
		cmd := exec.CommandContext(t.Context(), program, "-NoProfile", "-NonInteractive", "-EncodedCommand",
			encode(strings.NewReplacer("PATH", path, "OFFSET", part.offset).Replace(reader)))
		cmd.Stdin = bytes.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Join(strings.Fields(string(out)), " ") != "ready 150 taken sum "+sum {
			t.Fatalf("from %s: %v: %s\nwant %s", part.offset, err, out, sum)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, append(first, second...)) {
		t.Errorf("%d bytes arrived, %v", len(got), err)
	}
}

// Whatever the service answers, it is an answer or an error.
func FuzzReply(f *testing.F) {
	f.Add(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>`)
	f.Add(`<a><b></a>`)
	f.Add("\x00")
	f.Fuzz(func(t *testing.T, reply string) {
		if err := checkReply(reply); err == nil && !strings.Contains(reply, "<") {
			t.Errorf("%q passed", reply)
		}
	})
}
