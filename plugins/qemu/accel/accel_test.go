package accel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		name    string
		perLoop time.Duration
		err     error
		want    string
		reason  string
	}{
		{"a processor", 1 * time.Nanosecond, nil, KVM, "a test guest ran on it"},
		{"just quick enough", 19 * time.Nanosecond, nil, KVM, "ran"},
		{"just too slow", 20 * time.Nanosecond, nil, TCG, "20ns for two instructions"},
		{"emulated", 1090 * time.Nanosecond, nil, TCG, "emulated"},
		{"no device", 0, &fs.PathError{Op: "open", Path: "/dev/kvm", Err: fs.ErrNotExist}, TCG, "no /dev/kvm"},
		{"no permission", 0, &fs.PathError{Op: "open", Path: "/dev/kvm", Err: fs.ErrPermission}, TCG, "group"},
		{"broken", 0, errors.New("KVM_RUN: input/output error"), TCG, "KVM_RUN: input/output error"},
		{"stuck", 0, errTimeout, TCG, "did not end within 500ms"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := judge(tc.perLoop, tc.err)
			if got.Name != tc.want || !strings.Contains(got.Reason, tc.reason) {
				t.Errorf("got %+v, want %s because of %q", got, tc.want, tc.reason)
			}
		})
	}
}

// On any host the probe ends, and says something. What it says depends on the host; the log shows it.
func TestProbe(t *testing.T) {
	for range 3 {
		got := Probe(t.Context())
		t.Logf("%s: %s (%s)", got.Name, got.Reason, got.Took)
		if (got.Name != KVM && got.Name != TCG) || got.Reason == "" || got.Took <= 0 {
			t.Errorf("got %+v", got)
		}
	}
}

func TestProbeWithoutTime(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupted"))
	if got := Probe(ctx); got.Name != TCG {
		t.Errorf("got %+v, want TCG", got)
	}
}

func TestRemembered(t *testing.T) {
	if err := available(); err != nil {
		t.Skipf("nothing is measured, so nothing is remembered: %v", err)
	}
	path := filepath.Join(t.TempDir(), "cache", "accel.json")
	first := Remembered(t.Context(), path)
	if second := Remembered(t.Context(), path); second != first {
		t.Errorf("got %+v the second time, %+v the first", second, first)
	}

	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, text string }{
		{"empty", ""},
		{"cut off", string(whole[:len(whole)/2])},
		{"not JSON", "\x00\x01\x02"},
		{"JSON of something else", `{"answer": 42}`},
		{"unknown accelerator", strings.Replace(string(whole), `"name": "`, `"name": "x`, 1)},
		{"another boot", strings.Replace(string(whole), `"bootId": "`, `"bootId": "x`, 1)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := Remembered(t.Context(), path); got.Name != first.Name {
				t.Errorf("got %+v, want %s", got, first.Name)
			}
			if _, ok := recall(path, thisHost()); !ok {
				t.Error("the file was not written anew")
			}
		})
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".accel-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRecall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accel.json")
	here := host{Kernel: "6.1", BootID: "b", CPUModel: "c"}
	want := Result{Name: KVM, Reason: "a test guest ran on it", Took: time.Millisecond}
	if err := remember(path, memory{here, want}); err != nil {
		t.Fatal(err)
	}
	if got, ok := recall(path, here); !ok || got != want {
		t.Error(cmp.Diff(want, got))
	}
	for i, other := range []host{{"6.2", "b", "c"}, {"6.1", "x", "c"}, {"6.1", "b", "x"}, {}} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if got, ok := recall(path, other); ok {
				t.Errorf("recalled %+v on another host", got)
			}
		})
	}
}

// A cache that cannot be written is no reason to have no accelerator.
func TestRememberedWithoutPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Remembered(t.Context(), filepath.Join(file, "accel.json")); got.Name == "" {
		t.Error("no result")
	}
}
