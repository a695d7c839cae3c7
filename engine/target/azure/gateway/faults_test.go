package gateway_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestFaults breaks a call of a build. However that ends, what is left in Azure is in the ledger: recorded, and not struck.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name, fault string
		builds      bool
		code        string // of the last error
		said        string // a part of what a person is told
	}{
		{name: "throttled", fault: "PUT */deployments/* status=429 code=TooManyRequests retry-after=1s", builds: true, said: "waits"},
		{name: "conflict", fault: `PUT */snapshots/* times=all status=409 code=Conflict message="not now"`, code: "Conflict"},
		{name: "no room", fault: `PUT */deployments/* times=all status=409 code=AllocationFailed message="no room"`, code: "AllocationFailed"},
		{name: "no JSON", fault: "PUT */snapshots/* times=all status=400 body=<html>"},
		{name: "a lost machine", fault: "POST */deallocate times=all lose-vm status=404 code=ResourceNotFound", code: "ResourceNotFound"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fault, err := azuresim.ParseFault(tt.fault)
			if err != nil {
				t.Fatal(err)
			}
			r := newRig(t, azuresim.Options{Faults: []*azuresim.Fault{fault}})
			r.put(subscription+"/resourceGroups/images", "2024-03-01", `{"location": "westeurope"}`)
			out, err := r.build(r.source(snapshot), `provisioner "shell" { inline = ["true"] }`)
			if tt.builds != (err == nil) {
				t.Errorf("packer build: %v\n%s\n%s", err, out, r.calls())
			}
			last := r.gateway.LastError()
			if tt.code != "" && (last == nil || last.Code != tt.code) || tt.builds && last != nil {
				t.Errorf("last error: %v", last)
			}
			if err := r.gateway.Close(); err != nil {
				t.Error(err)
			}
			for _, id := range r.sim.Resources() {
				held := slices.ContainsFunc(r.recorded, func(recorded string) bool {
					return (id == recorded || strings.HasPrefix(id, recorded+"/")) && !slices.Contains(r.gone, recorded)
				})
				if !held && id != subscription+"/resourceGroups/images" {
					t.Errorf("left, and not in the ledger: %s", id)
				}
			}
			if tt.said != "" && !slices.ContainsFunc(r.said, func(s string) bool { return strings.Contains(s, tt.said) }) {
				t.Errorf("said %q", r.said)
			}
		})
	}
}
