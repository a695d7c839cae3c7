package wire

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/azure/leftover"
)

// azureCleaner connects to Azure for a clean-up.
func azureCleaner(getenv func(string) string) func(context.Context, service.AzureRequest, *store.Store) (*service.AzureCleaning, error) {
	return func(ctx context.Context, r service.AzureRequest, st *store.Store) (*service.AzureCleaning, error) {
		subscription := cmp.Or(r.Subscription, getenv(SubscriptionVariable))
		if subscription == "" {
			var err error
			if subscription, err = recordedIn(ctx, st); err != nil {
				return nil, err
			}
		}
		account, err := AzureAccount(ctx, getenv, r.Cloud, subscription)
		if err != nil {
			return nil, err
		}
		c, err := leftover.New(account, st, time.Now)
		if err != nil {
			return nil, err
		}
		return service.NewAzureCleaning(account.Who, account.Subscription, c), nil
	}
}

// recordedIn is the subscription of the newest thing that the ledger has in Azure, or "".
func recordedIn(ctx context.Context, st *store.Store) (string, error) {
	entries, err := st.Entries(ctx, "")
	for _, e := range slices.Backward(entries) {
		if _, rest, is := strings.Cut(e.Name, "/subscriptions/"); is && e.Kind == store.AzureResource {
			id, _, _ := strings.Cut(rest, "/")
			return id, err
		}
	}
	return "", err
}
