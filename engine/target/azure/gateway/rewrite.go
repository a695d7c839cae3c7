package gateway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// addresses are headers that say where to ask next.
var addresses = []string{"Azure-Asyncoperation", "Location", "Operation-Location"}

// rewriteHeader has the plugin ask the gateway where Azure says that it be asked.
func (g *Gateway) rewriteHeader(h http.Header) {
	for _, name := range addresses {
		given := h.Values(name)
		if len(given) == 0 {
			continue
		}
		h.Del(name)
		if address, ok := g.rewriteURL(given[0]); ok {
			h.Set(name, address)
		}
	}
	h.Del("Set-Cookie")
}

// rewriteURL gives the gateway's address of a URL of Resource Manager, and false for what is none. One that names another host is taken
// for one of Resource Manager too, as the newer plugin does it: it keeps no more than the path, and nobody else is asked.
func (g *Gateway) rewriteURL(given string) (string, bool) {
	u, err := url.Parse(given)
	if err != nil || u.Opaque != "" || u.User != nil || u.Scheme != "" && !strings.EqualFold(u.Scheme, "https") {
		return "", false
	}
	if _, err := readPlace(u.EscapedPath()); err != nil {
		return "", false
	}
	u.Scheme, u.Host = g.own.Scheme, g.own.Host
	return u.String(), true
}

// rewriteNextLink does so in the body of a list. The result is nil where there is nothing to do.
func (g *Gateway) rewriteNextLink(body []byte) []byte {
	if !bytes.Contains(body, []byte(`"nextLink"`)) {
		return nil
	}
	var list map[string]json.RawMessage
	var link string
	if json.Unmarshal(body, &list) != nil || json.Unmarshal(list["nextLink"], &link) != nil || link == "" {
		return nil
	}
	if link, ok := g.rewriteURL(link); ok {
		list["nextLink"], _ = json.Marshal(link) // a text
	} else {
		delete(list, "nextLink")
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(list) != nil {
		return nil
	}
	return out.Bytes()
}
