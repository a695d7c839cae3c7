package azuresim

import (
	"net/http"
)

// metadata describes the cloud: where to sign in, what manages resources, what names end with. Until 2022 the answer
// was a list of clouds, and since then it is the one cloud that was asked.
//
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/management/ (GET /metadata/endpoints)
func (s *Sim) metadata(w http.ResponseWriter, r *http.Request) {
	version := r.URL.Query().Get("api-version")
	base := baseURL(r)
	cloud := object{
		"name":                     Cloud,
		"portal":                   base,
		"resourceManager":          base + "/",
		"graph":                    base + "/graph/",
		"graphAudience":            base + "/graph/",
		"microsoftGraphResourceId": base + "/graph/",
		"gallery":                  base + "/gallery/",
		"batch":                    base + "/batch/",
		"activeDirectoryDataLake":  base + "/datalake/",
		"authentication": object{
			"loginEndpoint": base + "/", "audiences": []string{base + "/",
				audience}, "tenant": "common", "identityProvider": "AAD",
		},
		"suffixes": object{
			"storage": Suffix, "keyVaultDns": "vault." + Suffix, "acrLoginServer": "azurecr." + Suffix,
		},
	}
	if version != "" && version < "2022" {
		ok([]any{cloud}).write(w)
		return
	}
	ok(cloud).write(w)
}

// audience is what tokens for Azure Resource Manager are for, when a client does not say the emulator's own address.
const audience = "https://management." + Suffix

// instance is the part of the instance metadata service that tells a machine where it is.
//
// Reference: https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
func (s *Sim) instance(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Metadata") != "true" {
		writeError(w, refuse(http.StatusBadRequest, "BadRequest", "Required metadata header not specified."))
		return
	}
	ok(object{
		"subscriptionId": s.opts.Subscriptions[0], "location": locations[0].name, "azEnvironment": Cloud, "name": "builder",
		"resourceGroupName": "builders", "vmId": randomUUID(), "vmSize": sizes[0].name,
	}).write(w)
}
