package azuresim_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestNumbersOfCalls has all calls be counted from the last change of the rules on, but for polls and the emulator's own.
func TestNumbersOfCalls(t *testing.T) {
	sim, err := azuresim.Start(azuresim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	arm := newARM(t, sim)
	const group = subscription + "/resourceGroups/g"
	arm.put(group, "2024-03-01", `{"location": "westeurope"}`)
	sim.SetFaults(&azuresim.Fault{Call: 3, Status: http.StatusNotFound})
	arm.do(http.MethodGet, group, "2024-03-01", "")
	arm.do(http.MethodGet, subscription+"/providers/Microsoft.Compute/locations/westeurope/operations/none", computeAPI, "")
	if status, _, _ := arm.do(http.MethodHead, group, "2024-03-01", ""); status != http.StatusNoContent {
		t.Errorf("the second call is answered with %d", status)
	}
	if status, _, _ := arm.do(http.MethodGet, group, "2024-03-01", ""); status != http.StatusNotFound {
		t.Errorf("the third call is answered with %d", status)
	}
	var numbers []int
	for _, c := range sim.Calls() {
		numbers = append(numbers, c.Number)
	}
	if diff := cmp.Diff([]int{1, 2, 1, 0, 2, 3}, numbers); diff != "" {
		t.Error(diff)
	}
}

// TestTokenThatEnds has every call of a client be refused as soon as its token has ended, and taken with another one.
func TestTokenThatEnds(t *testing.T) {
	sim, err := azuresim.Start(azuresim.Options{TokenLifetime: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	arm := newARM(t, sim)
	for {
		status, answer, header := arm.do(http.MethodGet, subscription, "2022-12-01", "")
		if status == http.StatusOK {
			continue
		}
		if e, _ := answer["error"].(map[string]any); status != 401 || e["code"] != "ExpiredAuthenticationToken" {
			t.Errorf("%d %v", status, answer)
		}
		if header.Get("Www-Authenticate") == "" {
			t.Error("no challenge")
		}
		break
	}
	if status, _, _ := newARM(t, sim).do(http.MethodGet, subscription, "2022-12-01", ""); status != http.StatusOK {
		t.Errorf("with a new token: %d", status)
	}
}
