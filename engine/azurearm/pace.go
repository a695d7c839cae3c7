package azurearm

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// pace is a policy of the SDK's pipeline, for each try of a request: it keeps the rate, and what Azure says about its own. The trying again
// is the SDK's; it waits as long as Azure asks for.
type pace struct{ account *Account }

// Do implements policy.Policy.
func (p pace) Do(req *policy.Request) (*http.Response, error) {
	ctx := req.Raw().Context()
	about := serviceOf(req.Raw().URL.Path)
	if err := p.account.Rate.release(ctx, about); err != nil {
		return nil, err
	}
	if err := p.account.Rate.Wait(ctx); err != nil {
		return nil, err
	}
	resp, err := req.Next()
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return resp, nil
	}
	d, _ := RetryAfter(resp.Header)
	if d <= 0 {
		return resp, nil // the SDK has a pause of its own
	}
	if d == maxWait { // or more: then nobody is to wait for that
		for _, name := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
			resp.Header.Del(name)
		}
		resp.Header.Set("Retry-After", strconv.Itoa(int(maxWait/time.Second)))
	}
	if p.account.Rate.hold(about, d) && p.account.Say != nil {
		p.account.Say(Waits(resp.StatusCode, about, d))
	}
	return resp, nil
}

// Waits words that Azure wants no requests for a while. Status is 429 or 503, about is a service, such as Microsoft.Compute, or "".
func Waits(status int, about string, d time.Duration) string {
	service := "Azure"
	if about != "" {
		service += "'s " + about
	}
	why := "gets too many requests"
	if status == http.StatusServiceUnavailable {
		why = "is not available"
	}
	return fmt.Sprintf("%s %s: going on in %s, as it asks", service, why, max(d.Round(time.Second), time.Second))
}

// serviceOf gives the resource provider that a request is for: limits are counted for each. "" is Resource Manager itself.
func serviceOf(path string) string {
	i := strings.LastIndex(strings.ToLower(path), "/providers/")
	if i < 0 {
		return ""
	}
	name, _, _ := strings.Cut(path[i+len("/providers/"):], "/")
	return shown(name)
}
