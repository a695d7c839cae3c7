package azure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
)

// The types of what is distributed to.
const (
	imageType      = "Microsoft.Compute/images"
	definitionType = "Microsoft.Compute/galleries/images"
	snapshotType   = "Microsoft.Compute/snapshots"
)

// parseID takes a resource id of a type apart.
func parseID(id, typ string) (*arm.ResourceID, error) {
	r, err := arm.ParseResourceID(id)
	if err != nil || !strings.EqualFold(r.ResourceType.String(), typ) || r.ResourceGroupName == "" {
		return nil, fmt.Errorf("%q is no id of a resource of type %s", id, typ)
	}
	return r, nil
}

// compute gives clients for a subscription, which need not be the account's.
func (j *job) compute(subscription string) (*armcompute.ClientFactory, error) {
	return armcompute.NewClientFactory(subscription, j.Account.Credential, j.Account.Options())
}

// read makes a call that changes nothing. An answer that cannot be read is asked for again, as the SDK does itself after errors of
// the network and of the service.
func read[T any](ctx context.Context, call func() (T, error)) (T, error) {
	for try := 1; ; try++ {
		answer, err := call()
		var refused *azcore.ResponseError
		if err == nil || errors.As(err, &refused) || try == 3 || ctx.Err() != nil {
			return answer, err
		}
	}
}

// wait waits for the end of a long operation that has begun.
func wait[T any](ctx context.Context, j *job, p *runtime.Poller[T], err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return p.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: max(j.Pace, time.Second)}) // the SDK takes no less
}

// busy tells whether Azure still works on a resource with this provisioningState.
func busy(state string) bool {
	switch state {
	case "Creating", "Updating", "Deleting", "Migrating":
		return true
	}
	return false
}

// value is what a pointer of the SDK's points to, or nothing.
func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// pointers is the form that the SDK wants tags in; nil for none.
func pointers(tags map[string]string) map[string]*string {
	if len(tags) == 0 {
		return nil
	}
	all := map[string]*string{}
	for name, v := range tags {
		all[name] = to.Ptr(v)
	}
	return all
}

// region is the name of a region as it is written in ids: "West Europe" and "westeurope" are one.
func region(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }
