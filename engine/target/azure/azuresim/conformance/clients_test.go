// Package conformance drives the emulated Azure with the official clients: what they take for Azure's answer is one.
package conformance

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

const (
	sub   = azuresim.DefaultSubscription
	group = "images"
	place = "westeurope"
)

// start starts an emulator for a test, and gives what clients need to reach it.
func start(t *testing.T, o azuresim.Options) (*azuresim.Sim, azcore.TokenCredential, *arm.ClientOptions) {
	t.Helper()
	sim, err := azuresim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	base := policy.ClientOptions{
		Cloud: cloud.Configuration{
			ActiveDirectoryAuthorityHost: sim.URL() + "/",
			Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {Endpoint: sim.URL(), Audience: sim.URL()},
			},
		},
		Transport: sim.Client(),
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
	cred, err := azidentity.NewClientSecretCredential(azuresim.DefaultTenant, "22222222-2222-2222-2222-222222222222",
		"secret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: base, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	return sim, cred, &arm.ClientOptions{ClientOptions: base}
}

// done makes a function that waits for the end of a long operation.
func done[T any](p *runtime.Poller[T], err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return must(p.PollUntilDone(t.Context(), nil))(t)
	}
}

// must makes a function that takes an answer which is no error.
func must[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// all reads a list to its end.
func all[T, R any](t *testing.T, pager *runtime.Pager[T], values func(T) []*R) []*R {
	t.Helper()
	var found []*R
	for pager.More() {
		answer, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, values(answer)...)
	}
	return found
}
