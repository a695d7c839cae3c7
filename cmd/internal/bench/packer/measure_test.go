package main

import (
	"os/exec"
	"testing"
	"time"
)

// TestMeasure measures a program that has a child: its words, its time, and the memory of both.
func TestMeasure(t *testing.T) {
	const words = `echo "==> image: The guest took 0.20 s: 0.10 s to boot"`
	alone, err := measure(exec.Command("sh", "-c", words+"; sleep 0.4"))
	if err != nil {
		t.Fatal(err)
	}
	if alone.guest != 200*time.Millisecond || alone.wall < 400*time.Millisecond || alone.overhead() != alone.wall-alone.guest {
		t.Errorf("got %s", alone)
	}
	many, err := measure(exec.Command("sh", "-c", words+"; for i in 1 2 3 4 5 6 7 8; do (sleep 0.4; true) & done; wait"))
	if err != nil {
		t.Fatal(err)
	}
	if alone.memory == 0 || many.memory < 2*alone.memory || many.qemu != 0 {
		t.Errorf("one child: %s\neight, with a child each: %s", alone, many)
	}
	if _, err := measure(exec.Command("sh", "-c", "true")); err == nil {
		t.Error("a build that does not say how long its guest took was measured")
	}
	if _, err := measure(exec.Command("sh", "-c", words+"; exit 3")); err == nil {
		t.Error("a build that failed was measured")
	}
}
