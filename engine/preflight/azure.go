package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/ingot-build/ingot/engine/azureid"
)

// Azure asks Azure Resource Manager, through the SDK's pipeline: it signs in, honours throttling and tries again. The
// answers are read into the few fields that count, so that the SDK's packages of all resources are not linked into the
// program.
//
// Nothing is changed; what was asked once is not asked again. It is safe for concurrent use.
type Azure struct {
	client *arm.Client
	mu     sync.Mutex
	known  map[string]func() (any, error) // by path and query
}

// NewAzure makes one for a credential. Options say which cloud; nil is the public one.
func NewAzure(cred azcore.TokenCredential, o *arm.ClientOptions) (*Azure, error) {
	quiet := arm.ClientOptions{}
	if o != nil {
		quiet = *o
	}
	quiet.DisableRPRegistration = true // registering is for the person to do
	c, err := arm.NewClient("ingot", "v1.0.0", cred, &quiet)
	if err != nil {
		return nil, err
	}
	return &Azure{client: c, known: map[string]func() (any, error){}}, nil
}

// Connect signs in as a chain says, and tells who that is. The error is an *azureid.Error.
func Connect(ctx context.Context, chain *azureid.Chain) (a *Azure, who string, err error) {
	manager := chain.Client.Cloud.Services[cloud.ResourceManager]
	token, err := chain.Token(ctx, manager.Audience+"/.default", "")
	if err != nil {
		return nil, "", err
	}
	a, err = NewAzure(chain.Credential(""), &arm.ClientOptions{ClientOptions: chain.Client})
	return a, token.Who, err
}

// get reads a document. Query comes in pairs beside the api-version.
func get[T any](ctx context.Context, a *Azure, path, version string, query ...string) (*T, error) {
	q := url.Values{"api-version": {version}}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	address := path + "?" + q.Encode()
	a.mu.Lock()
	ask := a.known[address]
	if ask == nil {
		ask = sync.OnceValues(func() (any, error) { return send[T](ctx, a, http.MethodGet, address, nil) })
		a.known[address] = ask
	}
	a.mu.Unlock()
	v, err := ask()
	if err != nil {
		return nil, err
	}
	return v.(*T), nil
}

// send makes a request and reads the answer's JSON. The address is without the host.
func send[T any](ctx context.Context, a *Azure, method, address string, body any) (*T, error) {
	if !strings.HasPrefix(address, "https://") {
		address = strings.TrimSuffix(a.client.Endpoint(), "/") + address
	}
	req, err := runtime.NewRequest(ctx, method, address)
	if err != nil {
		return nil, err
	}
	req.Raw().Header.Set("Accept", "application/json")
	if body != nil {
		if err := runtime.MarshalAsJSON(req, body); err != nil {
			return nil, err
		}
	}
	resp, err := a.client.Pipeline().Do(req)
	if err != nil {
		return nil, err
	}
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return nil, runtime.NewResponseError(resp)
	}
	var v T
	if err := runtime.UnmarshalAsJSON(resp, &v); err != nil {
		return nil, err
	}
	return &v, nil
}

// list is a page of a list.
type list[T any] struct {
	Value    []T    `json:"value"`
	NextLink string `json:"nextLink"`
}

// maxPages bounds what is read of a list that does not end.
const maxPages = 200

// getAll reads all pages of a list.
func getAll[T any](ctx context.Context, a *Azure, path, version string, query ...string) ([]T, error) {
	page, err := get[list[T]](ctx, a, path, version, query...)
	if err != nil {
		return nil, err
	}
	all := page.Value
	for n := 1; page.NextLink != ""; n++ {
		if n == maxPages {
			return nil, fmt.Errorf("the list at %s has more than %d pages", path, maxPages)
		}
		if !a.ours(page.NextLink) {
			return nil, fmt.Errorf("the list at %s goes on at another host", path)
		}
		if page, err = send[list[T]](ctx, a, http.MethodGet, page.NextLink, nil); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
	}
	return all, nil
}

// ours reports whether a link stays at Resource Manager: the token is not for anybody else.
func (a *Azure) ours(link string) bool {
	to, err := url.Parse(link)
	home, herr := url.Parse(a.client.Endpoint())
	return err == nil && herr == nil && to.Scheme == home.Scheme && to.Host == home.Host
}

// absent reports whether an error says that something is not there, in a subscription that is.
func absent(err error) bool {
	var re *azcore.ResponseError
	_, nowhere := strange(err)
	return errors.As(err, &re) && re.StatusCode == http.StatusNotFound && !nowhere
}

// strange gives the subscription that the builder does not know, if that is what an error says.
func strange(err error) (id string, ok bool) {
	var re *azcore.ResponseError
	if !errors.As(err, &re) || !strings.HasSuffix(re.ErrorCode, "SubscriptionNotFound") || re.RawResponse == nil {
		return "", false
	}
	part := strings.Split(re.RawResponse.Request.URL.Path, "/")
	return part[min(2, len(part)-1)], true
}

// refused gives the action that the builder would need to be told, and where, if that is what an error says.
func refused(err error) (action, scope string, ok bool) {
	var re *azcore.ResponseError
	if !errors.As(err, &re) || re.StatusCode != http.StatusForbidden || re.RawResponse == nil || re.RawResponse.Request == nil {
		return "", "", false
	}
	r := re.RawResponse.Request
	return Action(r.Method, r.URL.Path)
}

// reason is an error in one line.
func reason(err error) string {
	var re *azcore.ResponseError
	if errors.As(err, &re) {
		return fmt.Sprintf("Azure answered %d %s", re.StatusCode, re.ErrorCode)
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
