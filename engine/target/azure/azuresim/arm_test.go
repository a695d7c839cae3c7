package azuresim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// armClient speaks to an emulator as a shell script with curl would.
type armClient struct {
	t     *testing.T
	sim   *azuresim.Sim
	token string
	http  *http.Client
}

func newARM(t *testing.T, sim *azuresim.Sim) *armClient {
	t.Helper()
	client := sim.Client()
	t.Cleanup(client.CloseIdleConnections)
	resp, err := client.PostForm(sim.URL()+"/"+azuresim.DefaultTenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"me"}, "client_secret": {"secret"}, "scope": {"x/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("no token: %v", err)
	}
	return &armClient{t, sim, answer.Token, client}
}

// do sends a request, and gives the status and the document that came back.
func (c *armClient) do(method, path, version, body string) (int, map[string]any, http.Header) {
	c.t.Helper()
	status, o, header, err := c.try(method, path, version, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return status, o, header
}

// try is do where there may be no answer.
func (c *armClient) try(method, path, version, body string) (int, map[string]any, http.Header, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.sim.URL()+path+"?api-version="+version,
		strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	var o map[string]any
	_ = json.Unmarshal(data, &o)
	return resp.StatusCode, o, resp.Header, err
}

// put makes something.
func (c *armClient) put(path, version, body string) {
	c.t.Helper()
	if status, answer, _ := c.do(http.MethodPut, path, version, body); status >= 300 {
		c.t.Fatalf("put %s: %d %v", path, status, answer)
	}
}

func (r *packerRig) put(path, version, body string) {
	r.Helper()
	newARM(r.T, r.sim).put(path, version, body)
}

// wait waits until a resource is not in the middle of a change, or gone.
func (c *armClient) wait(path, version string) {
	c.t.Helper()
	for c.t.Context().Err() == nil {
		status, o, _ := c.do(http.MethodGet, path, version, "")
		props, _ := o["properties"].(map[string]any)
		switch state, _ := props["provisioningState"].(string); {
		case status == http.StatusNotFound, state == "Succeeded", state == "Failed":
			return
		}
	}
}
