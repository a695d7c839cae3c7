package machine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFacts(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"torn":            {`{"format": 1`, "unexpected end"},
		"of the future":   {`{"format": 2}`, "is of format 2, and this version knows 1"},
		"of nothing":      {`{"format": 1, "cpus": 2}`, "names no machine"},
		"of a toaster":    {`{"format": 1, "cpus": 2, "memoryMiB": 512, "firmware": "toast"}`, "names no machine"},
		"not there":       {"", "no such file"},
		"as they must be": {`{"format": 1, "cpus": 2, "memoryMiB": 512, "firmware": "bios", "later": "more"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range []string{DiskFile, SeedFile} {
				if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if tt.text != "" {
				if err := os.WriteFile(filepath.Join(dir, FactsFile), []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := ReadFacts(dir, nil)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestReadFactsWithoutDisk(t *testing.T) {
	dir := t.TempDir()
	text := `{"format": 1, "cpus": 2, "memoryMiB": 512, "firmware": "bios"}`
	if err := os.WriteFile(filepath.Join(dir, FactsFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFacts(dir, nil); err == nil || !strings.Contains(err.Error(), "its disk.qcow2 is gone") {
		t.Errorf("got %v", err)
	}
}
