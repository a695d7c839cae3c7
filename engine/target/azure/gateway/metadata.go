package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// suffixes are what names of services end with in the true cloud. The plugin writes addresses with them that Azure reads, such as that of
// an account for boot diagnostics.
type suffixes struct {
	Storage  string `json:"storage"`
	KeyVault string `json:"keyVaultDns"`
}

// askSuffixes reads them from the cloud's description of itself.
//
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/management/ (GET /metadata/endpoints)
func (g *Gateway) askSuffixes(ctx context.Context) (suffixes, error) {
	var cloud struct {
		Suffixes suffixes `json:"suffixes"`
	}
	status, data, err := g.ask(ctx, "/metadata/endpoints", "2022-09-01")
	if err == nil && (status != http.StatusOK || json.Unmarshal(data, &cloud) != nil || cloud.Suffixes.Storage == "") {
		err = fmt.Errorf("it answered %d with no description of a cloud", status)
	}
	if err != nil {
		return suffixes{}, fmt.Errorf("ask %s about the cloud: %w", g.manager, err)
	}
	return cloud.Suffixes, nil
}

// metadata describes the gateway as a cloud. Until 2022 the answer was a list of clouds, and since then it is one.
func (g *Gateway) metadata(w http.ResponseWriter, r *http.Request) {
	base := g.own.String()
	vaults := g.suffixes.KeyVault
	if g.opts.secure() {
		vaults = vaultSuffix
	}
	cloud := map[string]any{
		"name": Cloud, "portal": base, "resourceManager": base + "/", "graph": base + "/graph/", "graphAudience": base + "/graph/",
		"microsoftGraphResourceId": base + "/graph/", "gallery": base + "/gallery/", "batch": base + "/batch/",
		"activeDirectoryDataLake": base + "/datalake/",
		"authentication": map[string]any{
			"loginEndpoint": base + "/", "audiences": []string{base + "/"}, "tenant": "common", "identityProvider": "AAD",
		},
		"suffixes": map[string]string{"storage": g.suffixes.Storage, "keyVaultDns": vaults},
	}
	if version := r.URL.Query().Get("api-version"); version != "" && version < "2022" {
		writeJSON(w, http.StatusOK, []any{cloud})
		return
	}
	writeJSON(w, http.StatusOK, cloud)
}
