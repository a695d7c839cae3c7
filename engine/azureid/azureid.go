// Package azureid says who this machine is in Azure: it takes the first of a service principal in the environment, a workload
// identity, a managed identity, the Azure CLI's user and the Azure Developer CLI's, and tells which one it took and why not another.
// The credentials themselves are azidentity's.
//
// azidentity has such a chain too, but it keeps to itself which link served, and it goes on to the next link where a configured one
// fails. Here the choice is made by what is configured, once; a chosen credential that fails is an error and not a reason to try
// somebody else's.
package azureid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// StorageScope is what a token must be for to read a blob, in every cloud.
const StorageScope = "https://storage.azure.com/.default"

// Kind is a way to be somebody. Its text is what the variable AZURE_TOKEN_CREDENTIALS calls it.
type Kind string

// The kinds, in the order in which they are looked for.
const (
	Environment      Kind = "EnvironmentCredential"
	WorkloadIdentity Kind = "WorkloadIdentityCredential"
	ManagedIdentity  Kind = "ManagedIdentityCredential"
	AzureCLI         Kind = "AzureCLICredential"
	DeveloperCLI     Kind = "AzureDeveloperCLICredential"
)

// ChoiceVariable names a kind to take without looking for others. The tools of the Azure SDK read it as well; of its values "dev" and
// "prod" stand for several kinds.
const ChoiceVariable = "AZURE_TOKEN_CREDENTIALS"

var choices = map[string][]Kind{
	"":     {Environment, WorkloadIdentity, ManagedIdentity, AzureCLI, DeveloperCLI},
	"prod": {Environment, WorkloadIdentity, ManagedIdentity},
	"dev":  {AzureCLI, DeveloperCLI},
}

// Token opens what its scope says until Expires.
type Token struct {
	Value   string // secret
	Expires time.Time
	Who     string // for people: "the managed identity /subscriptions/…/id"
}

// Chain finds the identity of this machine. The zero Chain is ready; it is safe for concurrent use and keeps what it found.
type Chain struct {
	// Client carries the requests for tokens; its zero value is azidentity's own.
	Client policy.ClientOptions
	// Private says that the cloud of Client is not one of Microsoft's, which then is not asked about its authority.
	Private bool
	// HasIMDS tells whether this is a VM in Azure; nil asks the metadata service, which every VM there has at 169.254.169.254.
	HasIMDS func(context.Context) bool

	mu    sync.Mutex
	found map[string]*chosen // by user-assigned identity
}

// chosen is a credential and its name for people.
type chosen struct {
	cred azcore.TokenCredential
	kind Kind
	who  string
}

// Token gives a token for a scope. userAssigned is the resource id of the identity that the image template gives, or "": a managed
// identity is taken by it, and other kinds are who they are. The error is an *Error.
func (c *Chain) Token(ctx context.Context, scope, userAssigned string) (Token, error) {
	ch, err := c.choose(ctx, userAssigned)
	if err != nil {
		return Token{}, err
	}
	t, err := ch.cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return Token{}, cause
		}
		return Token{}, refusal(ch, userAssigned, err)
	}
	return Token{Value: t.Token, Expires: t.ExpiresOn, Who: ch.who}, nil
}

// StorageToken gives a token that reads blobs, and whose it is: engine/resolve asks for it where a blob is not public.
func (c *Chain) StorageToken(ctx context.Context, userAssigned string) (value, who string, err error) {
	t, err := c.Token(ctx, StorageScope, userAssigned)
	return t.Value, t.Who, err
}

// choose decides who this machine is.
func (c *Chain) choose(ctx context.Context, userAssigned string) (*chosen, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.found[userAssigned]; ch != nil {
		return ch, nil
	}
	wanted := os.Getenv(ChoiceVariable)
	kinds, err := kindsOf(wanted)
	if err != nil {
		return nil, err
	}
	named := len(kinds) == 1 // then it is not looked for: it was asked for
	var lacking []string
	for _, k := range kinds {
		if lacks := c.lacks(ctx, k); lacks != "" && !named {
			lacking = append(lacking, lacks)
			continue
		}
		ch, err := c.open(k, userAssigned)
		if err != nil {
			return nil, refusal(&chosen{kind: k, who: string(k)}, userAssigned, err)
		}
		if c.found == nil {
			c.found = map[string]*chosen{}
		}
		c.found[userAssigned] = ch
		return ch, nil
	}
	return nil, &Error{what: "this machine has no identity in Azure", why: strings.Join(lacking, "; "),
		fix: "log in (az login), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"}
}

// kindsOf reads ChoiceVariable, whose values are the same in any case of letters.
func kindsOf(value string) ([]Kind, error) {
	if kinds, ok := choices[strings.ToLower(value)]; ok {
		return kinds, nil
	}
	for _, k := range choices[""] {
		if strings.EqualFold(value, string(k)) {
			return []Kind{k}, nil
		}
	}
	return nil, &Error{what: fmt.Sprintf("%s is %q", ChoiceVariable, value),
		why: "what Ingot can be is EnvironmentCredential, WorkloadIdentityCredential, ManagedIdentityCredential, AzureCLICredential or " +
			"AzureDeveloperCLICredential; " +
			"dev and prod stand for several",
		fix: "write one of these, or unset it"}
}

// lacks says what is missing for a kind, or "" where it is configured.
func (c *Chain) lacks(ctx context.Context, k Kind) string {
	switch k {
	case Environment:
		if missing := unset("AZURE_TENANT_ID", "AZURE_CLIENT_ID"); missing != "" {
			return missing + " is not set"
		}
		if os.Getenv("AZURE_CLIENT_SECRET") == "" && os.Getenv("AZURE_CLIENT_CERTIFICATE_PATH") == "" {
			return "neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set"
		}
	case WorkloadIdentity:
		if missing := unset("AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"); missing != "" {
			return missing + " is not set, so there is no workload identity"
		}
	case ManagedIdentity:
		if hostsIdentity() {
			return ""
		}
		probe := c.HasIMDS
		if probe == nil {
			probe = askIMDS
		}
		if !probe(ctx) {
			return "no managed identity: this is no VM in Azure"
		}
	case AzureCLI:
		if _, err := exec.LookPath("az"); err != nil {
			return "the Azure CLI is not installed"
		}
	case DeveloperCLI:
		if _, err := exec.LookPath("azd"); err != nil {
			return "the Azure Developer CLI is not installed either"
		}
	}
	return ""
}

// hostsIdentity reports whether a host of another kind than a VM gives identities: App Service, Arc, Service Fabric, Cloud Shell.
func hostsIdentity() bool {
	return cmp.Or(os.Getenv("IDENTITY_ENDPOINT"), os.Getenv("MSI_ENDPOINT"), os.Getenv("IMDS_ENDPOINT")) != ""
}

func unset(names ...string) string {
	i := slices.IndexFunc(names, func(name string) bool { return os.Getenv(name) == "" })
	if i < 0 {
		return ""
	}
	return names[i]
}

// open makes the credential of a kind. It asks nobody yet.
func (c *Chain) open(k Kind, userAssigned string) (*chosen, error) {
	ch := &chosen{kind: k}
	var err error
	switch k {
	case Environment:
		ch.who = "the service principal " + os.Getenv("AZURE_CLIENT_ID") + " of AZURE_CLIENT_ID"
		ch.cred, err = azidentity.NewEnvironmentCredential(&azidentity.EnvironmentCredentialOptions{ClientOptions: c.Client,
			DisableInstanceDiscovery: c.Private})
	case WorkloadIdentity:
		ch.who = "the workload identity " + os.Getenv("AZURE_CLIENT_ID")
		ch.cred, err = azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: c.Client,
			DisableInstanceDiscovery: c.Private})
	case ManagedIdentity:
		o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: c.Client}
		ch.who = "the system-assigned managed identity of this machine"
		if client := os.Getenv("AZURE_CLIENT_ID"); client != "" {
			o.ID, ch.who = azidentity.ClientID(client), "the managed identity "+client+" of AZURE_CLIENT_ID"
		}
		if userAssigned != "" {
			o.ID, ch.who = azidentity.ResourceID(userAssigned), "the managed identity "+userAssigned
		}
		ch.cred, err = azidentity.NewManagedIdentityCredential(o)
	case AzureCLI:
		ch.who = "the user of the Azure CLI"
		ch.cred, err = azidentity.NewAzureCLICredential(nil)
	case DeveloperCLI:
		ch.who = "the user of the Azure Developer CLI"
		ch.cred, err = azidentity.NewAzureDeveloperCLICredential(nil)
	}
	return ch, err
}

// Error says why there is no token. Its text is one clause; the reason and the cure are apart from it.
type Error struct{ what, why, fix string }

func (e *Error) Error() string { return e.what }

// Why is the reason, or "".
func (e *Error) Why() string { return e.why }

// Fix is what to do about it.
func (e *Error) Fix() string { return e.fix }

// refusal words the failure of a chosen credential. azidentity's text has lines of headings, addresses and the answer's body: one
// line of it is kept, which is the service's own sentence where it gave one.
func refusal(ch *chosen, userAssigned string, err error) *Error {
	e := &Error{what: ch.who + " got no token", why: reason(err)}
	switch ch.kind {
	case Environment:
		e.fix = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret or certificate"
	case WorkloadIdentity:
		e.fix = "check AZURE_TENANT_ID, AZURE_CLIENT_ID, and the token in AZURE_FEDERATED_TOKEN_FILE"
	case ManagedIdentity:
		e.fix = "give this machine a managed identity, or choose another credential with " + ChoiceVariable
		if userAssigned != "" {
			e.fix = "assign that identity to this machine, or choose another credential with " + ChoiceVariable
		}
	case AzureCLI:
		e.fix = "log in: az login"
	case DeveloperCLI:
		e.fix = "log in: azd auth login"
	}
	return e
}

// errNoReason stands for an answer that says nothing.
var errNoReason = errors.New("the answer gives no reason")

func reason(err error) string {
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		return cmp.Or(answer(failed.RawResponse), failed.RawResponse.Status)
	}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return errNoReason.Error()
}
