package wsman

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// reader is the script that writes to a file what its standard input brings, as lines that packer makes. It is for Windows PowerShell
// 4 and later. That reads its input itself and hands it to the script by lines, before the input has ended.
//
//go:embed reader.ps1
var reader string

// cannotError tells that a file did not begin to travel. Not more than one piece of it was read then, and the guest has none of it.
type cannotError struct {
	guest  bool // it is the guest that cannot, and will not the next time either
	reason error
}

func (e *cannotError) Error() string { return e.reason.Error() }

// The guest keeps what it has not come to yet as text in memory, so a file goes in parts, each to a PowerShell of its own.
const part = 32 << 20

// upload copies a file of more than one piece to a path. Until the guest has taken the first piece, an error is a *cannotError.
func (l link) upload(path string, src io.Reader) error {
	shell, err := l.open()
	if err != nil {
		return &cannotError{reason: err}
	}
	defer shell.close()
	p := &packer{src: src, sum: sha256.New()}
	for offset := int64(0); ; offset = p.read {
		p.sum.Reset()
		w, err := shell.writer(path, offset)
		if err == nil && offset == 0 {
			err = w.first(p)
		}
		if err != nil {
			if offset == 0 {
				return &cannotError{guest: w != nil && !w.lost, reason: err}
			}
			return fmt.Errorf("copy to %s, after %d bytes: %w", path, offset, err)
		}
		if err := w.rest(p, offset+part); err != nil {
			return fmt.Errorf("copy to %s: %w", path, err)
		}
		if p.end {
			return nil
		}
	}
}

// writer is the script on the guest, which writes what it is sent.
type writer struct {
	*process
	envelope int  // bytes the service takes at once
	lost     bool // the service did not answer
}

const (
	readyTimeout = 2 * time.Minute // Windows may be busy with itself
	endTimeout   = 10 * time.Minute
)

// writer starts the script. Without one it is nil: the service did not answer.
func (s *shell) writer(path string, offset int64) (*writer, error) {
	// The path stands between double quotes in the script, as Packer has it in its own.
	script := strings.NewReplacer("PATH", path, "OFFSET", strconv.FormatInt(offset, 10)).Replace(reader)
	p, err := s.start("powershell.exe -NoProfile -NonInteractive -EncodedCommand " + encode(script))
	if err != nil {
		return nil, err
	}
	w := &writer{process: p}
	limit, err := w.hears("ready ", readyTimeout)
	if err != nil {
		return w, err
	}
	kilobytes, err := strconv.Atoi(limit)
	if err != nil {
		return w, fmt.Errorf("its largest envelope is %.20q", limit)
	}
	w.envelope = min(max(kilobytes, smallestEnvelope), largestEnvelope) << 10
	return w, nil
}

// Bounds on envelopes, in KiB: what every Windows takes, and more than which gains nothing.
// Reference: https://learn.microsoft.com/windows/win32/winrm/installation-and-configuration-for-windows-remote-management
const (
	smallestEnvelope = 150
	largestEnvelope  = 1 << 10
)

// encode writes a script as powershell.exe takes it on its command line.
func encode(script string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(script)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// hears waits for a line that begins like this, and gives its rest.
func (w *writer) hears(begin string, limit time.Duration) (string, error) {
	for deadline := time.Now().Add(limit); ; {
		said := w.stdout.String()
		for line := range strings.Lines(said) {
			if rest, ok := strings.CutPrefix(line, begin); ok && strings.HasSuffix(line, "\n") {
				return strings.TrimSpace(rest), nil
			}
		}
		switch {
		case len(said) > complaint:
			return "", fmt.Errorf("PowerShell said something else than %q: %.100q", begin, said)
		case w.done:
			return "", w.ended()
		case time.Now().After(deadline):
			return "", fmt.Errorf("PowerShell did not say %q within %s", begin, limit)
		}
		if err := w.receive(); err != nil {
			w.lost = true
			return "", err
		}
	}
}

// first sends one line, and sees it taken.
func (w *writer) first(p *packer) error {
	line, err := p.line()
	if err != nil {
		return err
	}
	if err := w.send(line, false); err != nil {
		w.lost = true
		return err
	}
	_, err = w.hears("taken", readyTimeout)
	return err
}

// rest sends what comes up to an offset of the file, and sees the checksum of what the guest has of this part.
func (w *writer) rest(p *packer, upTo int64) error {
	var lines []byte
	for !p.end && p.read < upTo {
		line, err := p.line()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(lines)+len(line) > room(w.envelope) {
			if err := w.send(lines, false); err != nil {
				return err
			}
			lines = lines[:0]
		}
		lines = append(lines, line...)
	}
	if err := w.send(lines, true); err != nil {
		return err
	}
	text, err := w.hears("sum ", endTimeout)
	if err != nil {
		return err
	}
	if want := hex.EncodeToString(p.sum.Sum(nil)); strings.ToLower(strings.ReplaceAll(text, "-", "")) != want {
		return fmt.Errorf("what arrived has another SHA-256 than what was sent: %.100q, and not %s", text, want)
	}
	return nil
}
