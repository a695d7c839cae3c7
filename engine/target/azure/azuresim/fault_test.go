package azuresim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

func TestParseFault(t *testing.T) {
	for _, tt := range []struct {
		line string
		want azuresim.Fault
		err  string // a part of it
	}{
		{line: "PUT */images/* status=409 code=Conflict message=\"not now\"",
			want: azuresim.Fault{Method: "PUT", Path: "*/images/*", Status: 409, Code: "Conflict", Message: "not now"}},
		{line: "* * nth=3 times=all drop", want: azuresim.Fault{Path: "*", Nth: 3, Times: azuresim.Always, Drop: true}},
		{line: "put /x times=2 after delay=1s body=<html>", want: azuresim.Fault{Method: "PUT", Path: "/x", Times: 2,
			After: true,
			Delay: time.Second, Body: "<html>"}},
		{line: "PUT */versions/* \"region=East US\" stuck lose-vm retry-after=2s",
			want: azuresim.Fault{Method: "PUT", Path: "*/versions/*", Region: "eastus", Stuck: true, LoseVM: true,
				RetryAfter: 2 * time.Second}},
		{line: "* * call=17 status=401", want: azuresim.Fault{Path: "*", Call: 17, Status: 401}},
		{line: "* * call=x", err: `call takes a number from 1 on, not "x"`},
		{line: "PUT *", err: "has 2 words"},
		{line: "", err: "has 0 words"},
		{line: "GET * drop=yes", err: `"drop" takes no value`},
		{line: "GET * status", err: `"status" is no word of a fault, or lacks its value`},
		{line: "GET * status=99", err: `status "99" is not between 200 and 599`},
		{line: "GET * nth=0", err: `nth takes a number from 1 on, not "0"`},
		{line: "GET * delay=soon", err: `delay takes a time such as 500ms or 2s, not "soon"`},
		{line: "GET * delay=-1s", err: "delay takes a time"},
		{line: "GET * color=red", err: `"color" is no word of a fault: nth,`},
		{line: `GET * message="open`, err: "a quote is not closed"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			got, err := azuresim.ParseFault(tt.line)
			switch {
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Fatalf("got %v, want %q", err, tt.err)
			case tt.err == "" && err != nil:
				t.Fatal(err)
			case tt.err == "":
				if diff := cmp.Diff(tt.want, *got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func FuzzParseFault(f *testing.F) {
	f.Add("PUT */images/* status=409 code=Conflict message=\"not now\" nth=2 times=all delay=1s")
	f.Fuzz(func(t *testing.T, line string) {
		fault, err := azuresim.ParseFault(line)
		if (fault == nil) == (err == nil) {
			t.Errorf("%q gives %v and %v", line, fault, err)
		}
	})
}

// TestFaults has one call go wrong in each way, and what is left in the emulator shows whether it was carried out.
func TestFaults(t *testing.T) {
	const group = subscription + "/resourceGroups/g"
	for _, tt := range []struct {
		name, rule string
		status     int // of the first PUT; 0: the connection is cut
		code       string
		made       bool // the group is there after it
	}{
		{"none", "DELETE * status=500", 201, "", true},
		{"a status", "PUT * status=409 code=Conflict", 409, "Conflict", false},
		{"a status without a code", "PUT * status=429", 429, "TooManyRequests", false},
		{"a permission that is missing", "PUT * status=403 code=AuthorizationFailed", 403, "AuthorizationFailed", false},
		{"something that is not there", "PUT * status=404", 404, "NotFound", false},
		{"a token that ended", "PUT * status=401", 401, "ExpiredAuthenticationToken", false},
		{"the second request of all", "* * call=2 status=500", 500, "InternalServerError", false},
		{"the second request, of another method", "GET * call=2 status=500", 201, "", true},
		{"no JSON", "PUT * body=<html>", 200, "", false},
		{"a status and no JSON", "PUT * status=502 body=<html>", 502, "", false},
		{"a connection that is cut", "PUT * drop", 0, "", false},
		{"cut after the work", "PUT * drop after", 0, "", true},
		{"refused after the work", "PUT * status=500 after", 500, "InternalServerError", true},
		{"the second call", "PUT * nth=2 status=409", 201, "", true},
		{"another path", "PUT */images/* status=409", 201, "", true},
		{"a delay", "PUT * delay=1ms", 201, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fault, err := azuresim.ParseFault(tt.rule)
			if err != nil {
				t.Fatal(err)
			}
			sim, err := azuresim.Start(azuresim.Options{Faults: []*azuresim.Fault{fault}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = sim.Close() })
			arm := newARM(t, sim)
			status, answer, header, err := arm.try(http.MethodPut, group, "2024-03-01", `{"location": "westeurope"}`)
			if status != tt.status || (err == nil) != (tt.status != 0) {
				t.Errorf("status %d, %v, want %d", status, err, tt.status)
			}
			if e, _ := answer["error"].(map[string]any); tt.code != "" && e["code"] != tt.code {
				t.Errorf("code %v, want %s", e["code"], tt.code)
			}
			if strings.Contains(tt.rule, "html") && !strings.Contains(header.Get("Content-Type"), "html") {
				t.Errorf("content type %q", header.Get("Content-Type"))
			}
			if challenge := header.Get("Www-Authenticate"); (status == 401) != strings.Contains(challenge, `error="invalid_token"`) {
				t.Errorf("the challenge of %d is %q", status, challenge)
			}
			if made := len(sim.Resources()) == 1; made != tt.made {
				t.Errorf("the group is there: %v, want %v", made, tt.made)
			}
			calls := sim.Calls()
			if last := calls[len(calls)-1]; last.Status != tt.status {
				t.Errorf("the journal has status %d", last.Status)
			}
			if tt.rule == "PUT * nth=2 status=409" {
				if status, _, _ := arm.do(http.MethodPut, group, "2024-03-01", `{"location": "westeurope"}`); status != 409 {
					t.Errorf("the second call: %d", status)
				}
			}
		})
	}
}

// TestStuckAndLost has an operation that never ends, and a machine that vanishes.
func TestStuckAndLost(t *testing.T) {
	sim, err := azuresim.Start(azuresim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	arm := newARM(t, sim)
	arm.put(subscription+"/resourceGroups/g", "2024-03-01", `{"location": "westeurope"}`)
	base := subscription + "/resourceGroups/g/providers/Microsoft.Network/"
	arm.put(base+"virtualNetworks/v", "2024-01-01", `{"location": "westeurope", "properties": {"addressSpace":
		{"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}]}}`)
	arm.put(base+"networkInterfaces/n", "2024-01-01",
		fmt.Sprintf(`{"location": "westeurope", "properties": {"ipConfigurations":
		[{"name": "c", "properties": {"subnet": {"id": %q}}}]}}`, base+"virtualNetworks/v/subnets/s"))
	vm := subscription + "/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m"
	arm.put(vm, computeAPI,
		fmt.Sprintf(`{"location": "westeurope", "properties": {"hardwareProfile": {"vmSize": "Standard_B2s"},
		"storageProfile": {"imageReference": {"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"}},
		"networkProfile": {"networkInterfaces": [{"id": %q}]}}}`, base+"networkInterfaces/n"))
	arm.wait(vm, computeAPI)

	sim.SetFaults(&azuresim.Fault{Method: http.MethodPost, Path: "*/deallocate", Stuck: true})
	status, _, header := arm.do(http.MethodPost, vm+"/deallocate", computeAPI, "")
	if status != http.StatusAccepted {
		t.Fatalf("deallocate: %d", status)
	}
	poll := strings.TrimPrefix(header.Get("Azure-Asyncoperation"), sim.URL())
	path, _, _ := strings.Cut(poll, "?")
	for range 2 {
		if _, o, _ := arm.do(http.MethodGet, path, computeAPI, ""); o["status"] != "InProgress" {
			t.Errorf("an operation that never ends is %v", o["status"])
		}
	}
	sim.SetFaults(&azuresim.Fault{Method: http.MethodGet, Path: "*/virtualMachines/m", LoseVM: true})
	if status, _, _ := arm.do(http.MethodGet, vm, computeAPI, ""); status != http.StatusNotFound {
		t.Errorf("a machine that vanished: %d", status)
	}
	var left []string
	for _, id := range sim.Resources() {
		left = append(left, id[strings.LastIndex(id, "/")+1:])
	}
	if len(left) != 5 || !strings.HasPrefix(left[4], "m_OsDisk_1_") {
		t.Errorf("left: %q, want the group, the network, its subnet, the interface and the disk", left)
	}
}
