package accel

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// These guests run where KVM opens, be it fit for more or not.
func TestGuests(t *testing.T) {
	if err := available(); err != nil {
		t.Skipf("no KVM here: %v", err)
	}
	t.Run("halts at once", func(t *testing.T) {
		if took, err := timeGuest(t.Context(), []byte{0xf4}); err != nil || took <= 0 {
			t.Errorf("got %s, %v", took, err)
		}
	})
	t.Run("loops, then halts", func(t *testing.T) {
		short, err := timeGuest(t.Context(), []byte{0xf4})
		if err != nil {
			t.Fatal(err)
		}
		long, err := timeGuest(t.Context(), []byte{0xff, 0xc9, 0x75, 0xfc, 0xf4})
		if err != nil || long < short {
			t.Errorf("got %s, %v for %d iterations, and %s for none", long, err, loops, short)
		}
		t.Logf("%s an iteration", long/loops)
	})
	t.Run("never halts", func(t *testing.T) {
		start := time.Now()
		if _, err := timeGuest(t.Context(), []byte{0xeb, 0xfe}); !errors.Is(err, errTimeout) {
			t.Errorf("got %v, want %v", err, errTimeout)
		}
		t.Logf("gave up after %s", time.Since(start))
	})
	t.Run("crashes", func(t *testing.T) {
		// Address 0 of the upper half is mapped nowhere, and there is no handler: a triple fault.
		_, err := timeGuest(t.Context(), []byte{0x48, 0xc7, 0xc0, 0, 0, 0, 0x80, 0x8b, 0x00, 0xf4})
		if err == nil || !strings.Contains(err.Error(), "its test guest ended by") {
			t.Errorf("got %v", err)
		}
	})
}
