package azureid

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// MetadataVariable names an Azure that is none of the public clouds by the URL of its Resource Manager. The azure plugin of Packer reads
// it as well.
const MetadataVariable = "ARM_METADATA_URL"

// clouds are those that Microsoft and 21Vianet run, by the names that the Azure CLI has for them.
var clouds = map[string]cloud.Configuration{
	"":                  cloud.AzurePublic,
	"AzureCloud":        cloud.AzurePublic,
	"AzureUSGovernment": cloud.AzureGovernment,
	"AzureChinaCloud":   cloud.AzureChina,
}

// Cloud gives the endpoints of a cloud by its name; "" is the public one. The error is an *Error.
func Cloud(name string) (cloud.Configuration, error) {
	c, ok := clouds[name]
	if !ok {
		return c, &Error{what: fmt.Sprintf("there is no cloud %q", name),
			why: "known are AzureCloud, AzureUSGovernment and AzureChinaCloud", fix: "set " + MetadataVariable + " for another one"}
	}
	return c, nil
}

// In gives a chain for a cloud: the one that describes itself at an address, if there is one, or else one of the known clouds by its
// name. The error is an *Error.
func In(ctx context.Context, client *http.Client, name, address string) (*Chain, error) {
	var c cloud.Configuration
	var err error
	if address != "" {
		c, err = DescribedCloud(ctx, client, address)
	} else {
		c, err = Cloud(name)
	}
	if err != nil {
		return nil, err
	}
	return &Chain{Client: policy.ClientOptions{Cloud: c}, Private: address != ""}, nil
}

// maxMetadata is far more than the description of a cloud has.
const maxMetadata = 1 << 20

// DescribedCloud asks a cloud for its endpoints. Nobody is believed over plain HTTP: tokens go to where the answer says. The error is an
// *Error.
func DescribedCloud(ctx context.Context, client *http.Client, address string) (cloud.Configuration, error) {
	var none cloud.Configuration
	bad := func(format string, args ...any) (cloud.Configuration, error) {
		return none, &Error{what: fmt.Sprintf("%s, %q, describes no cloud", MetadataVariable, address), why: fmt.Sprintf(format, args...),
			fix: "unset it for the public cloud, or write the https URL of a Resource Manager"}
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return bad("it is no https URL")
	}
	u = u.JoinPath("metadata", "endpoints")
	u.RawQuery = "api-version=2022-09-01"
	req, err := runtime.NewRequest(ctx, http.MethodGet, u.String())
	if err != nil {
		return bad("%s", firstLine(err))
	}
	runtime.SkipBodyDownload(req)                                                   // it is read below, to a bound
	again := policy.RetryOptions{MaxRetries: 2, RetryDelay: 300 * time.Millisecond} // of what may pass: no answer, 429, 500 and the like
	resp, err := runtime.NewPipeline("ingot", "", runtime.PipelineOptions{}, &policy.ClientOptions{Transport: client, Retry: again}).Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return none, cause
		}
		return bad("%s", firstLine(err))
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxMetadata))
	if err != nil || resp.StatusCode != http.StatusOK {
		return bad("it answered %s", resp.Status)
	}
	var said struct {
		ResourceManager string `json:"resourceManager"`
		Authentication  struct {
			LoginEndpoint string   `json:"loginEndpoint"`
			Audiences     []string `json:"audiences"`
		} `json:"authentication"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return bad("its answer is not the JSON of a cloud")
	}
	for _, s := range []string{said.ResourceManager, said.Authentication.LoginEndpoint} {
		if v, err := url.Parse(s); err != nil || v.Scheme != "https" || v.Host == "" {
			return bad("%q is no https URL", s)
		}
	}
	audience := said.ResourceManager
	if len(said.Authentication.Audiences) > 0 {
		audience = said.Authentication.Audiences[0]
	}
	return cloud.Configuration{
		ActiveDirectoryAuthorityHost: said.Authentication.LoginEndpoint,
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: strings.TrimSuffix(said.ResourceManager, "/"), Audience: strings.TrimSuffix(audience, "/")},
		},
	}, nil
}

func firstLine(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// credential is a chain as the SDK's clients take it.
type credential struct {
	chain        *Chain
	userAssigned string
}

// Credential gives the chain to a client of the SDK. userAssigned is as in Token.
func (c *Chain) Credential(userAssigned string) azcore.TokenCredential {
	return credential{c, userAssigned}
}

// GetToken implements azcore.TokenCredential. The error is an *Error.
func (c credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(o.Scopes) != 1 {
		return azcore.AccessToken{}, &Error{what: fmt.Sprintf("a token was asked for %d scopes at once", len(o.Scopes))}
	}
	t, err := c.chain.Token(ctx, o.Scopes[0], c.userAssigned)
	return azcore.AccessToken{Token: t.Value, ExpiresOn: t.Expires}, err
}
