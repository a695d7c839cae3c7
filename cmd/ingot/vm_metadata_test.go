package main_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// A script of the build VM reads what it is, as in Azure, and is told why it gets no token; its second card leaves nothing in the image.
// The next build goes on from a layer, where the card is up already and another process answers.
func TestVMMetadata(t *testing.T) {
	h := newTinyHome(t)
	h.env = append(h.env, "INGOT_LAYERS=on")
	location := "wget -q -O /tmp/where --header 'Metadata: true' " +
		"'http://169.254.169.254/metadata/instance/compute/location?api-version=2021-02-01&format=text'\n" +
		`echo "this is in $(cat /tmp/where)"; rm /tmp/where`
	token := `printf 'GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net HTTP/1.0\r\nMetadata: true\r\n\r\n' |` +
		" nc 169.254.169.254 80"
	host := "! wget -q -T 5 -O /dev/null http://169.254.169.2/"
	file := h.template("meta", location, token, host)
	h.giveIdentity(file, "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller")

	res := h.ingot("build", file, "--fidelity", "full")
	if res.code != 0 {
		t.Fatalf("exit %d\n%s", res.code, res.stderr)
	}
	for _, want := range []string{
		`metadata: the build VM is answered at 169.254.169.254, since customize[0] has "169.254.169.254"`,
		"this is in westeurope",
		`"error_description":"Identity not found: Ingot gives a build VM no tokens unless it is run with --allow-identity`,
		`metadata: the build VM was given no token for "https://vault.azure.net"`,
		"what 169.254.169.254 answers is made of the image template",
		"the build VM has no identity; in the service it has puller",
	} {
		if !strings.Contains(res.stderr, want) {
			t.Errorf("%q is not in:\n%s", want, res.stderr)
		}
	}

	edited := h.template("meta", location, token, location+"; echo again")
	h.giveIdentity(edited, "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller")
	res = h.ingot("build", edited)
	if res.code != 0 || !strings.Contains(res.stderr, "2 of 3 steps are reused") || strings.Count(res.stderr, "this is in westeurope") != 1 ||
		!strings.Contains(res.stderr, "2 steps were not run") {
		t.Errorf("from a layer: exit %d\n%s", res.code, res.stderr)
	}
	res = h.ingot("build", edited, "--strict-fidelity", "identity,reused")
	res.wantFailure(t, 4, "the service would differ in what --strict-fidelity has: identity, reused", "3 steps were not run")
}

// giveIdentity puts an identity on the build VM.
func (h *home) giveIdentity(file, id string) {
	h.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		h.t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		h.t.Fatal(err)
	}
	doc["properties"].(map[string]any)["vmProfile"] = map[string]any{"userAssignedIdentities": []string{id}}
	if text, err = json.Marshal(doc); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		h.t.Fatal(err)
	}
}
