package gateway

import "net/http"

// vaultSuffix is what names of key vaults end with for plugins before 2.0. No name server knows it.
const vaultSuffix = "vault.ingot.invalid"

// connect answers a request to be a proxy.
func (g *Gateway) connect(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "the gateway of a build connects to nobody else: "+r.Host, http.StatusForbidden)
}
