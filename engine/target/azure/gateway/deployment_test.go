package gateway

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const deploymentID = groupID + "/providers/Microsoft.Resources/deployments/d"

// request is that of a deployment.
func request(template, parameters string) string {
	return `{"properties": {"mode": "Incremental", "template": {"$schema": "x", "contentVersion": "1.0.0.0", ` + template +
		`}, "parameters": ` + parameters + `}}`
}

const machine = `"parameters": {"vm": {"type": "string"}, "disk": {"type": "string"}},
	"variables": {"nic": "[concat(parameters('vm'), '-nic')]"},
	"resources": [
		{"type": "Microsoft.Network/networkInterfaces", "name": "[variables('nic')]", "apiVersion": "2020-01-01", "location": "x"},
		{"type": "Microsoft.Network/publicIPAddresses", "name": "ip", "apiVersion": "2020-01-01", "condition": false},
		{"type": "Microsoft.Compute/virtualMachines", "name": "[parameters('vm')]", "apiVersion": "2020-01-01",
			"location": "[resourceGroup().location]", "properties": {"storageProfile": {
			"osDisk": {"name": "[parameters('disk')]", "createOption": "FromImage"},
			"dataDisks": [{"name": "[concat(parameters('disk'), '-1')]", "lun": 0}]}}},
		{"type": "Microsoft.KeyVault/vaults/secrets", "name": "kv/secret", "apiVersion": "2022-07-01", "properties": {"value": "x"}}]`

func TestReadDeployment(t *testing.T) {
	const simple = `"resources": [{"type": "Microsoft.Compute/disks", "apiVersion": "1", "name": `
	for _, tt := range []struct {
		name, body string
		want       []string // below the group's providers
		refused    string   // a part of the reason
	}{
		{name: "machine", body: request(machine, `{"vm": {"value": "web"}, "disk": {"value": "os"}}`), want: []string{
			"Microsoft.Network/networkInterfaces/web-nic", "Microsoft.Compute/virtualMachines/web", "Microsoft.Compute/disks/os",
			"Microsoft.Compute/disks/os-1", "Microsoft.KeyVault/vaults/kv/secrets/secret"}},
		{name: "nothing", body: request(`"resources": []`, `{}`)},
		{name: "no parameters", body: request(simple+`"d"}]`, `null`), want: []string{"Microsoft.Compute/disks/d"}},
		{name: "parameter missing", body: request(machine, `{"vm": {"value": "web"}}`), refused: "disk"},
		{name: "no JSON", body: "<html>", refused: "no JSON"},
		{name: "empty", body: "", refused: "no JSON"},
		{name: "no template", body: `{"properties": {}}`, refused: "elsewhere"},
		{name: "linked template", body: `{"properties": {"templateLink": {"uri": "https://x"}}}`, refused: "elsewhere"},
		{name: "linked parameters", body: `{"properties": {"template": {"resources": []}, "parametersLink": {"uri": "https://x"}}}`,
			refused: "elsewhere"},
		{name: "complete", body: `{"properties": {"mode": "Complete", "template": {"resources": []}}}`, refused: "Incremental"},
		{name: "new guid", body: request(`"parameters": {"g": {"type": "string", "defaultValue": "[newGuid()]"}}, `+
			simple+`"[parameters('g')]"}]`, `{}`),
			refused: "not known"},
		{name: "other group", body: request(`"resources": [{"type": "Microsoft.Resources/deployments", "name": "n", "apiVersion": "2021-04-01",
			"resourceGroup": "other", "properties": {"mode": "Incremental", "template": {"$schema": "x", "contentVersion": "1.0.0.0",
			"resources": [{"type": "Microsoft.Compute/disks", "apiVersion": "1", "name": "d"}]}}}]`, `{}`), refused: "not in resource group"},
		{name: "condition not known", body: request(`"parameters": {"t": {"type": "string", "defaultValue": "[utcNow()]"}}, `+
			simple+`"d", "condition": "[equals(parameters('t'), 'x')]"}]`, `{}`), refused: "not known"},
		{name: "path in a name", body: request(simple+`".."}]`, `{}`), refused: "no valid id"},
		{name: "twice", body: request(simple+`"d"}, {"type": "Microsoft.Compute/disks", "apiVersion": "1", "name": "d"}]`, `{}`), refused: "d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, err := readPlace(deploymentID)
			if err != nil {
				t.Fatal(err)
			}
			list, err := readDeployment(at, []byte(tt.body), "westeurope", testTenant)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %v, %v; want an error about %q", list, err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range list {
				got = append(got, strings.TrimPrefix(m.id, groupID+"/providers/"))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("(-want +got):\n%s", cmp.Diff(tt.want, got))
			}
		})
	}
}

// A deployment is sent when all is recorded that it makes, and not at all where that is not known.
func TestDeployment(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == groupID {
			_, _ = w.Write([]byte(`{"location": "westeurope"}`))
			return
		}
		absent(w, r)
	}
	g := start(t, Options{}, answer)
	body := request(machine, `{"vm": {"value": "web"}, "disk": {"value": "os"}}`)
	if r := g.do(http.MethodPut, deploymentID+"?api-version=1", body); r.status != 201 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	got := g.took()
	if n := len(got) - 1; got[n] != "PUT "+deploymentID || slices.Contains(got[:n], got[n]) {
		t.Errorf("the last is not the request: %q", got)
	}
	created := slices.DeleteFunc(got, func(s string) bool { return !strings.HasPrefix(s, "created") })
	if want := "created " + deploymentID; len(created) != 6 || created[0] != want {
		t.Errorf("recorded: %q", created)
	}
	r := g.do(http.MethodPut, deploymentID+"2?api-version=1", `{"properties": {"templateLink": {"uri": "https://x"}}}`)
	if got := g.took(); r.status != 403 || slices.ContainsFunc(got, func(s string) bool { return !strings.HasPrefix(s, "GET") }) {
		t.Errorf("%d %s: %q", r.status, r.body, got)
	}
	if r := g.do(http.MethodPut, "/subscriptions/"+testSubscription+"/providers/Microsoft.Resources/deployments/d", body); r.status != 403 {
		t.Errorf("of the subscription: %d", r.status)
	}
}

func FuzzReadDeployment(f *testing.F) {
	f.Add([]byte(request(machine, `{"vm": {"value": "web"}, "disk": {"value": "os"}}`)), "westeurope")
	f.Add([]byte(request(`"resources": [{"type": "a/b/", "name": "c", "apiVersion": "1"}]`, `{}`)), "")
	f.Fuzz(func(t *testing.T, body []byte, location string) {
		at, err := readPlace(deploymentID)
		if err != nil {
			t.Fatal(err)
		}
		list, err := readDeployment(at, body, location, testTenant)
		if err != nil {
			return
		}
		for _, m := range list {
			where, err := readPlace(m.id)
			if err != nil || !where.isResource() || !inside(where.key(), strings.ToLower(groupID)) || where.id() != m.id {
				t.Errorf("it makes %q", m.id)
			}
		}
	})
}
