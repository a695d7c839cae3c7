package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// reply looks at an answer of Azure on its way to the plugin.
func (g *Gateway) reply(resp *http.Response) error {
	c := callOf(resp.Request.Context())
	reads := c.method == http.MethodGet || c.method == http.MethodHead
	if reads {
		after, known := azurearm.RetryAfter(resp.Header)
		g.pace.asked(c.key(), after, known)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "" && resp.StatusCode < 300 && !isJSON(resp.Header) && resp.ContentLength != 0 {
		return fmt.Errorf("it answered with %s, which is no JSON", firstLine(errors.New(kind))) // the plugin asks again then
	}
	body, err := take(resp)
	if err != nil {
		return fmt.Errorf("its answer broke off: %w", err)
	}
	if err := g.learn(c, resp, body); err != nil {
		return err
	}
	g.rewriteHeader(resp.Header)
	if reads && resp.StatusCode == http.StatusOK {
		if changed := g.rewriteNextLink(body); changed != nil {
			give(resp, changed)
		}
	}
	if resp.StatusCode < 300 { // the gateway holds the next one, and not the plugin
		resp.Header.Del("Retry-After-Ms")
		resp.Header.Del("X-Ms-Retry-After-Ms")
		resp.Header.Set("Retry-After", "0")
	}
	return nil
}

// take reads a body that is JSON, and leaves it to be read again. It is nil for any other, and for one too long to be looked into.
func take(resp *http.Response) ([]byte, error) {
	if resp.Body == nil || resp.Header.Get("Content-Encoding") != "" || !isJSON(resp.Header) && resp.StatusCode < 400 {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	if len(data) > maxAnswer {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(data), resp.Body), resp.Body}
		return nil, nil
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(data))
	return data, nil
}

func give(resp *http.Response, body []byte) {
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
}

func isJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json") || kind == "text/json")
}

// state is what a long operation, or a resource in the middle of one, says of itself.
type state struct {
	Status     string `json:"status"`
	Properties struct {
		ProvisioningState string `json:"provisioningState"`
	} `json:"properties"`
}

func (s *state) failed() bool {
	bad := func(text string) bool {
		return strings.EqualFold(text, "Failed") || strings.EqualFold(text, "Canceled")
	}
	return bad(s.Status) || bad(s.Properties.ProvisioningState)
}

// learn keeps what an answer says of the build: errors, disks of machines, what is gone.
func (g *Gateway) learn(c *call, resp *http.Response, body []byte) error {
	reads := c.method == http.MethodGet || c.method == http.MethodHead
	absent := resp.StatusCode == http.StatusNotFound && (reads || c.method == http.MethodDelete)
	if resp.StatusCode >= 400 && !absent {
		g.failures.add(c, resp.StatusCode, body)
		return nil
	}
	g.failures.good(c)
	if c.method == http.MethodDelete {
		g.deleted(c)
	}
	if absent {
		g.notThere(c.key())
		return nil
	}
	var s state
	if body != nil && json.Unmarshal(body, &s) == nil && s.failed() {
		g.failures.add(c, resp.StatusCode, body)
	}
	if reads && body != nil && c.typ() == vmType {
		return g.machineSeen(resp.Request.Context(), c, body)
	}
	return nil
}
