package main

import (
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestBusiest finds the minute with the most calls, wherever it begins.
func TestBusiest(t *testing.T) {
	begun := time.Now()
	var calls []azuresim.Call
	for _, second := range []int{0, 1, 50, 61, 62, 63, 64, 200, 201} {
		calls = append(calls, azuresim.Call{Time: begun.Add(time.Duration(second) * time.Second)})
	}
	if got := busiest(calls); got != 5 { // 50 to 64
		t.Errorf("got %d, want 5", got)
	}
	if got := busiest(nil); got != 0 {
		t.Errorf("of none: %d", got)
	}
}
