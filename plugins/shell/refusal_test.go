package shell_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/plugins/shell"
)

// A guest that cannot take the script: how long it is asked again.
func TestRefusedScript(t *testing.T) {
	full := errors.New("scp: /tmp/step.sh: No space left on device")
	for _, tc := range []struct {
		name  string
		err   func(began time.Time) error
		after time.Duration // at most
		least time.Duration
		fails string
	}{
		{"the disk is full", func(time.Time) error { return full }, 15 * time.Second, 10 * time.Second, "No space left"},
		{"the disk was full", func(began time.Time) error {
			if time.Since(began) < 5*time.Second {
				return full
			}
			return nil
		}, 10 * time.Second, 5 * time.Second, ""},
		{"the guest is not there", func(began time.Time) error {
			if time.Since(began) < 3*time.Minute {
				return errors.New("EOF")
			}
			return nil
		}, 4 * time.Minute, 3 * time.Minute, ""},
		{"not there, full, not there, and well", func(began time.Time) error {
			switch n := time.Since(began) / (8 * time.Second); {
			case n > 7:
				return nil
			case n%2 == 1:
				return full
			default:
				return errors.New("EOF")
			}
		}, 80 * time.Second, 60 * time.Second, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "step.sh")
			if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				p, began := shell.New(), time.Now()
				g := &provtest.Guest{OnUpload: func(string) error { return tc.err(began) }}
				if err := p.Prepare(provtest.Decode(t, p, fmt.Sprintf("script = %q\nskip_clean = true", path))); err != nil {
					t.Fatal(err)
				}
				err := p.Provision(t.Context(), &provtest.UI{}, g, nil)
				if (err != nil) != (tc.fails != "") || err != nil && !strings.Contains(err.Error(), tc.fails) {
					t.Errorf("got %v, want %q", err, tc.fails)
				}
				if took := time.Since(began); took < tc.least || took > tc.after {
					t.Errorf("it took %s, want %s to %s", took, tc.least, tc.after)
				}
			})
		})
	}
}
