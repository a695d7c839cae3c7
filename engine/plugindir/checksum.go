package plugindir

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Checksum is how a plugin's file stands to the checksum file beside it.
type Checksum string

// The states of a checksum.
const (
	ChecksumGood      Checksum = "ok"
	ChecksumMissing   Checksum = "missing"   // there is no checksum file
	ChecksumBad       Checksum = "bad"       // the checksum file holds none
	ChecksumWrong     Checksum = "wrong"     // the file is another one
	ChecksumUnchecked Checksum = "unchecked" // it is refused for its name already
)

// sumSuffix is what a checksum file has after the name of its plugin.
const sumSuffix = "_SHA256SUM"

// checkSum compares a file with the checksum in the file beside it. The reason is "" when it is right.
func checkSum(path string) (state Checksum, reason string) {
	sum, err := readLimited(path+sumSuffix, 1<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return ChecksumMissing, "it has no checksum file " + filepath.Base(path) + sumSuffix
	}
	if err != nil {
		return ChecksumBad, err.Error()
	}
	want := strings.ToLower(strings.TrimSpace(string(sum)))
	if raw, err := hex.DecodeString(want); err != nil || len(raw) != sha256.Size {
		return ChecksumBad, "its checksum file holds no SHA-256 sum of 64 hexadecimal digits"
	}
	got, err := fileSum(path)
	if err != nil {
		return ChecksumBad, err.Error()
	}
	if got != want {
		return ChecksumWrong, fmt.Sprintf(
			"it is not the file that was installed: its SHA-256 sum is %.12s…, and its checksum file has %.12s…", got, want)
	}
	return ChecksumGood, ""
}

// fileSum is the SHA-256 sum of a file, in hexadecimal digits.
func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// readLimited reads a file, or fails if it has more than limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return data, err
}

// sumOf is the SHA-256 sum of bytes, in hexadecimal digits.
func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
