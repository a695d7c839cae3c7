package preflight

import (
	"regexp"
	"strings"
)

const readBlob = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"

var (
	readBlobCalls  = []call{{readBlob, Ingot, "fetch a script or file, unless it is public"}}
	blobOnVMCalls  = []call{{readBlob, Script, "a script mentions the address"}}
	vaultOnVMCalls = []call{{"Microsoft.KeyVault/vaults/secrets/getSecret/action", Script, "a script mentions the address"}}
)

// Addresses in the text of a script that an identity of the build VM is perhaps for.
var (
	blobAddress  = regexp.MustCompile(`https://[a-z0-9]{3,24}\.blob\.[a-z0-9.]+/[^\s"'?)]+`)
	vaultAddress = regexp.MustCompile(`https://[A-Za-z0-9-]{3,24}\.vault\.(?:azure\.net|usgovcloudapi\.net|azure\.cn)`)
)

// scripts are what steps fetch. Ingot fetches them, as whoever it is, before anything is made in Azure. What scripts do on the
// build VM with its identities nobody can know; but an address in their text is worth a line.
func (d *deriver) scripts() error {
	for _, s := range d.plan.AllSteps() {
		c := s.Content()
		if c == nil {
			continue
		}
		if url, account, ok := container(c.URI); ok {
			d.needData(url, c.Origin.Path, readBlobCalls...)
			d.storageFact(c.Origin.Path, url, account, "a script or file is fetched from it")
		}
		d.onBuildVM(stepPath(s), c.Text)
	}
	return nil
}

func (d *deriver) onBuildVM(path, text string) {
	if len(d.plan.Azure.VMIdentities) == 0 {
		return
	}
	found := map[string]call{}
	for _, address := range blobAddress.FindAllString(text, -1) {
		if url, _, ok := container(address); ok && !signed(text, address) {
			found[url] = blobOnVMCalls[0]
		}
	}
	for _, address := range vaultAddress.FindAllString(text, -1) {
		found[strings.ToLower(address)] = vaultOnVMCalls[0]
	}
	for _, id := range d.plan.Azure.VMIdentities {
		for scope, c := range found {
			d.own.add(Permission{Holder: Holder(id), Action: c.action, Data: true, Scope: scope, Likely: true,
				Reasons: []Reason{d.reason(path, c)}})
		}
	}
}

// signed reports whether an address in a text goes on with a shared access signature.
func signed(text, address string) bool {
	for rest := text; ; {
		i := strings.Index(rest, address)
		if i < 0 {
			return false
		}
		rest = rest[i+len(address):]
		query, _, _ := strings.Cut(rest, " ")
		if strings.HasPrefix(query, "?sig=") || strings.HasPrefix(query, "?") && strings.Contains(query, "&sig=") {
			return true
		}
	}
}

func (d *deriver) storageFact(path, containerURL, account, why string) {
	d.fact(path, Fact{Kind: Storage, Subject: containerURL, Scope: containerURL,
		Holds: "the storage account " + account + " and the container exist", Why: why,
		Fix: "make them: az storage container create --account-name " + account})
}
