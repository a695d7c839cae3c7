package leftover

import (
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/store"
)

// Cleaner removes what is in the cloud of an account. Its methods are safe for concurrent use.
type Cleaner struct {
	account *azurearm.Account
	store   *store.Store
	host    string // id of the state folder
	now     func() time.Time

	groups    *armresources.ResourceGroupsClient // of the account's subscription
	resources *armresources.Client               // by id: of any subscription that the account may see
	versions  *versions

	pace     time.Duration // between two looks at a deletion
	patience time.Duration // for one deletion
	tries    int           // of one deletion that something stands against
}

// New makes a Cleaner for the runs of a store.
func New(account *azurearm.Account, st *store.Store, now func() time.Time) (*Cleaner, error) {
	host, err := st.Dirs().HostID()
	if err != nil {
		return nil, err
	}
	c := &Cleaner{account: account, store: st, host: host, now: now, versions: &versions{},
		pace: 2 * time.Second, patience: 20 * time.Minute, tries: 6}
	if c.groups, err = armresources.NewResourceGroupsClient(account.Subscription, account.Credential, account.Options()); err != nil {
		return nil, err
	}
	if c.resources, err = armresources.NewClient(account.Subscription, account.Credential, account.Options()); err != nil {
		return nil, err
	}
	return c, nil
}

// Paced gives a Cleaner that looks at deletions as often, and waits for one as long, as it is told.
func (c *Cleaner) Paced(pace, patience time.Duration) *Cleaner {
	own := *c
	own.pace, own.patience = pace, patience
	return &own
}
