package accel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// host is what a result holds for. Anything that might change it changes one of these.
type host struct {
	Kernel   string `json:"kernel"` // release
	BootID   string `json:"bootId"`
	CPUModel string `json:"cpuModel"`
}

// memory is the content of the cache file.
type memory struct {
	Host   host   `json:"host"`
	Result Result `json:"result"`
}

// Remembered is Probe with a memory: the file at path, which is valid until the host boots again. Whether /dev/kvm
// opens is looked at each time, since that may change at any moment. A file that is absent, damaged or of another host
// is written anew; one that cannot be written costs the next caller a probe and is no error.
func Remembered(ctx context.Context, path string) Result {
	if err := available(); err != nil {
		return judge(0, err)
	}
	here := thisHost()
	if r, ok := recall(path, here); ok {
		return r
	}
	result := Probe(ctx)
	if ctx.Err() == nil { // a probe that was cut short found out nothing
		_ = remember(path, memory{here, result})
	}
	return result
}

func recall(path string, here host) (Result, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Result{}, false
	}
	var m memory
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if dec.Decode(&m) != nil || m.Host != here || here.BootID == "" {
		return Result{}, false
	}
	if m.Result.Name != KVM && m.Result.Name != TCG {
		return Result{}, false
	}
	return m.Result, true
}

// remember replaces the file in one go, so that a reader sees the old or the new one.
func remember(path string, m memory) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("remember the accelerator: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("remember the accelerator: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".accel-*")
	if err != nil {
		return fmt.Errorf("remember the accelerator: %w", err)
	}
	defer os.Remove(temp.Name()) // nothing there once it was renamed
	_, err = temp.Write(append(text, '\n'))
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("remember the accelerator: %w", err)
	}
	return nil
}

// thisHost reads what Linux tells; elsewhere the fields stay empty, and nothing is ever recalled.
func thisHost() host {
	return host{
		Kernel:   runtime.GOARCH + " " + firstLine("/proc/sys/kernel/osrelease"),
		BootID:   firstLine("/proc/sys/kernel/random/boot_id"),
		CPUModel: cpuModel(),
	}
}

func firstLine(path string) string {
	text, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
