package qemu

import (
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// recorder is a Ui that keeps everything it is told.
type recorder struct {
	packersdk.MockUi // for what the builder never calls
	onLine           func(string)

	mu   sync.Mutex
	said []string
}

func newRecorder() *recorder { return new(recorder) }

func (r *recorder) add(line string) {
	r.mu.Lock()
	r.said = append(r.said, line)
	r.mu.Unlock()
	if r.onLine != nil {
		r.onLine(line)
	}
}

func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.said)
}

func (r *recorder) Say(text string)   { r.add("say " + text) }
func (r *recorder) Error(text string) { r.add("error " + text) }
func (r *recorder) Machine(category string, args ...string) {
	r.add(category + " " + strings.Join(args, " | "))
}

func (r *recorder) TrackProgress(_ string, _, _ int64, stream io.ReadCloser) io.ReadCloser {
	return stream
}

// prepared is a builder with a configuration that is small and whole but for what changes says.
func prepared(t *testing.T, changes map[string]any) packersdk.Builder {
	t.Helper()
	config := map[string]any{
		"source_disk": "base.qcow2", "source_format": "qcow2", "output_directory": t.TempDir(), "vm_name": "ingot-test",
		"accelerator": accelTCG,
	}
	maps.Copy(config, changes)
	b := New()
	if _, warnings, err := b.Prepare(config); err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return b
}
