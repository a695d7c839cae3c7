package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/azureid"
	distribution "github.com/ingot-build/ingot/engine/distribute/azure"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/azure"
	"github.com/ingot-build/ingot/engine/target/azure/leftover"
)

// The environment that says where in Azure to build. The ports are for an Azure whose guests listen elsewhere, and the pace, how often
// what takes time is looked at, for one that is faster than Azure is: an emulated one.
const (
	SubscriptionVariable = "AZURE_SUBSCRIPTION_ID"
	LocationVariable     = "AZURE_LOCATION"
	SSHPortVariable      = "INGOT_AZURE_SSH_PORT"
	WinRMPortVariable    = "INGOT_AZURE_WINRM_PORT"
	PaceVariable         = "INGOT_AZURE_PACE"
	PatienceVariable     = "INGOT_AZURE_PATIENCE" // how long a deletion is waited for
)

// AzureAccount signs in to the Azure that the environment names, or else to a cloud by its name. subscription "" is that of the
// environment. The error is a *service.HostError, or that of ctx.
func AzureAccount(ctx context.Context, getenv func(string) string, cloud, subscription string) (*azurearm.Account, error) {
	a := &azurearm.Account{Subscription: cmp.Or(subscription, getenv(SubscriptionVariable))}
	if a.Subscription == "" {
		return nil, &service.HostError{What: "nothing says in which subscription to build",
			Why: "neither the image template names one, nor " + SubscriptionVariable,
			Fix: "say --subscription ID; az account list shows those that there are"}
	}
	chain, err := azureid.In(ctx, httpClient(), cloud, getenv(azureid.MetadataVariable))
	if err != nil {
		return nil, notSignedIn(err)
	}
	a.Credential, a.Client = chain.Credential(""), chain.Client
	token, err := chain.Token(ctx, a.Scope(), "")
	if err != nil {
		return nil, notSignedIn(err)
	}
	a.Who = token.Who
	return a, nil
}

// notSignedIn tells a person what is missing.
func notSignedIn(err error) error {
	var id *azureid.Error
	if errors.As(err, &id) {
		return &service.HostError{What: id.Error(), Why: id.Why(), Fix: id.Fix()}
	}
	return err
}

// onAzure connects to Azure for one run.
func onAzure(getenv func(string) string) func(context.Context, service.Away) (service.Site, error) {
	known := accounts{getenv: getenv}
	return func(ctx context.Context, about service.Away) (service.Site, error) {
		account, err := known.of(ctx, about)
		if err != nil {
			return service.Site{}, err
		}
		ssh, err := port(getenv, SSHPortVariable)
		if err != nil {
			return service.Site{}, err
		}
		winrm, err := port(getenv, WinRMPortVariable)
		if err != nil {
			return service.Site{}, err
		}
		remover, err := leftover.New(account, about.Store, time.Now)
		if err != nil {
			return service.Site{}, err
		}
		pace, err := duration(getenv, PaceVariable)
		if err != nil {
			return service.Site{}, err
		}
		patience, err := duration(getenv, PatienceVariable)
		if err != nil {
			return service.Site{}, err
		}
		if pace > 0 || patience > 0 {
			remover = remover.Paced(cmp.Or(pace, removalPace), cmp.Or(patience, removalPatience))
		}
		t := azure.New(azure.Options{
			Account: account, Host: about.Host, TemplateGroup: about.ResourceGroup,
			Location: cmp.Or(about.Location, getenv(LocationVariable)), SSHPort: ssh, WinRMPort: winrm, Say: about.Say, Secret: about.Secret,
			Poll: pace, Patience: patience, Wait: account.Rate.Wait,
			Plugin: func(ctx context.Context, constraint string) (*target.Problem, error) {
				return about.Plugin(ctx, azure.PluginSource, constraint)
			},
		})
		place := &azurePlace{Target: t, distributor: &distribution.Distributor{Account: account, Secret: about.Secret, Pace: pace}}
		return service.Site{Target: t, Place: place, Environ: t.Environ, Remover: remover}, nil
	}
}

// How often a deletion is looked at, and how long it is waited for.
const (
	removalPace     = 2 * time.Second
	removalPatience = 20 * time.Minute
)

// duration reads a time from the environment; 0: there is none, and each of the parts has its own.
func duration(getenv func(string) string, variable string) (time.Duration, error) {
	text := getenv(variable)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, &service.HostError{What: fmt.Sprintf("%s is %q, which is no time", variable, text),
			Fix: "write it as 500ms or 5s, or unset it"}
	}
	return d, nil
}

// port reads a port from the environment; 0: there is none.
func port(getenv func(string) string, variable string) (int, error) {
	text := getenv(variable)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, &service.HostError{What: fmt.Sprintf("%s is %q, which is no port", variable, text),
			Fix: "write a number up to 65535, or unset it"}
	}
	return int(n), nil
}
