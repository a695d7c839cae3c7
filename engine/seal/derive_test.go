package seal

import (
	"bytes"
	"testing"
)

func TestDerive(t *testing.T) {
	one, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	got := one.Derive("layers")
	if len(got) != 32 || !bytes.Equal(got, one.Derive("layers")) {
		t.Errorf("got %x, and %x the second time", got, one.Derive("layers"))
	}
	if bytes.Equal(got, one.Derive("other")) || bytes.Equal(got, other.Derive("layers")) {
		t.Error("another purpose, or another key, gives the same bytes")
	}
}
