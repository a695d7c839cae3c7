package azure

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/translate/plan"
)

// account is the storage account in the staging resource group, for VHDs that have no place of their own.
type account struct {
	mu       sync.Mutex
	endpoint string // of its blobs, with a slash at its end
}

const (
	accountType   = "Microsoft.Storage/storageAccounts"
	vhdsContainer = "vhds"
)

// NeedsStaging tells whether the staging resource group holds what a plan distributes, so that it has to outlive the run: VHDs
// without a uri are in a storage account there.
func NeedsStaging(p *plan.Plan) bool {
	for _, d := range p.Destinations {
		if d.VHD != nil && d.VHD.URI == "" {
			return true
		}
	}
	return false
}

// stagingAccount makes the account and its container, unless they are there, and gives the account's id and the container's URL.
func (j *job) stagingAccount(ctx context.Context) (id, container string, err error) {
	j.account.mu.Lock()
	defer j.account.mu.Unlock()
	s := j.journal.read()
	at, err := parseID(s.Snapshot.OSDisk, snapshotType)
	if err != nil {
		return "", "", err
	}
	id = s.Account
	if id == "" {
		id = sibling(at, accountType, accountName(j.request.RunID))
		if err := j.journal.edit(func(now *Journal) { now.Account = id }); err != nil {
			return "", "", err
		}
	}
	name := id[strings.LastIndex(id, "/")+1:]
	if j.account.endpoint == "" {
		clients, err := armstorage.NewClientFactory(at.SubscriptionID, j.Account.Credential, j.Account.Options())
		if err != nil {
			return "", "", err
		}
		if err := j.makeAccount(ctx, clients, at.ResourceGroupName, id, name); err != nil {
			return "", "", err
		}
	}
	return id, j.account.endpoint + vhdsContainer, nil
}

func (j *job) makeAccount(ctx context.Context, clients *armstorage.ClientFactory, group, id, name string) error {
	accounts := clients.NewAccountsClient()
	there, err := read(ctx, func() (armstorage.AccountsClientGetPropertiesResponse, error) {
		return accounts.GetProperties(ctx, group, name, nil)
	})
	if err != nil && !absent(err) {
		return wrong(err, "look for storage account %q", name)
	}
	found := there.Account
	if err != nil || found.Properties == nil || found.Properties.PrimaryEndpoints == nil {
		if err := j.record(ctx, id); err != nil {
			return err
		}
		p, err := accounts.BeginCreate(ctx, group, name, armstorage.AccountCreateParameters{
			Kind: to.Ptr(armstorage.KindStorageV2), SKU: &armstorage.SKU{Name: to.Ptr(armstorage.SKUNameStandardLRS)},
			Location: to.Ptr(region(j.journal.read().Snapshot.Location)), Tags: pointers(j.Tags),
			Properties: &armstorage.AccountPropertiesCreateParameters{
				AllowBlobPublicAccess: to.Ptr(false), EnableHTTPSTrafficOnly: to.Ptr(true),
				MinimumTLSVersion: to.Ptr(armstorage.MinimumTLSVersionTLS12),
			},
		}, nil)
		made, err := wait(ctx, j, p, err)
		if err != nil {
			return wrong(err, "make storage account %q for the VHD", name)
		}
		found = made.Account
	}
	if found.Properties == nil || found.Properties.PrimaryEndpoints == nil || value(found.Properties.PrimaryEndpoints.Blob) == "" {
		return fmt.Errorf("make storage account %q for the VHD: the answer does not say where its blobs are", name)
	}
	if _, err := clients.NewBlobContainersClient().Create(ctx, group, name, vhdsContainer, armstorage.BlobContainer{}, nil); err != nil {
		return wrong(err, "make container %q in storage account %q", vhdsContainer, name)
	}
	j.account.endpoint = strings.TrimSuffix(*found.Properties.PrimaryEndpoints.Blob, "/") + "/"
	return nil
}

// keepAccount marks the account as one that has a run output, which no clean-up removes.
func (j *job) keepAccount(ctx context.Context, id, runOutputName string) error {
	at, err := parseID(id, accountType)
	if err != nil {
		return err
	}
	accounts, err := armstorage.NewAccountsClient(at.SubscriptionID, j.Account.Credential, j.Account.Options())
	if err != nil {
		return err
	}
	tags := map[string]string{azurearm.OutputTag: runOutputName}
	for name, v := range j.Tags {
		tags[name] = v
	}
	_, err = accounts.Update(ctx, at.ResourceGroupName, at.Name, armstorage.AccountUpdateParameters{Tags: pointers(tags)}, nil)
	return wrong(err, "mark storage account %q as one with a run output", at.Name)
}

// accountName is a new name: 24 lower-case letters and digits, the run's id among them. Names are unique in all of Azure.
func accountName(runID string) string {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	random := make([]byte, 24-len("ingot")-len(runID))
	_, _ = rand.Read(random) // never fails
	for i := range random {
		random[i] = letters[random[i]%32]
	}
	return "ingot" + runID + string(random)
}
