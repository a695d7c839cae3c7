// Package azurearm is how the engine talks to Azure Resource Manager: as whom, in which cloud, how fast, and what its errors mean. The
// clients themselves are the SDK's; whoever makes one takes its options from an Account, so that all of a process share one pace.
package azurearm

import (
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Account is a subscription, and who Ingot is there. It is not changed once it is in use, and safe for concurrent use then.
type Account struct {
	Subscription string // id
	Credential   azcore.TokenCredential
	Who          string // for people: "the user of the Azure CLI"
	Client       policy.ClientOptions
	Rate         *Rate             // of all requests of the process; nil has no limit
	Say          func(line string) // what a person should know, such as that Azure wants to be asked later; may be nil
}

// Endpoint is the address of Resource Manager, without a slash at its end: https://management.azure.com.
func (a *Account) Endpoint() string {
	return strings.TrimSuffix(a.manager().Endpoint, "/")
}

// Scope is what a token must be for to be taken by Resource Manager.
func (a *Account) Scope() string { return strings.TrimSuffix(a.manager().Audience, "/") + "/.default" }

func (a *Account) manager() cloud.ServiceConfiguration {
	if s, ok := a.Client.Cloud.Services[cloud.ResourceManager]; ok {
		return s
	}
	return cloud.AzurePublic.Services[cloud.ResourceManager]
}

// tries is how often a request is sent again that may get through another time: after Azure asked to wait, or with growing pauses.
const tries = 5

// Options are for a client of the SDK, each call for another. What Azure turns away for its rate is sent again when Azure wants it, and
// no request comes before its turn. No client registers a provider by itself: that is for a person to do.
func (a *Account) Options() *arm.ClientOptions {
	o := &arm.ClientOptions{ClientOptions: a.Client, DisableRPRegistration: true}
	o.PerRetryPolicies = append(slices.Clone(o.PerRetryPolicies), pace{a})
	if o.Retry.MaxRetries == 0 {
		o.Retry.MaxRetries = tries
	}
	if o.Retry.ShouldRetry == nil {
		o.Retry.ShouldRetry = again
	}
	if o.Retry.MaxRetryDelay == 0 {
		o.Retry.MaxRetryDelay = maxWait // the SDK gives up where Azure asks for more
	}
	return o
}
