package leftover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// idOf takes the id out of a ledger entry's name. Another cloud's resource is nobody's to look at here.
func (c *Cleaner) idOf(name string) (*arm.ResourceID, error) {
	text, ours := strings.CutPrefix(name, c.account.Endpoint())
	if !ours {
		host, _, _ := strings.Cut(strings.TrimPrefix(name, "https://"), "/")
		return nil, fmt.Errorf("it is in another cloud, at %s", host)
	}
	id, err := arm.ParseResourceID(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no id of a resource", text)
	}
	return id, nil
}

// read asks for a resource. It is nil where there is none. What Azure does not show is an error.
//
// One that is not found is asked for twice: an answer of Azure may be older than the resource.
func (c *Cleaner) read(ctx context.Context, id *arm.ResourceID) (*armresources.GenericResource, error) {
	got, err := c.look(ctx, id)
	if got != nil || err != nil {
		return got, err
	}
	if err := c.pause(ctx, c.pace); err != nil {
		return nil, err
	}
	return c.look(ctx, id)
}

// look asks once.
func (c *Cleaner) look(ctx context.Context, id *arm.ResourceID) (*armresources.GenericResource, error) {
	version, err := c.versionOf(ctx, id)
	if err != nil {
		return nil, err
	}
	got, err := c.resources.GetByID(ctx, id.String(), version, nil)
	switch {
	case absent(err):
		return nil, nil
	case err != nil:
		return nil, unseen(ctx, err)
	}
	return &got.GenericResource, nil
}

func (c *Cleaner) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// unseen is the error of a look.
func unseen(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return fmt.Errorf("it cannot be looked at: %s", azurearm.Reason(err))
}

// absent reports whether an error says that a resource, or the group it is in, is not there. A subscription that is not found is one
// that the account may not see: its resources may well be there. An answer without a code is not Azure's, but a proxy's.
func absent(err error) bool {
	var re *azcore.ResponseError
	return errors.As(err, &re) && re.StatusCode == http.StatusNotFound && strings.HasSuffix(re.ErrorCode, "NotFound") &&
		!strings.HasSuffix(re.ErrorCode, "SubscriptionNotFound") && !strings.HasSuffix(re.ErrorCode, "TenantNotFound")
}

// remove deletes a resource and returns once it is not found any more. What stands against it for a moment, as something that is
// being deleted itself, is waited for.
func (c *Cleaner) remove(ctx context.Context, id *arm.ResourceID) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.patience, fmt.Errorf(
		"it was not gone after %s, and Azure may be at work still; look again with: ingot clean --on azure", c.patience))
	defer cancel()
	for try := 1; ; try++ {
		look := c.look // Azure says that it has deleted it: two witnesses are enough
		derr := c.removeOnce(ctx, id)
		if derr != nil {
			look = c.read
		}
		there, err := look(ctx, id)
		if err == nil && there == nil {
			return nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		switch {
		case derr != nil:
			err = errors.New(azurearm.Reason(derr))
		case err == nil:
			err = errors.New("it is deleted, as Azure says, and there still")
		}
		if final(derr) || try == c.tries {
			return hint(derr, err)
		}
		if err := c.pause(ctx, c.pace*time.Duration(try)); err != nil {
			return err
		}
	}
}

// removeOnce sends for the deletion and follows it, and once more where that could be made possible.
func (c *Cleaner) removeOnce(ctx context.Context, id *arm.ResourceID) error {
	err := c.send(ctx, id)
	if !inUse(err) || c.revoke(ctx, id) != nil {
		return err
	}
	return c.send(ctx, id)
}

func (c *Cleaner) send(ctx context.Context, id *arm.ResourceID) error {
	version, err := c.versionOf(ctx, id)
	if err != nil {
		return err
	}
	p, err := c.resources.BeginDeleteByID(ctx, id.String(), version, nil)
	if err == nil {
		_, err = p.PollUntilDone(ctx, c.often())
	}
	return err
}

// often is how often a long operation is asked for.
func (c *Cleaner) often() *runtime.PollUntilDoneOptions {
	return &runtime.PollUntilDoneOptions{Frequency: max(c.pace, time.Second)} // the SDK takes no less
}

// locked reports whether a lock keeps a resource.
func locked(err error) bool {
	var re *azcore.ResponseError
	return errors.As(err, &re) && re.ErrorCode == "ScopeLocked"
}

// final reports whether trying again is of no use.
func final(err error) bool {
	var re *azcore.ResponseError
	if !errors.As(err, &re) {
		return false
	}
	return locked(err) || re.StatusCode == http.StatusUnauthorized || re.StatusCode == http.StatusForbidden ||
		re.StatusCode == http.StatusMethodNotAllowed
}

// hint adds what can be done about an error.
func hint(from, err error) error {
	if locked(from) {
		return fmt.Errorf("%w; take the lock off (az lock list), then run: ingot clean --on azure", err)
	}
	return err
}
