package gateway

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// Plugins before 2.0 ask a key vault itself, by its name, for the address of a secret that they had put there with Resource Manager. So
// the vaults have names that no name server knows, the gateway is the plugin's proxy, and it answers in the place of the vault with what
// Resource Manager says of the secret. Nothing else is answered, and a secret's value never.

// vaultSuffix is what the names of vaults end with.
const vaultSuffix = "vault.ingot.invalid"

// vaultOf is the vault that a name is for; "" if it is for none.
func vaultOf(host string) string {
	name, is := strings.CutSuffix(strings.ToLower(host), "."+vaultSuffix)
	if !is || name == "" || strings.ContainsAny(name, "./:") {
		return ""
	}
	return name
}

// connect answers a request to be a proxy.
func (g *Gateway) connect(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	if !g.opts.secure() || err != nil || port != "443" || vaultOf(host) == "" {
		http.Error(w, "the gateway of a build connects to nobody else: "+r.Host, http.StatusForbidden)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if buffered.Reader.Buffered() > 0 { // the client may not speak before the answer
		_ = conn.Close()
		return
	}
	_ = conn.SetDeadline(time.Time{})
	if _, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = conn.Close()
		return
	}
	g.vaults.hand(conn)
}

// vaultVersion is an api-version of vaults and their secrets at Resource Manager.
const vaultVersion = "2023-07-01"

// vault answers in the place of a vault.
func (g *Gateway) vault(w http.ResponseWriter, r *http.Request, name string) {
	secret, is := strings.CutPrefix(r.URL.Path, "/secrets/")
	if r.Method != http.MethodGet || !is || strings.Contains(secret, "/") {
		refuse(http.StatusForbidden, codeRefused, "%s %s: a build asks vaults for the address of a secret alone", r.Method, r.URL.Path).write(w)
		return
	}
	ctx, cancel := g.within(r.Context())
	defer cancel()
	if err := g.ledger.lock(ctx); err != nil {
		return
	}
	id := ""
	for key, known := range g.ledger.known {
		if strings.HasSuffix(key, "/providers/microsoft.keyvault/vaults/"+name) {
			id = known
		}
	}
	g.ledger.unlock()
	if id == "" {
		refuse(http.StatusNotFound, codeRefused, "this build has made no key vault %q", name).write(w)
		return
	}
	var found struct {
		Properties struct {
			URI string `json:"secretUriWithVersion"`
		} `json:"properties"`
	}
	status, data, err := g.ask(ctx, id+"/secrets/"+secret, vaultVersion)
	switch {
	case err != nil:
		g.refusalOf(err).write(w)
	case status != http.StatusOK:
		f := azurearm.ExplainBody(status, data)
		refuse(status, f.Code, "%s", f.Message).write(w)
	case json.Unmarshal(data, &found) != nil || !strings.HasPrefix(found.Properties.URI, "https://"):
		refuse(http.StatusBadGateway, codeUnreachable, "Azure does not say where the secret %q is", secret).write(w)
	default:
		writeJSON(w, http.StatusOK, map[string]string{"id": found.Properties.URI})
	}
}

// handover is a listener for connections that are there already.
type handover struct {
	conns  chan net.Conn
	closed chan struct{}
	addr   net.Addr
}

func newHandover(addr net.Addr) *handover {
	return &handover{make(chan net.Conn), make(chan struct{}), addr}
}

// hand gives a connection to whoever accepts, and closes it if nobody does any more.
func (h *handover) hand(conn net.Conn) {
	select {
	case h.conns <- conn:
	case <-h.closed:
		_ = conn.Close()
	}
}

// Accept implements net.Listener.
func (h *handover) Accept() (net.Conn, error) {
	select {
	case conn := <-h.conns:
		return conn, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. It is called once: by the server.
func (h *handover) Close() error { close(h.closed); return nil }

// Addr implements net.Listener.
func (h *handover) Addr() net.Addr { return h.addr }
