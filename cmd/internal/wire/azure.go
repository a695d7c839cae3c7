package wire

import (
	"context"

	"github.com/ingot-build/ingot/engine/azureid"
	"github.com/ingot-build/ingot/engine/preflight"
)

// Preflight signs in to the Azure that a build is for, to ask what it needs there: with the rate that the requests of builds have.
func Preflight(ctx context.Context, getenv func(string) string, cloud, subscription string, perMinute int) (*preflight.Azure, error) {
	account, err := AzureAccount(ctx, getenv, cloud, subscription)
	if err != nil {
		return nil, err
	}
	account.Rate = rateOf(perMinute)
	return preflight.NewAzure(account.Credential, account.Options())
}

// Azure signs in to the Azure that the environment names, or else to a cloud by its name, and tells who Ingot is there. An
// error about that is an *azureid.Error.
func Azure(ctx context.Context, getenv func(string) string, cloud string) (azure *preflight.Azure, who string, err error) {
	chain, err := azureid.In(ctx, httpClient(), cloud, getenv(azureid.MetadataVariable))
	if err != nil {
		return nil, "", err
	}
	return preflight.Connect(ctx, chain)
}
