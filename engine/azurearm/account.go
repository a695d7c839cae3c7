// Package azurearm is how the engine talks to Azure Resource Manager: as whom, in which cloud, how fast, and what its errors mean. The
// clients themselves are the SDK's; whoever makes one takes its options from an Account, so that all of a process share one pace.
package azurearm

import (
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

// Options are for a client of the SDK. No client registers a provider by itself: that is for a person to do.
func (a *Account) Options() *arm.ClientOptions {
	return &arm.ClientOptions{ClientOptions: a.Client, DisableRPRegistration: true}
}
