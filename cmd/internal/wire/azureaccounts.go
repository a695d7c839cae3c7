package wire

import (
	"context"
	"sync"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/service"
)

// accounts are who Ingot is in the subscriptions that runs of this process are in: builds that run side by side sign in once, and share
// the rate of their requests.
type accounts struct {
	getenv func(string) string

	mu    sync.Mutex
	known map[[2]string]*azurearm.Account // by cloud and subscription
	rate  *azurearm.Rate
}

// rates are those of all that this process asks of Azure, by their requests a minute.
var rates sync.Map

func rateOf(perMinute int) *azurearm.Rate {
	r, _ := rates.LoadOrStore(perMinute, azurearm.NewRate(perMinute))
	return r.(*azurearm.Rate)
}

// of gives the account for a run. What Azure says of its pace is said in that run.
func (a *accounts) of(ctx context.Context, about service.Away) (*azurearm.Account, error) {
	subscription := preflight.Subscription(about.Plan, about.Subscription, a.getenv(SubscriptionVariable))
	key := [2]string{about.Cloud, subscription}
	a.mu.Lock() // while somebody signs in, too: the others would be asked the same
	defer a.mu.Unlock()
	if a.rate == nil {
		a.rate = rateOf(about.Rate)
	}
	account := a.known[key]
	if account == nil {
		var err error
		if account, err = AzureAccount(ctx, a.getenv, about.Cloud, subscription); err != nil {
			return nil, err
		}
		if a.known == nil {
			a.known = map[[2]string]*azurearm.Account{}
		}
		a.known[key] = account
	}
	own := *account
	own.Rate, own.Say = a.rate, about.Say
	return &own, nil
}
